// Any bytes as an infer request: the first line is the header Inference-Header-Content-Length
// (empty for none), the rest the body. Whatever is taken must be answerable, and read again as
// itself.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "worker/serve/core/protocol_v2.h"

namespace {

using cresset::serve::DataType;
using cresset::serve::Signature;

const Signature& signature() {
  static const Signature kSignature = [] {
    Signature made;
    made.model = "fuzz";
    made.inputs = {{"f", DataType::kFp32, {-1, 2}},
                   {"i", DataType::kInt8, {-1}},
                   {"t", DataType::kBytes, {-1, -1}}};
    made.outputs = made.inputs;
    return made;
  }();
  return kSignature;
}

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const size_t line = all.find('\n');
  if (line == std::string_view::npos) return 0;
  const auto header = all.substr(0, line);
  const auto request = cresset::serve::parse_infer(
      std::string(all.substr(line + 1)), header.empty() ? std::nullopt : std::optional(header),
      signature(), {.max_rows = 64});
  if (!request) {
    require(!request.error().message().empty());
    return 0;
  }
  require(request->rows >= 1 && request->rows <= 64);
  for (const auto& input : request->inputs) require(input.rows() == request->rows);
  const auto answer = cresset::serve::write_infer(signature(), *request, request->inputs);
  require(answer.has_value() || !answer.error().message().empty());
  return 0;
}
