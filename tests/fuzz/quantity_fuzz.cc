// Quantities: any text, which is read as itself whatever it stands in; and one that is put together
// from the bytes (sign, digits, where the point is, suffix), held against the same reckoned by
// hand, digit by digit.

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "crds/pod_options.h"
#include "crds/worker_contract/quantity.h"
#include "crds/worker_contract/worker_config.h"
#include "tests/fuzz/target.h"

namespace {

using cresset::base::Json;
using cresset::fuzz::kPlanted;
using cresset::fuzz::require;

constexpr size_t kLongest = 64;
constexpr size_t kHead = 4;
constexpr size_t kMostDigits = 18;  // that whole_quantity takes
constexpr size_t kLongestWhole = 18;

std::optional<int64_t> read(const std::string& text) {
  auto value = cresset::worker_contract::whole_quantity(text);
  if (kPlanted && value && text.ends_with("Ei") && text.find('.') != text.npos) ++*value;
  return value;
}

void double_it(std::string& digits) {
  int carry = 0;
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
    const int sum = (*digit - '0') * 2 + carry;
    *digit = static_cast<char>('0' + sum % 10);
    carry = sum / 10;
  }
  if (carry > 0) digits.insert(digits.begin(), '1');
}

struct Suffix {
  const char* text;
  int tens;
  int twos;
};
constexpr std::array<Suffix, 18> kSuffixes{{{"", 0, 0},
                                            {"n", -9, 0},
                                            {"u", -6, 0},
                                            {"m", -3, 0},
                                            {"k", 3, 0},
                                            {"M", 6, 0},
                                            {"G", 9, 0},
                                            {"T", 12, 0},
                                            {"P", 15, 0},
                                            {"E", 18, 0},
                                            {"Ki", 0, 10},
                                            {"Mi", 0, 20},
                                            {"Gi", 0, 30},
                                            {"Ti", 0, 40},
                                            {"Pi", 0, 50},
                                            {"Ei", 0, 60},
                                            {"e2", 2, 0},
                                            {"E-1", -1, 0}}};

// The value of `digits`, of which the last `fraction` stand behind the point. Nothing when it is
// not whole or too long to tell.
std::optional<int64_t> by_hand(std::string digits, size_t fraction, const Suffix& suffix) {
  for (int i = 0; i < suffix.twos; ++i) double_it(digits);
  const int behind = static_cast<int>(fraction) - suffix.tens;
  if (behind < 0) digits.append(-behind, '0');
  if (behind > 0) {
    if (digits.size() < static_cast<size_t>(behind)) digits.insert(0, behind - digits.size(), '0');
    const auto tail = digits.substr(digits.size() - behind);
    if (tail.find_first_not_of('0') != tail.npos) return std::nullopt;
    digits.resize(digits.size() - behind);
  }
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  if (digits.size() > kLongestWhole) return std::nullopt;
  return digits.empty() ? 0 : std::stoll(digits);
}

void check_made(const uint8_t* data, size_t size) {
  std::string digits;
  for (size_t i = kHead; i < std::min(size, kHead + kMostDigits); ++i)
    digits += static_cast<char>('0' + data[i] % 10);
  if (digits.empty()) return;
  const size_t fraction = data[1] % (digits.size() + 1);
  const Suffix& suffix = kSuffixes[data[2] % kSuffixes.size()];
  const bool negative = data[0] % 4 == 1;
  std::string text = digits;
  if (fraction > 0 || data[3] % 2 == 1) text.insert(digits.size() - fraction, ".");
  text = (negative ? "-" : data[0] % 4 == 2 ? "+" : "") + text + suffix.text;
  const auto wanted = by_hand(digits, fraction, suffix);
  const auto found = read(text);
  if (wanted) require(found == (negative ? -*wanted : *wanted));
  if (found && !wanted) require(std::to_string(*found).size() > kLongestWhole);
}

Json job_with(const Json& gpus) {
  static const Json kJob = Json::parse(R"({"metadata": {"name": "a"}, "spec": {"workers": {},
      "training": {"data": {"train": {"uri": "s3://data/a.csv"}, "label": "b"}},
      "output": {"uri": "s3://models/a"}}})");
  Json job = kJob;
  job["spec"]["workers"]["resources"]["limits"]["nvidia.com/gpu"] = gpus;
  return job;
}

void check_text(const std::string& text) {
  const auto value = read(text);
  if (!value) return;
  require(text.find_first_not_of("+-.0123456789numkKMGTPEei") == text.npos);
  if (std::to_string(*value).size() <= kLongestWhole)
    require(read(std::to_string(*value)) == value);
  for (const Json& gpus : {Json(text), Json(*value)}) {
    const Json job = job_with(gpus);
    const int64_t count = std::max<int64_t>(0, *value);
    cresset::crds::PodOptions options;
    options.resources = job["spec"]["workers"]["resources"];
    require(options.gpus() == count);
    const auto config = cresset::worker_contract::worker_config_from_job(job);
    require(config.has_value() == (count <= 64));
    if (config) require(config->processes_per_worker == std::max<int64_t>(1, count));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > kLongest) return 0;
  check_text(std::string(cresset::fuzz::view(data, size)));
  if (size > kHead) check_made(data, size);
  return 0;
}
