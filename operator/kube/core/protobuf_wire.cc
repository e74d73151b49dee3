#include "operator/kube/core/protobuf_wire.h"

namespace cresset::kube {

namespace {

enum WireType : uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };
constexpr uint64_t kHighestNumber = (1U << 29) - 1;

}  // namespace

bool WireFields::varint(uint64_t& value) {
  value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (rest_.empty()) return false;
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return shift < 63 || byte <= 1;
  }
  return false;
}

bool WireFields::take(size_t size, std::string_view& taken) {
  if (size > rest_.size()) return false;
  taken = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return true;
}

bool WireFields::read() {
  uint64_t key = 0;
  if (!varint(key) || key >> 3 == 0 || key >> 3 > kHighestNumber) return false;
  field_ = {.number = static_cast<uint32_t>(key >> 3)};
  std::string_view unread;
  uint64_t size = 0;
  switch (key & 7) {
    case kVarint:
      return varint(field_.value);
    case kFixed64:
      return take(8, unread);
    case kFixed32:
      return take(4, unread);
    case kBytes:
      field_.has_bytes = true;
      return varint(size) && take(size, field_.bytes);
    default:
      return false;
  }
}

const WireField* WireFields::next() {
  if (broken_ || rest_.empty()) return nullptr;
  broken_ = !read();
  return broken_ ? nullptr : &field_;
}

base::Result<void> WireFields::outcome() const {
  if (broken_) return base::fail(base::invalid("broken protobuf"));
  return {};
}

}  // namespace cresset::kube
