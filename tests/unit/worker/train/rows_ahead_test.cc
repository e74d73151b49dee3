#include "worker/train/rows_ahead.h"

#include <gmock/gmock.h>

#include "worker/train/kept_rows.h"

namespace cresset::train::rows_ahead_test {
namespace {

constexpr int64_t kRows = 10, kSteps = 3;  // an epoch: batches of 4, 4 and 2

Samples samples() {
  Samples made{.table = {},
               .inputs = at::arange(kRows * 2, at::kFloat).view({kRows, 2}),
               .images = {},
               .targets = at::arange(kRows, at::kLong),
               .predicted = {}};
  made.table.rows = kRows;
  return made;
}

// Rows that cannot be read from a step on, and remember which steps were begun.
class SomeRows : public KeptRows {
 public:
  SomeRows(const worker_contract::TrainingSpec& spec, const Samples& samples,
           const dist::ProcessGroup& group, int64_t lost, std::vector<int64_t>& begun)
      : KeptRows(spec, samples, group), lost_(lost), begun_(begun) {}
  base::Result<int64_t> begin(int64_t step) override {
    begun_.push_back(step);
    if (step >= lost_) return base::fail(base::unavailable("the store is gone"));
    return KeptRows::begin(step);
  }

 private:
  int64_t lost_;
  std::vector<int64_t>& begun_;
};

class RowsAheadTest : public testing::Test {
 protected:
  RowsAheadTest() { spec_.batch_size = 4; }
  RowsAhead ahead(int64_t lost = 100) {
    return RowsAhead(std::make_unique<SomeRows>(spec_, samples_, *group_, lost, begun_), at::kCPU);
  }
  void expect_batch(RowsAhead& rows, int64_t step) {
    const auto own = rows.begin(step);
    ASSERT_TRUE(own) << own.error().message();
    ASSERT_EQ(plain_.begin(step).value(), *own);
    EXPECT_TRUE(rows.inputs(0, *own).equal(plain_.inputs(0, *own)));
    EXPECT_TRUE(rows.inputs(1, *own - 1).equal(plain_.inputs(1, *own - 1)));
    EXPECT_TRUE(rows.targets(0, *own).equal(plain_.targets(0, *own)));
    EXPECT_TRUE(rows.numbers(0, *own).equal(plain_.numbers(0, *own)));
  }

  const Samples samples_ = samples();
  const std::unique_ptr<dist::ProcessGroup> group_ = dist::join_group({}).value();
  worker_contract::TrainingSpec spec_;
  std::vector<int64_t> begun_;
  KeptRows plain_{[] {
                    worker_contract::TrainingSpec spec;
                    spec.batch_size = 4;
                    return spec;
                  }(),
                  samples_, *group_};
};

TEST_F(RowsAheadTest, GiveTheBatchesThatThereAreWithoutThemEachReadOnce) {
  auto rows = ahead();
  for (int64_t step = 0; step < 2 * kSteps; ++step) {
    expect_batch(rows, step);
    rows.look_ahead(step + 1);
  }
  EXPECT_THAT(begun_, testing::ElementsAre(0, 1, 2, 3, 4, 5, 6));
}

TEST_F(RowsAheadTest, GiveAnotherStepThanTheOneThatWasLookedAheadTo) {
  auto rows = ahead();
  expect_batch(rows, 0);
  rows.look_ahead(1);
  expect_batch(rows, 0);
  expect_batch(rows, 1);
}

TEST_F(RowsAheadTest, AnErrorIsThatOfTheStepWhoseRowsItIs) {
  auto rows = ahead(1);
  expect_batch(rows, 0);
  rows.look_ahead(1);
  EXPECT_EQ(rows.inputs(0, 4).size(0), 4) << "the step before has its rows";
  const auto lost = rows.begin(1);
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().message(), "the store is gone");
}

}  // namespace
}  // namespace cresset::train::rows_ahead_test
