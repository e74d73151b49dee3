#include "operator/cli/progress_line.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace cresset::cli {

namespace {

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

}  // namespace

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

std::string progress_line(const worker_contract::Progress& progress, int64_t epochs,
                          int64_t batch_size) {
  std::string text = "step " + std::to_string(progress.step);
  if (progress.total_steps > 0) text += "/" + std::to_string(progress.total_steps);
  text += "  epoch " + std::to_string(std::min(progress.epoch + 1, epochs)) + "/" +
          std::to_string(epochs);
  if (progress.step > 0) text += "  loss " + decimal(progress.loss, 4);
  const double rate = progress.samples_per_second;
  if (rate <= 0) return text;
  text += "  " + grouped(rate) + " samples/s";
  const int64_t left = progress.total_steps - progress.step;
  if (left > 0)
    text +=
        "  " + clock_text(std::llround(static_cast<double>(left * batch_size) / rate)) + " left";
  return text;
}

}  // namespace cresset::cli
