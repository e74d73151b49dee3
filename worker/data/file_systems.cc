#include "worker/data/file_systems.h"

#include <arrow/filesystem/gcsfs.h>
#include <arrow/filesystem/s3fs.h>

#include <string>

namespace cresset::data {

namespace fs = arrow::fs;
using worker_contract::StorageSpec;

namespace {

constexpr double kConnectSeconds = 5;
constexpr int64_t kRetries = 5;
constexpr double kRetrySeconds = 20;  // what kRetries come to, with the pauses between them

struct Address {
  std::string scheme;
  std::string host;  // with its port
};

Address address_of(const std::string& endpoint) {
  const auto scheme = endpoint.find("://");
  if (scheme == std::string::npos) return {"https", endpoint};
  return {endpoint.substr(0, scheme), endpoint.substr(scheme + 3)};
}

fs::S3Options s3_credentials(const Credentials& credentials) {
  if (credentials.node_identity) return fs::S3Options::Defaults();
  if (credentials.access_key.empty()) return fs::S3Options::Anonymous();
  return fs::S3Options::FromAccessKey(credentials.access_key, credentials.secret_key,
                                      credentials.session_token);
}

fs::GcsOptions gcs_credentials(const StorageSpec& storage, const Credentials& credentials) {
  if (storage.endpoint.starts_with("http://")) return fs::GcsOptions::Anonymous();
  if (credentials.google_key)
    return fs::GcsOptions::FromServiceAccountCredentials(*credentials.google_key);
  if (credentials.google_identity) return fs::GcsOptions::Defaults();
  return fs::GcsOptions::Anonymous();
}

}  // namespace

arrow::Result<FileSystem> s3_file_system(const StorageSpec& storage,
                                         const Credentials& credentials) {
  ARROW_RETURN_NOT_OK(fs::EnsureS3Initialized());
  fs::S3Options options = s3_credentials(credentials);
  options.region = storage.region;
  options.connect_timeout = kConnectSeconds;
  options.allow_delayed_open = true;  // a small object is one request, not a multipart upload
  options.background_writes = false;
  options.retry_strategy = fs::S3RetryStrategy::GetAwsStandardRetryStrategy(kRetries);
  if (!storage.endpoint.empty()) {
    const Address address = address_of(storage.endpoint);
    options.scheme = address.scheme;
    options.endpoint_override = address.host;
  }
  return fs::S3FileSystem::Make(options);
}

arrow::Result<FileSystem> gcs_file_system(const StorageSpec& storage,
                                          const Credentials& credentials) {
  fs::GcsOptions options = gcs_credentials(storage, credentials);
  options.retry_limit_seconds = kRetrySeconds;
  if (!storage.endpoint.empty()) {
    const Address address = address_of(storage.endpoint);
    options.scheme = address.scheme;
    options.endpoint_override = address.host;
  }
  return fs::GcsFileSystem::Make(options);
}

}  // namespace cresset::data
