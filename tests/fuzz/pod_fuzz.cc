// Any bytes as a pod: the sparse parser of the caches gives what the other parser gives, but for
// what it was told to leave out, and refuses the same in the same words; a pod is the same pod
// whichever has read it.

#include "controllers/common/pod.h"
#include "operator/kube/core/sparse_json.h"
#include "tests/fuzz/target.h"

namespace {

using cresset::base::Json;
using cresset::controllers::decode_pod;
using cresset::controllers::Pod;
using cresset::fuzz::kPlanted;
using cresset::fuzz::require;
using cresset::kube::SparseParser;

constexpr size_t kLongest = 1024;
constexpr cresset::base::JsonLimits kLimits{.max_bytes = kLongest,
                                            .max_depth = static_cast<int>(kLongest)};

Pod read_sparsely(std::string_view text) {
  static const SparseParser kParser(cresset::controllers::unread_of_pods());
  const auto parsed = kParser.parse(text, kLimits);
  require(parsed.has_value());
  Pod pod = *decode_pod(*parsed);
  if (kPlanted && pod.container_restarts > 99 && pod.exit_code) ++*pod.exit_code;
  return pod;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > kLongest) return 0;
  static const SparseParser kWhole;
  const auto text = cresset::fuzz::view(data, size);
  const auto object = cresset::base::parse_json(text, kLimits);
  const auto sparse = kWhole.parse(text, kLimits);
  require(object.has_value() == sparse.has_value());
  if (!object) {
    require(object.error() == sparse.error() && !object.error().message().empty());
    return 0;
  }
  require(*object == *sparse && object->dump() == sparse->dump());  // throws unless it is UTF-8
  const Pod pod = *decode_pod(*object);
  require(read_sparsely(text) == pod);
  require(pod.exit_code || !pod.finished);
  return 0;
}
