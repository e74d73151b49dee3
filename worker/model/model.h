#pragma once
// A model that answers: raw rows in, what it predicts of them out, through the preprocessing that
// was fitted in training. Knows no protocol and no network. Formats differ behind it:
// load_model picks by the `format` of model.json (format.h). run() is const and any thread may call
// it, each call on at::get_num_threads() threads of its caller; whoever wants one core a call sets
// that once (device/device.h).
//
//   CRESSET_TRY(model, load_model(store, "s3://models/digits/1", "sha256:…"));
//   std::vector<HostTensor> in{{"input", Datatype::kFp32, {rows, 784}, bytes}};
//   CRESSET_TRY(out, model->run(in));   // "probabilities" FP32 [rows, classes], "label" INT64
//   [rows]; what other goals answer is told in card.h
//
// A model that takes texts has an input for each raw column instead, by the column's name: FP32 or
// BYTES of the shape [rows].

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "operator/base/json.h"
#include "operator/base/result.h"

namespace c10 {
struct Device;
}
namespace cresset::data {
class Store;
}

namespace cresset::model {

enum class Datatype { kFp32, kInt64, kBytes };
std::string_view to_string(Datatype datatype);  // "FP32", "INT64", "BYTES": the protocol's words
size_t size_of(Datatype datatype);              // of an element; 0 of kBytes, whose elements differ

struct TensorInfo {
  std::string name;
  Datatype datatype = Datatype::kFp32;
  std::vector<int64_t> shape;  // -1 = rows of the batch; only the first may be
  bool operator==(const TensorInfo&) const = default;
};

// Row-major, little-endian: bytes.size() = product of shape × size_of(datatype).
struct HostTensor {
  std::string name;
  Datatype datatype = Datatype::kFp32;
  std::vector<int64_t> shape;
  std::vector<std::byte> bytes;
  std::vector<std::string> texts;  // of kBytes, instead of `bytes`: one an element
};

struct Signature {
  std::vector<TensorInfo> inputs;
  std::vector<TensorInfo> outputs;
};

class Model {
 public:
  virtual ~Model() = default;
  virtual const Signature& signature() const = 0;
  // sha256:… of manifest.json.
  virtual const std::string& digest() const = 0;
  // model.json as it was written, for metadata: columns, classes, metrics.
  virtual const base::Json& card() const = 0;
  // Where it computes from now on: on the CPU at first. Inputs and answers stay the host's. Before
  // threads share it.
  virtual void move_to(const c10::Device& device) = 0;
  // All inputs of the signature, in any order, with the same number of rows (at least one). Errors
  // (invalid) name the tensor, what was found and what is allowed. Row i of every output depends on
  // row i of the inputs only, so batches may be put together and taken apart freely. `unavailable`:
  // the device is lost, and this process answers nothing any more.
  virtual base::Result<std::vector<HostTensor>> run(
      const std::vector<HostTensor>& inputs) const = 0;
};

// Reads and checks every file against the manifest, and the manifest against `digest` ("" = any).
base::Result<std::unique_ptr<Model>> load_model(data::Store& store, const std::string& uri,
                                                const std::string& digest);

}  // namespace cresset::model
