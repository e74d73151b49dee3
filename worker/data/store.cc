#include "worker/data/store.h"

#include <arrow/filesystem/localfs.h>
#include <arrow/filesystem/s3fs.h>
#include <arrow/io/interfaces.h>

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <optional>

#include "crds/worker_contract/names.h"
#include "operator/base/file.h"
#include "worker/data/store_error.h"

namespace cresset::data {

using base::Result;
namespace fs = arrow::fs;

namespace {

constexpr char kFile[] = "file://";
constexpr char kS3[] = "s3://";
constexpr char kManifestName[] = "manifest.json";
constexpr double kConnectSeconds = 5;
constexpr int64_t kRetries = 5;

bool is_file(const std::string& uri) { return uri.starts_with(kFile); }

// The path as the file system takes it, without a slash at the end.
std::string path_of(const std::string& uri) {
  std::string path = uri.substr(uri.find("://") + 3);
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

std::string bucket_of(const std::string& path) { return path.substr(0, path.find('/')); }

// What lies directly below a path, which need not be there.
fs::FileSelector below(const std::string& path) {
  fs::FileSelector selector;
  selector.base_dir = path;
  selector.allow_not_found = true;
  return selector;
}

fs::S3Options s3_options(const worker_contract::StorageSpec& storage,
                         const Credentials& credentials) {
  fs::S3Options options =
      credentials.node_identity ? fs::S3Options::Defaults()
      : credentials.access_key.empty()
          ? fs::S3Options::Anonymous()
          : fs::S3Options::FromAccessKey(credentials.access_key, credentials.secret_key,
                                         credentials.session_token);
  options.region = storage.region;
  options.connect_timeout = kConnectSeconds;
  options.allow_delayed_open = true;  // a small object is one request, not a multipart upload
  options.background_writes = false;
  options.retry_strategy = fs::S3RetryStrategy::GetAwsStandardRetryStrategy(kRetries);
  if (storage.endpoint.empty()) return options;
  const auto scheme = storage.endpoint.find("://");
  options.scheme = scheme == std::string::npos ? "https" : storage.endpoint.substr(0, scheme);
  options.endpoint_override =
      scheme == std::string::npos ? storage.endpoint : storage.endpoint.substr(scheme + 3);
  return options;
}

}  // namespace

Credentials credentials_from_environment() {
  Credentials credentials;
  credentials.access_key = base::environment(worker_contract::kAccessKeyEnv).value_or("");
  credentials.secret_key = base::environment(worker_contract::kSecretKeyEnv).value_or("");
  credentials.session_token = base::environment(worker_contract::kSessionTokenEnv).value_or("");
  credentials.node_identity = credentials.access_key.empty() &&
                              base::environment("AWS_WEB_IDENTITY_TOKEN_FILE").has_value();
  return credentials;
}

std::string join(const std::string& uri, const std::string& name) {
  return uri.ends_with('/') ? uri + name : uri + "/" + name;
}

struct Store::Impl {
  worker_contract::StorageSpec storage;
  Credentials credentials;
  std::mutex mutex;
  std::shared_ptr<fs::FileSystem> local;
  std::shared_ptr<fs::FileSystem> s3;

  base::Error error(const arrow::Status& status, const std::string& doing, const std::string& uri) {
    return store_error(status, doing, uri, storage.endpoint);
  }

  // As error(), of what was asked by HEAD. Its answer has no body to say why in, and a key that is
  // wrong looks like a right that is missing: a listing tells.
  base::Error head_error(fs::FileSystem& system, const arrow::Status& status,
                         const std::string& doing, const std::string& uri) {
    const auto plain = error(status, doing, uri);
    if (is_file(uri) || !base::is_forbidden(plain)) return plain;
    const auto listed = system.GetFileInfo(below(path_of(uri)));
    if (listed.ok()) return plain;
    const auto told = error(listed.status(), doing, uri);
    return base::is_unauthorized(told) ? told : plain;
  }

  Result<std::shared_ptr<fs::FileSystem>> open_s3(const std::string& uri) {
    if (s3) return s3;
    if (auto status = fs::EnsureS3Initialized(); !status.ok())
      return base::fail(error(status, "preparing", uri));
    auto made = fs::S3FileSystem::Make(s3_options(storage, credentials));
    if (!made.ok()) return base::fail(error(made.status(), "preparing", uri));
    s3 = *made;
    return s3;
  }

  Result<std::shared_ptr<fs::FileSystem>> system(const std::string& uri) {
    std::lock_guard lock(mutex);
    if (uri.starts_with(kS3)) return open_s3(uri);
    if (!is_file(uri))
      return base::fail(base::invalid(uri + ": allowed are file:///path and s3://bucket/key"));
    if (!local) local = std::make_shared<fs::LocalFileSystem>();
    return local;
  }

  Result<fs::FileInfo> look_for(const std::string& uri) {
    CRESSET_TRY(where, system(uri));
    const auto info = where->GetFileInfo(path_of(uri));
    if (!info.ok()) return base::fail(head_error(*where, info.status(), "looking for", uri));
    return *info;
  }

  // What lies below, by the path.
  Result<std::vector<fs::FileInfo>> list(const std::string& uri, bool recursive) {
    CRESSET_TRY(where, system(uri));
    auto selector = below(path_of(uri));
    selector.recursive = recursive;
    auto infos = where->GetFileInfo(selector);
    if (!infos.ok()) return base::fail(error(infos.status(), "listing", uri));
    if (infos->empty())
      if (const auto wrong = bucket_error(*where, "listing", uri);
          wrong && base::is_not_found(*wrong))
        return base::fail(*wrong);
    std::sort(infos->begin(), infos->end(),
              [](const auto& a, const auto& b) { return a.path() < b.path(); });
    return std::move(*infos);
  }

