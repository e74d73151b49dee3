#pragma once
// spec.storage, how the buckets of a spec are reached, and the URIs that name them. One endpoint
// and one Secret serve all URIs of a spec; of which kinds these are decides what the Secret must
// hold, and an endpoint is one of one kind alone. Credentials come through the environment, and
// only the worker sees them. Pure values; errors name the field, what was found and what is
// allowed. The schema of the same fields is in helm/cresset/schemas.
//
//   CRESSET_CHECK(check_uri("gs://data/train.csv", "spec.training.data.train.uri"));
//   buckets_of({"gs://data/train.csv"}).gcs;  // true

#include <string>
#include <vector>

#include "operator/base/json.h"
#include "operator/base/result.h"

namespace cresset::worker_contract {

inline constexpr char kFileScheme[] = "file://";
inline constexpr char kS3Scheme[] = "s3://";
inline constexpr char kGcsScheme[] = "gs://";

struct StorageSpec {
  std::string secret_name;           // secretRef.name; "" = anonymous or the pod's own identity
  std::string endpoint;              // "" = the provider's default
  std::string region = "us-east-1";  // of S3
  bool operator==(const StorageSpec&) const = default;
};

base::Result<StorageSpec> decode_storage(const base::Json& json, const std::string& path);
base::Json encode(const StorageSpec& storage);

// "file:///x", "s3://bucket/key", "gs://bucket/key": scheme, bucket and key checked.
base::Result<void> check_uri(const std::string& uri, const std::string& path);

// The kinds of buckets that URIs name; "" names none.
struct Buckets {
  bool s3 = false;
  bool gcs = false;
};
Buckets buckets_of(const std::vector<std::string>& uris);

// An endpoint at which the buckets of two kinds would be looked for. `path` is that of storage.
base::Result<void> check_endpoint(const StorageSpec& storage, const Buckets& buckets,
                                  const std::string& path);

}  // namespace cresset::worker_contract
