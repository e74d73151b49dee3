#include "worker/data/core/example.h"

#include <bit>
#include <optional>

#include "worker/data/core/little_endian.h"

namespace cresset::data {

using base::Result;

namespace {

constexpr int kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5;
constexpr int kBytesList = 1, kFloatList = 2, kIntegerList = 3;

// One field of a message: its number, and its value as the wire type has it.
struct WireField {
  uint64_t number = 0;
  int type = kVarint;
  uint64_t value = 0;
  std::string_view bytes;
};

class Wire {
 public:
  explicit Wire(std::string_view bytes) : bytes_(bytes) {}

  bool at_end() const { return bytes_.empty(); }

  std::optional<uint64_t> varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64 && !bytes_.empty(); shift += 7) {
      const auto byte = static_cast<uint8_t>(bytes_.front());
      bytes_.remove_prefix(1);
      value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    return std::nullopt;
  }

  std::optional<uint64_t> fixed(size_t size) {
    if (bytes_.size() < size) return std::nullopt;
    const uint64_t value = little_endian(bytes_.substr(0, size));
    bytes_.remove_prefix(size);
    return value;
  }

  std::optional<WireField> field() {
    const auto tag = varint();
    if (!tag || *tag >> 3 == 0) return std::nullopt;
    WireField field{.number = *tag >> 3, .type = static_cast<int>(*tag & 7)};
    const auto value = field.type == kFixed64                          ? fixed(8)
                       : field.type == kFixed32                        ? fixed(4)
                       : field.type == kVarint || field.type == kBytes ? varint()
                                                                       : std::nullopt;
    if (!value) return std::nullopt;
    field.value = *value;
    if (field.type != kBytes) return field;
    if (*value > bytes_.size()) return std::nullopt;
    field.bytes = bytes_.substr(0, *value);
    bytes_.remove_prefix(*value);
    return field;
  }

 private:
  std::string_view bytes_;
};

// Calls visit(field) for each field of a message; false where one is broken.
template <typename Visit>
bool each_field(std::string_view bytes, const Visit& visit) {
  for (Wire wire(bytes); !wire.at_end();) {
    const auto field = wire.field();
    if (!field || !visit(*field)) return false;
  }
  return true;
}

double as_float(uint64_t bits) { return std::bit_cast<float>(static_cast<uint32_t>(bits)); }

// `value` of a FloatList or Int64List: one by one, or packed together.
bool read_numbers(const WireField& field, bool floats, std::vector<double>& numbers) {
  const auto add = [&](uint64_t value) {
    numbers.push_back(floats ? as_float(value) : static_cast<double>(static_cast<int64_t>(value)));
  };
  if (field.type == (floats ? kFixed32 : kVarint)) return add(field.value), true;
  if (field.type != kBytes) return false;
  for (Wire packed(field.bytes); !packed.at_end();) {
    const auto value = floats ? packed.fixed(4) : packed.varint();
    if (!value) return false;
    add(*value);
  }
  return true;
}

bool read_list(const WireField& list, Feature& feature) {
  return each_field(list.bytes, [&](const WireField& field) {
    if (field.number != 1) return true;
    if (list.number != kBytesList)
      return read_numbers(field, list.number == kFloatList, feature.numbers);
    feature.texts.push_back(field.bytes);
    return field.type == kBytes;
  });
}

bool read_feature(std::string_view bytes, Feature& feature) {
  return each_field(bytes, [&](const WireField& field) {
    if (field.number < kBytesList || field.number > kIntegerList) return true;
    feature = {};  // of a oneof the last counts
    return field.type == kBytes && read_list(field, feature);
  });
}

bool read_entry(std::string_view bytes, Example& example) {
  std::string_view name;
  Feature feature;
  const bool read = each_field(bytes, [&](const WireField& field) {
    if (field.number > 2) return true;
    if (field.type != kBytes) return false;
    if (field.number == 1) return name = field.bytes, true;
    return feature = {}, read_feature(field.bytes, feature);
  });
  if (read) example.insert_or_assign(name, std::move(feature));
  return read;
}

}  // namespace

Result<Example> parse_example(std::string_view bytes) {
  Example example;
  const bool read = each_field(bytes, [&](const WireField& features) {
    if (features.number != 1) return true;
    return features.type == kBytes && each_field(features.bytes, [&](const WireField& entry) {
             if (entry.number != 1) return true;
             return entry.type == kBytes && read_entry(entry.bytes, example);
           });
  });
  if (!read) return base::fail(base::invalid("not readable as a tf.train.Example"));
  return example;
}

}  // namespace cresset::data