  // What is wrong with the bucket of `uri`, if anything. VersityGW answers a HEAD with 404 to keys
  // that it does not know: a listing then tells.
  std::optional<base::Error> bucket_error(fs::FileSystem& system, const std::string& doing,
                                          const std::string& uri) {
    if (is_file(uri)) return std::nullopt;
    const std::string path = path_of(uri), bucket = bucket_of(path);
    const auto info = system.GetFileInfo(bucket);
    if (!info.ok()) return head_error(system, info.status(), doing, uri);
    if (info->type() != fs::FileType::NotFound) return std::nullopt;
    const auto listed = system.GetFileInfo(below(path));
    if (!listed.ok()) return error(listed.status(), doing, uri);
    return base::not_found(doing + " " + uri + ": the bucket \"" + bucket +
                           "\" does not exist at " + storage.endpoint + "; check its name");
  }
};

Store::Store(worker_contract::StorageSpec storage, Credentials credentials)
    : impl_(std::make_unique<Impl>()) {
  impl_->storage = std::move(storage);
  impl_->credentials = std::move(credentials);
}

Store::~Store() = default;

Result<std::shared_ptr<arrow::io::RandomAccessFile>> Store::open(const std::string& uri) {
  CRESSET_TRY(system, impl_->system(uri));
  auto file = system->OpenInputFile(path_of(uri));
  if (file.ok()) return *file;
  const auto error = impl_->head_error(*system, file.status(), "reading", uri);
  if (!base::is_not_found(error)) return base::fail(error);
  return base::fail(impl_->bucket_error(*system, "reading", uri).value_or(error));
}

Result<std::string> Store::read(const std::string& uri, size_t max_bytes) {
  CRESSET_TRY(file, open(uri));
  const auto size = file->GetSize();
  if (!size.ok()) return base::fail(impl_->error(size.status(), "reading", uri));
  if (static_cast<size_t>(*size) > max_bytes)
    return base::fail(base::too_large(uri + " has " + std::to_string(*size) +
                                      " bytes, allowed are " + std::to_string(max_bytes)));
  std::string bytes(static_cast<size_t>(*size), '\0');
  const auto got = file->ReadAt(0, *size, bytes.data());
  if (!got.ok()) return base::fail(impl_->error(got.status(), "reading", uri));
  bytes.resize(static_cast<size_t>(*got));
  return bytes;
}

Result<void> Store::write(const std::string& uri, std::string_view bytes) {
  CRESSET_TRY(system, impl_->system(uri));
  const std::string path = path_of(uri);
  if (is_file(uri)) {
    std::error_code error;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
    if (error)
      return base::fail(base::forbidden("writing " + uri + ": " + error.message() +
                                        "; check that the folder may be written"));
    auto written = base::write_file_atomically(path, std::string(bytes));
    if (!written) return base::fail(written.error().with_context("writing " + uri));
    return {};
  }
  auto stream = system->OpenOutputStream(path);
  arrow::Status status = stream.status();
  if (status.ok()) status = (*stream)->Write(bytes.data(), static_cast<int64_t>(bytes.size()));
  if (status.ok()) status = (*stream)->Close();
  if (!status.ok()) return base::fail(impl_->error(status, "writing", uri));
  return {};
}

Result<std::vector<std::string>> Store::list(const std::string& uri) {
  CRESSET_TRY(found, impl_->list(uri, false));
  std::vector<std::string> names;
  for (const auto& info : found) names.push_back(info.base_name());
  return names;
}

Result<Listing> Store::look_into(const std::string& uri) {
  CRESSET_TRY(found, impl_->list(uri, false));
  Listing listing;
  for (const auto& info : found)
    (info.IsDirectory() ? listing.folders : listing.objects).push_back(info.base_name());
  return listing;
}

Result<std::vector<std::string>> Store::list_tree(const std::string& uri) {
  CRESSET_TRY(found, impl_->list(uri, true));
  std::vector<std::string> uris;
  for (const auto& info : found)
    if (info.IsFile()) uris.push_back(uri.substr(0, uri.find("://") + 3) + info.path());
  return uris;
}

Result<bool> Store::exists(const std::string& uri) {
  CRESSET_TRY(info, impl_->look_for(uri));
  return info.type() != fs::FileType::NotFound;
}

Result<bool> Store::is_folder(const std::string& uri) {
  CRESSET_TRY(info, impl_->look_for(uri));
  return info.IsDirectory();
}

Result<void> Store::remove_tree(const std::string& uri) {
  CRESSET_TRY(system, impl_->system(uri));
  fs::FileSelector selector = below(path_of(uri));
  selector.recursive = true;
  auto infos = system->GetFileInfo(selector);
  if (!infos.ok()) return base::fail(impl_->error(infos.status(), "removing", uri));
  // Manifests first: what is half removed must not look complete.
  std::stable_partition(infos->begin(), infos->end(),
                        [](const auto& info) { return info.base_name() == kManifestName; });
  for (const auto& info : *infos) {
    if (!info.IsFile()) continue;
    if (auto status = system->DeleteFile(info.path()); !status.ok())
      return base::fail(impl_->error(status, "removing", uri));
  }
  if (infos->empty()) return {};
  if (auto status = system->DeleteDir(selector.base_dir); !status.ok())
    return base::fail(impl_->error(status, "removing", uri));
  return {};
}

}  // namespace cresset::data
