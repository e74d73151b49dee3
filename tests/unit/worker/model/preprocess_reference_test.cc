// Preprocessing against what scikit-learn and pandas make of the same columns, by the table that
// tests/bench/references/preprocessing.py printed; and against itself on other numbers of ranks.
#include <gmock/gmock.h>

#include <cmath>
#include <cstdlib>
#include <fstream>

#include "worker/data/core/sharding.h"
#include "worker/model/preprocess.h"

namespace cresset::model {
namespace preprocess_reference_test {

using base::Json;

Json reference() {
  const char* root = std::getenv("CRESSET_SOURCE_DIR");
  std::ifstream file(std::string(root == nullptr ? "." : root) +
                     "/tests/bench/references/preprocessing.json");
  return base::parse_json(std::string(std::istreambuf_iterator<char>(file), {})).value();
}

std::vector<float> rows_of(const Json& list) {
  std::vector<float> rows;
  for (const auto& row : list)
    for (const auto& value : row) rows.push_back(value.is_null() ? NAN : value.get<float>());
  return rows;
}

Preprocessing bound(const Json& steps, const Json& columns) {
  const auto spec = worker_contract::decode_preprocess(steps, "steps").value();
  return Preprocessing::bind(spec, columns.get<std::vector<std::string>>(), "steps").value();
}

// Fitted by so many ranks, each on its part of the rows.
base::Result<void> fit(Preprocessing& steps, const std::vector<float>& rows, int ranks) {
  const auto width = static_cast<int64_t>(steps.columns().size());
  Summaries merged(steps.counted());
  for (int rank = 0; rank < ranks; ++rank) {
    const auto part = data::shard(static_cast<int64_t>(rows.size()) / width, rank, ranks);
    Summaries own(steps.counted());
    own.add(rows.data() + part.begin * width, part.size());
    merged.merge(Summaries::unpack(steps.counted(), own.pack()));
  }
  return steps.fit(merged);
}

void expect_rows(const Preprocessing& steps, const Json& given, const Json& wanted) {
  const auto theirs = rows_of(wanted);
  auto ours = rows_of(given);
  // What nobody filled ends apply() after everything was computed.
  static_cast<void>(steps.apply(ours.data(), static_cast<int64_t>(given.size())));
  ASSERT_EQ(ours.size(), theirs.size());
  for (size_t i = 0; i < ours.size(); ++i) {
    ASSERT_EQ(std::isnan(ours[i]), std::isnan(theirs[i])) << i << " " << steps.encode();
    if (std::isnan(theirs[i])) continue;
    EXPECT_NEAR(ours[i], theirs[i], 2e-6 * std::max(1.0F, std::abs(theirs[i])))
        << i << " " << steps.encode();
  }
}

// Fitting also tells of what no step fills, which is for the caller here.
void fit_and_go_on(Preprocessing& steps, const std::vector<float>& rows, int ranks) {
  if (const auto done = fit(steps, rows, ranks); !done) {
    ASSERT_THAT(done.error().message(), testing::HasSubstr("add an impute step"));
    const auto again = Preprocessing::decode(steps.encode(), steps.columns());
    ASSERT_TRUE(again) << again.error().message();
    steps = *again;
  }
}

TEST(PreprocessingReference, StepsMakeWhatScikitLearnAndPandasMake) {
  const Json table = reference();
  ASSERT_FALSE(table["cases"].empty());
  for (const auto& row : table["cases"]) {
    auto steps = bound(row["steps"], table["columns"]);
    fit_and_go_on(steps, rows_of(table["rows"]), 1);
    expect_rows(steps, table["rows"], row["rows"]);
    expect_rows(steps, table["more"], row["more"]);
  }
}

// Means and deviations but for the last bits, which the order of sums decides; all else is equal.
void expect_same(const Json& one, const Json& other) {
  ASSERT_EQ(one.type(), other.type());
  if (one.is_structured()) {
    ASSERT_EQ(one.size(), other.size());
    for (auto a = one.begin(), b = other.begin(); a != one.end(); ++a, ++b) expect_same(*a, *b);
  } else if (one.is_number_float()) {
    const double wanted = one.get<double>();
    EXPECT_NEAR(other.get<double>(), wanted, 1e-12 * std::max(1.0, std::abs(wanted)));
  } else {
    EXPECT_EQ(one, other);
  }
}

TEST(PreprocessingReference, AnyNumberOfRanksLearnsTheSameNumbers) {
  const Json table = reference();
  for (const auto& row : table["cases"]) {
    auto alone = bound(row["steps"], table["columns"]);
    fit_and_go_on(alone, rows_of(table["rows"]), 1);
    for (const int ranks : {2, 3}) {
      auto together = bound(row["steps"], table["columns"]);
      fit_and_go_on(together, rows_of(table["rows"]), ranks);
      expect_same(alone.encode(), together.encode());
    }
  }
}

TEST(PreprocessingReference, QuantilesAndExtremesAreTheSameBitsOnAnyNumberOfRanks) {
  const Json table = reference();
  const Json spec = {{{"impute", {{"columns", {"a", "c"}}, {"strategy", "Median"}}}},
                     {{"clip", {{"columns", {"*"}}, {"minQuantile", 0.05}}}},
                     {{"quantile", {{"columns", {"a"}}}}},
                     {{"minMax", {{"columns", {"b"}}}}}};
  auto alone = bound(spec, table["columns"]);
  ASSERT_TRUE(fit(alone, rows_of(table["rows"]), 1));
  for (const int ranks : {2, 3}) {
    auto together = bound(spec, table["columns"]);
    ASSERT_TRUE(fit(together, rows_of(table["rows"]), ranks));
    EXPECT_EQ(alone.encode(), together.encode());
  }
}

// Rows with columns of texts among those of numbers, as a table has them.
struct TextRows {
  std::vector<float> values;
  std::vector<data::TextColumn> texts;
  int64_t count = 0;
};

TextRows text_rows_of(const Json& list) {
  TextRows rows{.texts = {{.column = 0, .texts = {}}, {.column = 2, .texts = {}}}};
  std::vector<data::TextPlaces> places(rows.texts.begin(), rows.texts.end());
  for (const auto& row : list) {
    const auto text = [&](size_t c) { return row[c].is_null() ? "" : row[c].get<std::string>(); };
    for (const float value : {places[0].of(text(0)), row[1].get<float>(), places[1].of(text(2))})
      rows.values.push_back(value);
    ++rows.count;
  }
  return rows;
}

void fit_texts(Preprocessing& steps, const TextRows& rows, int ranks) {
  Summaries merged(steps.counted(), steps.counted_texts());
  for (int rank = 0; rank < ranks; ++rank) {
    const auto part = data::shard(rows.count, rank, ranks);
    Summaries own(steps.counted(), steps.counted_texts());
    own.add(rows.values.data() + part.begin * 3, part.size(), rows.texts);
    merged.merge(Summaries::unpack(steps.counted(), own.pack()));
  }
  const auto done = steps.fit(merged);
  ASSERT_TRUE(done) << done.error().message();
}

void expect_texts(const Preprocessing& steps, const Json& given, const Json& wanted) {
  const auto rows = text_rows_of(given);
  const auto ours = steps.transform(rows.values, rows.count, rows.texts);
  ASSERT_TRUE(ours) << ours.error().message();
  const auto theirs = rows_of(wanted);
  ASSERT_EQ(ours->size(), theirs.size());
  ASSERT_EQ(steps.value_names().size(), wanted[0].size());
  for (size_t i = 0; i < theirs.size(); ++i)
    ASSERT_NEAR((*ours)[i], theirs[i], 2e-6 * std::max(1.0F, std::abs(theirs[i])))
        << i << " " << steps.encode();
}

TEST(PreprocessingReference, TextsBecomeWhatScikitLearnAndPandasMakeOfThem) {
  const Json table = reference()["texts"];
  ASSERT_FALSE(table["cases"].empty());
  for (const auto& row : table["cases"]) {
    auto steps = bound(row["steps"], table["columns"]);
    fit_texts(steps, text_rows_of(table["rows"]), 1);
    expect_texts(steps, table["rows"], row["rows"]);
    expect_texts(steps, table["more"], row["more"]);
  }
}

TEST(PreprocessingReference, TextsThatAreLearntAreTheSameOnAnyNumberOfRanks) {
  const Json table = reference()["texts"];
  for (const auto& row : table["cases"]) {
    auto alone = bound(row["steps"], table["columns"]);
    fit_texts(alone, text_rows_of(table["rows"]), 1);
    for (const int ranks : {2, 3}) {
      auto together = bound(row["steps"], table["columns"]);
      fit_texts(together, text_rows_of(table["rows"]), ranks);
      EXPECT_EQ(alone.encode(), together.encode());
    }
  }
}

}  // namespace preprocess_reference_test
}  // namespace cresset::model
