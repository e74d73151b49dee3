#include "crds/worker_contract/quantity.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string>

namespace cresset::worker_contract {

using base::Json;

namespace {

__extension__ typedef unsigned __int128 Wide;

constexpr std::string_view kGpu = "nvidia.com/gpu";
constexpr std::string_view kInstance = "nvidia.com/mig-";  // of a GPU that is divided
constexpr size_t kMaxDigits = 18;                          // below 2^60
constexpr size_t kMaxExponentDigits = 2;                   // as the schemas have it

struct Scale {
  int tens = 0;  // times 10^tens
  int twos = 0;  // times 2^twos
};
struct Suffix {
  std::string_view text;
  Scale scale;
};
constexpr std::array<Suffix, 16> kSuffixes{{{"", {0, 0}},
                                            {"n", {-9, 0}},
                                            {"u", {-6, 0}},
                                            {"m", {-3, 0}},
                                            {"k", {3, 0}},
                                            {"M", {6, 0}},
                                            {"G", {9, 0}},
                                            {"T", {12, 0}},
                                            {"P", {15, 0}},
                                            {"E", {18, 0}},
                                            {"Ki", {0, 10}},
                                            {"Mi", {0, 20}},
                                            {"Gi", {0, 30}},
                                            {"Ti", {0, 40}},
                                            {"Pi", {0, 50}},
                                            {"Ei", {0, 60}}}};

bool take(std::string_view& text, char wanted) {
  if (!text.starts_with(wanted)) return false;
  text.remove_prefix(1);
  return true;
}

// Whether there was a minus.
bool take_sign(std::string_view& text) {
  if (take(text, '-')) return true;
  take(text, '+');
  return false;
}

std::string_view take_digits(std::string_view& text) {
  const size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto digits = text.substr(0, end);
  text.remove_prefix(end);
  return digits;
}

std::optional<Scale> scale_of(std::string_view text) {
  for (const auto& suffix : kSuffixes)
    if (text == suffix.text) return suffix.scale;
  if (!take(text, 'e') && !take(text, 'E')) return std::nullopt;
  const int sign = take_sign(text) ? -1 : 1;
  const auto digits = take_digits(text);
  if (digits.empty() || digits.size() > kMaxExponentDigits || !text.empty()) return std::nullopt;
  return Scale{sign * std::stoi(std::string(digits)), 0};
}

std::optional<int64_t> scaled(Wide value, Scale scale) {
  constexpr Wide kMost = std::numeric_limits<int64_t>::max();
  value <<= scale.twos;
  for (; scale.tens < 0; ++scale.tens) {
    if (value % 10 != 0) return std::nullopt;
    value /= 10;
  }
  for (; scale.tens > 0 && value <= kMost; --scale.tens) value *= 10;
  return value <= kMost ? std::optional(static_cast<int64_t>(value)) : std::nullopt;
}

int64_t count_of(const Json& quantity) {
  if (quantity.is_string())
    return whole_quantity(quantity.get_ref<const std::string&>()).value_or(0);
  return quantity.is_number_integer() ? quantity.get<int64_t>() : 0;
}

int64_t gpus_among(const Json& resources, const char* which, bool instances) {
  const Json* list = base::find(resources, which);
  if (list == nullptr || !list->is_object()) return 0;
  int64_t gpus = 0;
  for (const auto& [name, quantity] : list->items())
    if (name == kGpu || (instances && name.starts_with(kInstance))) gpus += count_of(quantity);
  return gpus;
}

int64_t larger_of(const Json& resources, bool instances) {
  return std::max({int64_t{0}, gpus_among(resources, "/limits", instances),
                   gpus_among(resources, "/requests", instances)});
}

}  // namespace

std::optional<int64_t> whole_quantity(std::string_view text) {
  const bool negative = take_sign(text);
  std::string digits(take_digits(text));
  size_t fraction = 0;
  if (take(text, '.')) {
    const auto more = take_digits(text);
    fraction = more.size();
    digits += more;
  }
  auto scale = scale_of(text);
  if (digits.empty() || !scale) return std::nullopt;
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  if (digits.empty()) return 0;
  const size_t zeros = digits.size() - 1 - digits.find_last_not_of('0');
  digits.resize(digits.size() - zeros);
  if (digits.size() > kMaxDigits) return std::nullopt;
  scale->tens += static_cast<int>(zeros) - static_cast<int>(fraction);
  const auto value = scaled(std::stoull(digits), *scale);
  return value && negative ? std::optional(-*value) : value;
}

int64_t gpus_of(const Json& resources) { return larger_of(resources, /*instances=*/true); }
int64_t whole_gpus_of(const Json& resources) { return larger_of(resources, /*instances=*/false); }

}  // namespace cresset::worker_contract
