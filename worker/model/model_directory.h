#pragma once
// The model directory of DESIGN section 2: model.json (what the model is: architecture,
// preprocessing with its fitted statistics, signature, classes, metrics, digest of the data),
// weights.safetensors, network.pt if the network is a user's, and manifest.json last, which holds
// size and SHA-256 of the others. The digest of a model is the SHA-256 of its manifest. Also the
// format of checkpoints' manifests. Functions over a Store; no state.

#include <map>
#include <string>
#include <vector>

#include "operator/base/json.h"
#include "operator/base/result.h"

namespace cresset::data {
class Store;
}

namespace cresset::model {

inline constexpr char kManifestFile[] = "manifest.json";
inline constexpr char kModelFile[] = "model.json";
inline constexpr char kWeightsFile[] = "weights.safetensors";
inline constexpr char kNetworkFile[] = "network.pt";  // a module of the user's, without weights
inline constexpr size_t kMaxFileBytes = size_t{16} << 30;

// File name → bytes. Small in number; a model's weights are held once.
using Files = std::map<std::string, std::string>;

// Writes the files, then the manifest; answers the digest ("sha256:…").
base::Result<std::string> write_directory(data::Store& store, const std::string& uri,
                                          const Files& files);

struct Directory {
  Files files;  // all that the manifest names, each checked
  std::string digest;
};
// Errors name the file, the expected and the found size or digest. not_found: no manifest there.
base::Result<Directory> read_directory(data::Store& store, const std::string& uri,
                                       const std::string& expected_digest = "");

struct WrittenModel {
  std::string uri;
  std::string digest;
};
// What a directory must have; an error names the file, below `uri`.
base::Result<std::string> take_file(Directory& directory, const std::string& name,
                                    const std::string& uri);

// Writes `files` to `<output>/<n>/`, n one above the highest number there. When the directory with
// the highest number is complete and its model.json names the same non-empty job uid, that one is
// the answer and nothing is written: a job writes its model once, however often it is told to.
base::Result<WrittenModel> write_next_model(data::Store& store, const std::string& output,
                                            const std::string& job_uid, const Files& files);

}  // namespace cresset::model
