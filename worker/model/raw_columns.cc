#include "worker/model/raw_columns.h"

#include <cstring>

#include "operator/base/utf8.h"

namespace cresset::model {

using base::Result;

namespace {

base::Error wrong(const TensorInfo& wanted, const std::string& what) {
  return base::invalid("input \"" + wanted.name + "\" " + what);
}

Result<void> check(const TensorInfo& wanted, const HostTensor& input, int64_t rows) {
  if (input.name != wanted.name)
    return base::fail(wrong(wanted, "is missing; found is \"" + input.name + "\" in its place"));
  if (input.datatype != wanted.datatype)
    return base::fail(wrong(wanted, "is " + std::string(to_string(input.datatype)) +
                                        ", allowed is " + std::string(to_string(wanted.datatype))));
  if (rows < 1 || input.shape != std::vector<int64_t>{rows})
    return base::fail(wrong(wanted,
                            "has another shape than [rows], with at least one row and as many as "
                            "the first input"));
  const auto elements = static_cast<size_t>(rows);
  const bool whole = wanted.datatype == Datatype::kBytes
                         ? input.texts.size() == elements
                         : input.bytes.size() == elements * size_of(wanted.datatype);
  if (whole) return {};
  return base::fail(
      wrong(wanted, "has not the " + std::to_string(rows) + " values that its shape wants"));
}

// Column `c` of the rows.
Result<void> place_texts(const HostTensor& input, size_t c, size_t width, RawRows& rows) {
  data::TextColumn column{.column = c, .texts = {}};
  data::TextPlaces places(column);
  for (size_t row = 0; row < input.texts.size(); ++row) {
    if (!base::is_utf8(input.texts[row]))
      return base::fail(base::invalid("input \"" + input.name + "\", row " + std::to_string(row) +
                                      ": found a text that is not UTF-8"));
    rows.values[row * width + c] = places.of(input.texts[row]);
  }
  rows.texts.push_back(std::move(column));
  return {};
}

void place_numbers(const HostTensor& input, size_t c, size_t width, RawRows& rows) {
  for (size_t row = 0; row < static_cast<size_t>(rows.count); ++row)
    std::memcpy(&rows.values[row * width + c], input.bytes.data() + row * sizeof(float),
                sizeof(float));
}

}  // namespace

Result<RawRows> rows_of_columns(const std::vector<TensorInfo>& wanted,
                                const std::vector<HostTensor>& inputs) {
  const size_t width = wanted.size();
  if (inputs.size() != width)
    return base::fail(base::invalid("found " + std::to_string(inputs.size()) +
                                    " inputs, allowed are " + std::to_string(width) +
                                    ", one for each column"));
  RawRows rows;
  if (!inputs.front().shape.empty()) rows.count = inputs.front().shape.front();
  for (size_t c = 0; c < width; ++c) CRESSET_CHECK(check(wanted[c], inputs[c], rows.count));
  rows.values.resize(static_cast<size_t>(rows.count) * width);
  for (size_t c = 0; c < width; ++c)
    if (wanted[c].datatype == Datatype::kBytes)
      CRESSET_CHECK(place_texts(inputs[c], c, width, rows));
    else
      place_numbers(inputs[c], c, width, rows);
  return rows;
}

}  // namespace cresset::model
