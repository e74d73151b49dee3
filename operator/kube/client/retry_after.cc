#include "operator/kube/client/retry_after.h"

#include <algorithm>
#include <charconv>

namespace cresset::kube {

namespace {
constexpr int kLongest = 30;
}

std::optional<std::chrono::milliseconds> retry_after(const net::Response& response) {
  if (response.status != 429 && response.status < 500) return std::nullopt;
  const std::string* value = net::find_header(response.headers, "Retry-After");
  if (value == nullptr) return std::nullopt;
  int seconds = -1;
  const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), seconds);
  if (end != value->data() + value->size()) return std::nullopt;
  if (error == std::errc::result_out_of_range && value->front() != '-') seconds = kLongest;
  if (seconds < 0) return std::nullopt;
  return std::chrono::seconds(std::min(seconds, kLongest));
}

}  // namespace cresset::kube
