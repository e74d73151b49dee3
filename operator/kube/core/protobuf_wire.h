#pragma once
// The wire format of protobuf: a message as the fields that it says, without a schema. Takes what
// is not read as well (fixed-size numbers, fields of any number), but no groups, which nobody
// writes any more. Pure; any thread; the bytes belong to the caller.
//
//   WireFields fields(message);
//   while (const auto* field = fields.next()) if (field->number == 1) …
//   CRESSET_CHECK(fields.outcome());
// Source: protobuf.dev, "Encoding".

#include <cstdint>
#include <string_view>

#include "operator/base/result.h"

namespace cresset::kube {

struct WireField {
  uint32_t number = 0;
  bool has_bytes = false;
  uint64_t value = 0;      // of a number; 0 of one of fixed size
  std::string_view bytes;  // of a text or a message
};

class WireFields {
 public:
  explicit WireFields(std::string_view message) : rest_(message) {}
  // nullptr at the end and from the first broken field on; good until the next one.
  const WireField* next();
  // Whether all that was met was right.
  base::Result<void> outcome() const;

 private:
  bool read();
  bool varint(uint64_t& value);
  bool take(size_t size, std::string_view& taken);

  std::string_view rest_;
  WireField field_;
  bool broken_ = false;
};

}  // namespace cresset::kube
