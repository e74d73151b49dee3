#pragma once
// One input of an infer request, read field by field: JSON data at once when shape and type came
// before it, else when the object ends; binary data later, when the body behind the JSON is cut.
// Internal to worker/serve/core; lives for the reading of one request.

#include <optional>
#include <string>

#include "worker/serve/core/json_fields.h"
#include "worker/serve/core/tensor.h"

namespace cresset::serve {

// The word for errors: input "x".
std::string named(std::string_view kind, std::string_view name);
// "a", "b", …
std::string names_of(const std::vector<TensorSpec>& specs);
// Type and shape against the signature; answers the number of elements.
base::Result<int64_t> check_tensor(const TensorSpec& spec, DataType type, const Shape& shape,
                                   int64_t max_rows);

struct InputReading {
  size_t index = 0;  // in Signature::inputs
  Tensor tensor;     // data set unless binary
  std::optional<size_t> binary_size;
  int64_t count = 0;  // elements
};

class InputReader {
 public:
  InputReader(fields::Source& source, const Signature& signature, int64_t max_rows)
      : source_(source), signature_(signature), max_rows_(max_rows) {}

  // `position` is the place in "inputs", for errors before the name is known.
  base::Result<InputReading> read(fields::Value value, size_t position);

 private:
  base::Result<void> field(std::string_view key, fields::Value value);
  base::Result<void> parameters(fields::Value value);
  base::Result<void> data(fields::Value value);
  base::Result<void> parse(fields::Source& source, fields::Array list);
  base::Result<void> check();
  base::Result<void> finish();

  fields::Source& source_;
  const Signature& signature_;
  const int64_t max_rows_;
  std::string what_;
  std::optional<std::string> name_;
  std::optional<Shape> shape_;
  std::optional<DataType> type_;
  std::string_view later_;  // data that came before shape or type
  bool parsed_ = false;
  bool checked_ = false;
  InputReading reading_;
};

}  // namespace cresset::serve
