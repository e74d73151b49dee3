#pragma once
// Which fields Cresset reads of what comes as protobuf: their numbers and names. A decoder that
// wants one more finds nothing until it stands here. Constants; any thread.

#include <cstdint>
#include <span>
#include <string_view>

namespace cresset::kube {

enum class ProtobufShape : uint8_t {
  kText,
  kNumber,
  kFlag,
  kTime,   // metav1.Time
  kTexts,  // map<string, string>
  kObject,
  kObjects,  // of a list
};

struct ProtobufField {
  uint32_t number;
  std::string_view name;
  ProtobufShape shape;
  std::span<const ProtobufField> fields = {};  // of an object
};
using ProtobufFields = std::span<const ProtobufField>;

// Of no message are more than that read.
inline constexpr size_t kMostProtobufFields = 12;

// Those of a kind ("Pod", "PodList", "Status"); none of one that nobody reads.
ProtobufFields protobuf_fields(std::string_view kind);

}  // namespace cresset::kube
