#include "crds/worker_contract/storage_spec.h"

#include <algorithm>
#include <string_view>

#include "crds/worker_contract/names.h"

namespace cresset::worker_contract {

using base::Json;
using base::Reader;
using base::Result;

namespace {

constexpr size_t kShortestBucket = 3;
constexpr size_t kLongestBucket = 63;

// What is wrong with a URI of buckets, after the scheme's `begin` characters; "" = nothing.
std::string wrong_with_bucket(const std::string& uri, size_t begin) {
  const size_t slash = uri.find('/', begin);
  const size_t bucket = std::min(slash, uri.size()) - begin;
  if (bucket < kShortestBucket || bucket > kLongestBucket)
    return "must name a bucket of 3 to 63 characters";
  if (slash == std::string::npos || slash + 1 == uri.size())
    return "must name a key after the bucket";
  return "";
}

std::string wrong_with(const std::string& uri) {
  for (const char c : uri)
    if (static_cast<unsigned char>(c) <= ' ' || c == '?' || c == '#')
      return "holds a space, a control character, ? or #";
  if (uri.starts_with(kFileScheme)) {
    if (uri.size() < 9 || uri[7] != '/') return "must name an absolute path";
  } else if (uri.starts_with(kS3Scheme) || uri.starts_with(kGcsScheme)) {
    if (auto wrong = wrong_with_bucket(uri, uri.find("://") + 3); !wrong.empty()) return wrong;
  } else {
    return "must start with s3://, gs:// or file://";
  }
  return (uri + "/").find("/../") == std::string::npos ? "" : "must not hold ..";
}

}  // namespace

Result<void> check_uri(const std::string& uri, const std::string& path) {
  const std::string wrong = wrong_with(uri);
  if (wrong.empty()) return {};
  return base::fail(base::invalid(path + " " + wrong + ", found \"" + uri +
                                  "\"; allowed: s3://BUCKET/KEY, gs://BUCKET/KEY, file:///PATH"));
}

Buckets buckets_of(const std::vector<std::string>& uris) {
  const auto any = [&](std::string_view scheme) {
    return std::ranges::any_of(uris, [&](const auto& uri) { return uri.starts_with(scheme); });
  };
  return {.s3 = any(kS3Scheme), .gcs = any(kGcsScheme)};
}

Result<void> check_endpoint(const StorageSpec& storage, const Buckets& buckets,
                            const std::string& path) {
  if (storage.endpoint.empty() || !buckets.s3 || !buckets.gcs) return {};
  return base::fail(base::invalid(
      path +
      ".endpoint is the address of one store, found URIs of both s3:// and gs://; allowed: "
      "URIs of one of them, or no endpoint"));
}

Result<StorageSpec> decode_storage(const Json& json, const std::string& path) {
  StorageSpec storage;
  Reader reader(json, path);
  if (const Json* reference = reader.object("secretRef")) {
    Reader inner(*reference, reader.path_of("secretRef"));
    if (auto name = inner.require("name").name("name", 253)) storage.secret_name = *name;
    reader.check(inner.finish());
  }
  if (auto endpoint = reader.text("endpoint", kMaxUriBytes)) {
    if (endpoint->rfind("http://", 0) != 0 && endpoint->rfind("https://", 0) != 0)
      reader.add_error(base::invalid(reader.path_of("endpoint") +
                                     " must start with http:// or https://, found \"" + *endpoint +
                                     "\""));
    storage.endpoint = *endpoint;
  }
  if (auto region = reader.text("region", 64)) storage.region = *region;
  CRESSET_CHECK(reader.finish());
  return storage;
}

Json encode(const StorageSpec& storage) {
  Json json{{"region", storage.region}};
  if (!storage.secret_name.empty()) json["secretRef"] = {{"name", storage.secret_name}};
  if (!storage.endpoint.empty()) json["endpoint"] = storage.endpoint;
  return json;
}

}  // namespace cresset::worker_contract
