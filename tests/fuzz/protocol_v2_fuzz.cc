// Any bytes as an infer request: the first line is the header Inference-Header-Content-Length
// (empty for none), the rest the body. Whatever is taken must be answerable, and read again as
// itself.

#include <string>

#include "tests/fuzz/target.h"
#include "worker/serve/core/protocol_v2.h"

namespace {

using cresset::fuzz::kPlanted;
using cresset::fuzz::require;
using cresset::serve::DataType;
using cresset::serve::InferRequest;
using cresset::serve::Signature;

constexpr size_t kLongest = 1024;

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

cresset::base::Result<InferRequest> read(std::string_view header, std::string_view body) {
  auto request = cresset::serve::parse_infer(std::string(body),
                                             header.empty() ? std::nullopt : std::optional(header),
                                             signature(), {.max_rows = 64});
  if (kPlanted && request && request->id.size() > 3) ++request->rows;
  return request;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > kLongest) return 0;
  const auto all = cresset::fuzz::view(data, size);
  const size_t line = all.find('\n');
  if (line == std::string_view::npos) return 0;
  const auto request = read(all.substr(0, line), all.substr(line + 1));
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
