#include "worker/train/core/divergence.h"

#include <algorithm>
#include <cstdio>

namespace cresset::train {

namespace {

constexpr size_t kRowsNamed = 5;
constexpr double kLarge = 100;  // what networks learn from well is about 1

std::string short_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

// "rows 3, 17 and 40", "rows 3, 17, 40, 41, 42 and 7 more"
std::string name_rows(const std::vector<int64_t>& rows) {
  std::string text = rows.size() == 1 ? "row " : "rows ";
  const size_t named = std::min(rows.size(), kRowsNamed);
  for (size_t i = 0; i < named; ++i) {
    const bool last = i + 1 == rows.size();
    if (i > 0) text += last ? " and " : ", ";
    text += std::to_string(rows[i]);
  }
  if (named < rows.size()) text += " and " + std::to_string(rows.size() - named) + " more";
  return text;
}

bool names_rows(const Divergence& found) {
  return !found.rows.empty() && static_cast<int64_t>(found.rows.size()) < found.batch_rows;
}

std::string of_rows(const Divergence& found) {
  if (found.rows.empty()) return "";
  const std::string batch = std::to_string(found.batch_rows);
  if (!names_rows(found)) return " for all " + batch + " rows of the batch";
  return " for " + std::to_string(found.rows.size()) + " of the " + batch + " rows of the batch (" +
         name_rows(found.rows) + " of " + found.uri + ")";
}

std::string cause(const Divergence& found) {
  const std::string usual = short_number(found.usual_largest);
  if (found.outstanding) {
    const auto& row = *found.outstanding;
    std::string text = "row " + std::to_string(row.row);
    if (!names_rows(found)) text += " of " + found.uri;
    if (row.step != found.step)
      text += ", which step " + std::to_string(row.step) + " learned from,";
    return text + " stands out: it has " + short_number(row.value) + " in column \"" + row.column +
           "\" after spec.training.preprocess, half of the rows nothing beyond " + usual +
           "; repair or remove it, or scale the column";
  }
  std::string text =
      "no row that was learned from stands out; lower "
      "spec.training.optimizer.learningRate (" +
      short_number(found.learning_rate) + ")";
  if (!found.clips) text += ", set spec.training.gradient.clipNorm";
  if (found.usual_largest > kLarge)
    text += ", or standardize the features in spec.training.preprocess: half of the rows have " +
            usual + " or more";
  return text;
}

}  // namespace

std::string describe(const Divergence& found) {
  std::string text = "training diverged in step " + std::to_string(found.step);
  text += " of " + std::to_string(found.total_steps) + ": " + found.where;
  text += of_rows(found);
  text += "; ";
  return text + cause(found);
}

}  // namespace cresset::train
