#pragma once
// Writes what an API server writes as protobuf, for tests. Pure.

#include <cstdint>
#include <string>
#include <string_view>

namespace cresset::kube::wire {

inline std::string varint(uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
  return bytes + static_cast<char>(value);
}
inline std::string number(uint32_t field, int64_t value) {
  return varint(field << 3) + varint(static_cast<uint64_t>(value));
}
inline std::string bytes(uint32_t field, std::string_view value) {
  return varint(field << 3 | 2) + varint(value.size()) + std::string(value);
}

inline std::string object(std::string_view kind, std::string_view fields) {
  return std::string("k8s\0", 4) + bytes(1, bytes(1, "v1") + bytes(2, kind)) + bytes(2, fields);
}
inline std::string event(std::string_view type, std::string_view object) {
  return bytes(1, type) + bytes(2, bytes(1, object));
}
inline std::string frame(std::string_view event) {
  std::string length;
  for (int shift = 24; shift >= 0; shift -= 8) length += static_cast<char>(event.size() >> shift);
  return length + std::string(event);
}

inline std::string pod(std::string_view name) { return object("Pod", bytes(1, bytes(1, name))); }

}  // namespace cresset::kube::wire
