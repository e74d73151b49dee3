// Any bytes as a pod: a document gives what the other parser gives and refuses the same in the same
// words; a pod is the same pod whichever holds it.

#include "controllers/common/pod.h"
#include "operator/kube/core/document.h"
#include "tests/fuzz/target.h"

namespace {

using cresset::controllers::decode_pod;
using cresset::controllers::Pod;
using cresset::controllers::PodPhase;
using cresset::fuzz::kPlanted;
using cresset::fuzz::require;
using cresset::kube::Document;

constexpr size_t kLongest = 1024;
constexpr cresset::base::JsonLimits kLimits{.max_bytes = kLongest,
                                            .max_depth = static_cast<int>(kLongest)};

Pod read(const Document& document) {
  Pod pod = *decode_pod(document.root());
  if (kPlanted && pod.details->exit_code > 255) pod.phase = PodPhase::kUnknown;
  return pod;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > kLongest) return 0;
  static Document document;
  const auto text = cresset::fuzz::view(data, size);
  const auto object = cresset::base::parse_json(text, kLimits);
  const auto same = document.read(text, kLimits);
  require(object.has_value() == same.has_value());
  if (!object) {
    require(object.error() == same.error() && !object.error().message().empty());
    return 0;
  }
  const auto copy = document.root().json(kLimits.max_depth);
  require(*object == copy && object->dump() == copy.dump());  // throws unless it is UTF-8
  const Pod pod = *decode_pod(*object);
  require(read(document) == pod);
  require(pod.details->exit_code || !pod.details->finished);
  return 0;
}
