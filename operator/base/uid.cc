#include "operator/base/uid.h"

#include <charconv>
#include <optional>

namespace cresset::base {

namespace {

constexpr std::string_view kForm = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
constexpr std::string_view kDigits = "0123456789abcdef";
constexpr size_t kHalf = 19;  // characters of a UUID that are its first eight bytes

// Nothing for what is no UUID, or written otherwise than value() writes it.
std::optional<std::array<uint64_t, 2>> uuid_of(std::string_view text) {
  if (text.size() != kForm.size()) return std::nullopt;
  std::array<uint64_t, 2> uuid{};
  for (size_t i = 0; i < text.size(); ++i) {
    if (kForm[i] == '-') {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    const size_t digit = kDigits.find(text[i]);
    if (digit == kDigits.npos) return std::nullopt;
    uint64_t& half = uuid[i < kHalf ? 0 : 1];
    half = half << 4 | digit;
  }
  return uuid;
}

std::optional<uint64_t> number_of(std::string_view text) {
  uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stopped != end || text.front() == '0') return std::nullopt;
  return number;
}

}  // namespace

Uid::Uid(std::string_view text) {
  const auto uuid = uuid_of(text);
  if (uuid && *uuid != std::array<uint64_t, 2>{})
    uuid_ = *uuid;
  else
    other_ = text;
}

std::string Uid::value() const {
  if (uuid_ == std::array<uint64_t, 2>{}) return other_;
  std::string text(kForm);
  auto left = uuid_;
  for (size_t i = text.size(); i-- > 0;) {
    if (text[i] == '-') continue;
    uint64_t& half = left[i < kHalf ? 0 : 1];
    text[i] = kDigits[half & 15];
    half >>= 4;
  }
  return text;
}

ResourceVersion::ResourceVersion(std::string_view text) {
  if (const auto number = number_of(text))
    number_ = *number;
  else
    other_ = text;
}

std::string ResourceVersion::value() const {
  return number_ == 0 ? other_.str() : std::to_string(number_);
}

}  // namespace cresset::base
