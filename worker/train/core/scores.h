#pragma once
// How good answers are, from counts and scores that were gathered before: so the
// figures are the same whatever the number of ranks. Pure.

#include <optional>
#include <span>

namespace cresset::train {

// The mean over the classes of F1 = 2 right / (predicted + actual), over those that were predicted
// or are there at all, as scikit-learn's f1_score(average="macro"). By the classes' codes.
double macro_f1(std::span<const double> right, std::span<const double> predicted,
                std::span<const double> actual);

// The same over all labels that may hold of a row or not, one that never does and never is
// predicted counting 0, as f1_score(average="macro") of multi-label indicators; and F1 of all their
// rows together, as average="micro".
double macro_f1_of_labels(std::span<const double> right, std::span<const double> predicted,
                          std::span<const double> actual);
double micro_f1(std::span<const double> right, std::span<const double> predicted,
                std::span<const double> actual);

// Of errors of some columns over `rows` rows, the mean over the columns of each one's figure, as
// scikit-learn's root_mean_squared_error and mean_absolute_error: from the sums of the errors'
// squares, or of their sizes.
double root_mean_square(std::span<const double> squares, double rows);
double mean_of_means(std::span<const double> sizes, double rows);
// 1 - squares / totals, as r2_score; `totals` are the labels' sums of squares around their means.
// Of labels that are all the same it is 1 where there is no error, else 0.
double r2_score(std::span<const double> squares, std::span<const double> totals);

// The area under the ROC curve: the share of the pairs of a positive and a negative row in which
// the positive one has the higher score, equal ones counting half. Exact, by ranks (Mann and
// Whitney). Nothing where there are no such pairs. `scores` may not be NaN.
std::optional<double> area_under_curve(std::span<const float> scores,
                                       std::span<const bool> positive);

}  // namespace cresset::train
