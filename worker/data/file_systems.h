#pragma once
// Arrow's file systems of buckets, as spec.storage describes the way to them: who asks, where, how
// often and how long. Each makes connections and threads of its own. Private to this folder; any
// thread.
//
//   CRESSET_TRY(system, gcs_file_system(config.storage, credentials));

#include <arrow/filesystem/filesystem.h>

#include <memory>

#include "crds/worker_contract/storage_spec.h"
#include "operator/base/result.h"
#include "worker/data/credentials.h"

namespace cresset::data {

using FileSystem = std::shared_ptr<arrow::fs::FileSystem>;

arrow::Result<FileSystem> s3_file_system(const worker_contract::StorageSpec& storage,
                                         const Credentials& credentials);
// By the key in the Secret, else by the pod's identity, else as nobody; as nobody at an http://
// endpoint, where a token could be read.
arrow::Result<FileSystem> gcs_file_system(const worker_contract::StorageSpec& storage,
                                          const Credentials& credentials);

}  // namespace cresset::data
