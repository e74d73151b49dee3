#include "worker/model/networks/limits.h"

#include <cstdio>

namespace cresset::model::networks {

namespace {

std::string whole(double number) {
  char text[64];
  std::snprintf(text, sizeof text, "%.0f", number);
  return text;
}

}  // namespace

base::Result<void> check_size(const std::string& architecture, double parameters) {
  if (parameters <= kMaxParameters) return {};
  return base::fail(base::invalid("spec.training.model.parameters: this " + architecture +
                                  " would have " + whole(parameters) + " parameters; at most " +
                                  whole(kMaxParameters) + " are allowed"));
}

base::Error wrong_shape(const std::string& architecture, const std::string& allowed,
                        const std::vector<int64_t>& found, const std::string& advice) {
  std::string text;
  for (int64_t size : found) text += (text.empty() ? "" : ", ") + std::to_string(size);
  return base::invalid("spec.training.model.architecture: " + architecture +
                       " takes samples of shape " + allowed + ", found [" + text + "]; " + advice);
}

}  // namespace cresset::model::networks
