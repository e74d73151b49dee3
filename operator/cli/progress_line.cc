#include "operator/cli/progress_line.h"

#include <algorithm>
#include <cstdio>

namespace cresset::cli {

std::string decimal(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

std::string grouped(double value) {
  std::string text = decimal(value, 0);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<size_t>(at), ",");
  return text;
}

std::string clock_text(int64_t seconds) {
  char text[64];
  if (seconds >= 3600)
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", static_cast<long long>(seconds / 3600),
                  static_cast<long long>(seconds / 60 % 60), static_cast<long long>(seconds % 60));
  else
    std::snprintf(text, sizeof text, "%lld:%02lld", static_cast<long long>(seconds / 60),
                  static_cast<long long>(seconds % 60));
  return text;
}

std::string metrics_text(const std::map<std::string, double>& metrics) {
  std::string text;
  for (const auto& [name, value] : metrics)
    text += (text.empty() ? "" : ", ") + name + " " + decimal(value, 4);
  return text;
}

std::string progress_line(const worker_contract::Progress& progress, int64_t epochs) {
  std::string text = "step " + std::to_string(progress.step);
  if (progress.total_steps > 0) text += "/" + std::to_string(progress.total_steps);
  text += "  epoch " + std::to_string(std::min(progress.epoch + 1, epochs)) + "/" +
          std::to_string(epochs);
  if (progress.step > 0) text += "  loss " + decimal(progress.loss, 4);
  if (progress.samples_per_second > 0)
    text += "  " + grouped(progress.samples_per_second) + " samples/s";
  if (progress.remaining_seconds.value_or(0) > 0)
    text += "  " + clock_text(*progress.remaining_seconds) + " left";
  return text;
}

std::string progress_bar(const worker_contract::Progress& progress, int64_t epochs,
                         size_t columns) {
  constexpr size_t kLeast = 10, kMost = 30, kFrame = 4;  // "[", "]" and two spaces
  const std::string line = progress_line(progress, epochs);
  if (progress.total_steps <= 0 || line.size() + kFrame + kLeast > columns)
    return line.substr(0, columns);
  const size_t width = std::min(kMost, columns - line.size() - kFrame);
  const auto done =
      static_cast<size_t>(static_cast<int64_t>(width) *
                          std::min(progress.step, progress.total_steps) / progress.total_steps);
  return "[" + std::string(done, '#') + std::string(width - done, '.') + "]  " + line;
}

}  // namespace cresset::cli
