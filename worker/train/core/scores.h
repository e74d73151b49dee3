#pragma once
// How good a classifier's answers are, from counts and scores that were gathered before: so the
// figures are the same whatever the number of ranks. Pure.

#include <optional>
#include <span>

namespace cresset::train {

// The mean over the classes of F1 = 2 right / (predicted + actual), over those that were predicted
// or are there at all, as scikit-learn's f1_score(average="macro"). By the classes' codes.
double macro_f1(std::span<const double> right, std::span<const double> predicted,
                std::span<const double> actual);

// The area under the ROC curve: the share of the pairs of a positive and a negative row in which
// the positive one has the higher score, equal ones counting half. Exact, by ranks (Mann and
// Whitney). Nothing where there are no such pairs. `scores` may not be NaN.
std::optional<double> area_under_curve(std::span<const float> scores,
                                       std::span<const bool> positive);

}  // namespace cresset::train
