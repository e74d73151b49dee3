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

// "row 3, row 17 and row 40 of a.npy", "row 3, row 17 of a.npy, row 5, row 6, row 7 of b.npy and 7
// more"
std::string name_rows(const std::vector<data::RowOrigin>& rows) {
  std::string text;
  const size_t named = std::min(rows.size(), kRowsNamed);
  for (size_t i = 0; i < named; ++i) {
    const bool last = i + 1 == rows.size();
    if (i > 0) text += last ? " and " : ", ";
    text += rows[i].place;
    if (i + 1 == named || rows[i + 1].uri != rows[i].uri) text += " of " + rows[i].uri;
  }
  if (named < rows.size()) text += " and " + std::to_string(rows.size() - named) + " more";
  return text;
}

bool names_rows(const Divergence& found) {
  return !found.rows.empty() && static_cast<int64_t>(found.rows.size()) < found.batch_rows;
}

bool all_of_file(const std::vector<data::RowOrigin>& rows, const std::string& uri) {
  return std::all_of(rows.begin(), rows.end(), [&](const auto& row) { return row.uri == uri; });
}

std::string of_rows(const Divergence& found) {
  if (found.rows.empty()) return "";
  const std::string batch = std::to_string(found.batch_rows);
  if (!names_rows(found)) return " for all " + batch + " rows of the batch";
  return " for " + std::to_string(found.rows.size()) + " of the " + batch + " rows of the batch (" +
         name_rows(found.rows) + ")";
}

std::string cause(const Divergence& found) {
  const std::string usual = short_number(found.usual_largest);
  if (found.outstanding) {
    const auto& row = *found.outstanding;
    std::string text = row.row.place;
    if (!names_rows(found) || !all_of_file(found.rows, row.row.uri)) text += " of " + row.row.uri;
    if (row.step != found.step)
      text += ", which step " + std::to_string(row.step) + " learned from,";
    return text + " stands out: it has " + short_number(row.value) + " in column \"" + row.column +
           "\" after spec.training.preprocess, half of the rows nothing beyond " + usual +
           "; repair or remove it, or scale the column";
  }
  std::string text = found.steps_searched == 0
                         ? "no row that was learned from stands out"
                         : "no row of the newest " + std::to_string(found.steps_searched) +
                               (found.steps_searched == 1 ? " step" : " steps") + " stands out";
  text +=
      "; lower spec.training.optimizer.learningRate (" + short_number(found.learning_rate) + ")";
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
