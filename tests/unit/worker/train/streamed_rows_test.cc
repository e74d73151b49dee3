// Rows of real files through scan, order and reading ahead, on the ranks of real groups.
#include "worker/train/streamed_rows.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <mutex>
#include <numeric>

#include "tests/unit/worker/dist/ranks.h"
#include "worker/train/next_token.h"
#include "worker/train/streamed_data.h"
#include "worker/train/targets.h"

namespace cresset::train::streamed_rows_test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Le;

// What one rank saw.
struct Seen {
  std::vector<at::Tensor> inputs;  // of each step
  std::vector<at::Tensor> targets;
  int64_t most_bytes_held = 0;
};

class Stream : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder_);
    spec_.data = {.train_uri = "file://" + folder_, .label = "y"};
    spec_.data.streaming = {.shuffle_window = 24, .memory_mib = 1};
    spec_.batch_size = 10;
    spec_.epochs = 100;
    spec_.seed = 5;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // Files of so many rows: x[0] is the number of the row, y its remainder by 3.
  void write(int files, int64_t rows, int columns = 1) {
    int64_t row = 0;
    for (int file = 0; file < files; ++file) {
      std::ofstream csv(folder_ + "/" + std::to_string(1000 + file) + ".csv");
      csv << "y";
      for (int column = 0; column < columns; ++column) csv << ",x" << column;
      csv << "\n";
      for (int64_t i = 0; i < rows; ++i, ++row) {
        csv << row % 3;
        for (int column = 0; column < columns; ++column) csv << "," << row + column;
        csv << "\n";
      }
    }
  }

  // Calls use(rows) on each rank of a group, as a session makes them.
  void on_ranks(int ranks,
                const std::function<void(dist::ProcessGroup&, StreamedRows& rows)>& use) {
    dist::as_ranks(ranks, [&](dist::ProcessGroup& group) {
      data::Store store({}, {});
      auto stream = StreamedData::open(store, spec_);
      ASSERT_TRUE(stream) << stream.error().message();
      auto steps =
          model::Preprocessing::bind(spec_.preprocess, (*stream)->header().columns, "p").value();
      RawData raw{.train = {}, .validation = {}, .bad_rows = data::BadRows(100)};
      const auto scanned = (*stream)->scan(steps, group.rank(), group.size(), raw.bad_rows, stop_);
      ASSERT_TRUE(scanned) << scanned.error().message();
      const auto merged = (*stream)->merge(group, steps, raw);
      ASSERT_TRUE(merged) << merged.error().message();
      const auto targets = (*stream)->labels().targets();
      StreamedRows rows(
          {.spec = spec_,
           .table = (*stream)->table(),
           .order = (*stream)->order(),
           .header = raw.train,
           .columns = steps.value_names(),
           .row_bytes = (*stream)->table().row_bytes(steps.value_names().size()),
           .prepare =
               [&](data::Table table) { return prepare_samples(std::move(table), steps, targets); },
           .group = group});
      use(group, rows);
    });
  }

  // What each of so many ranks sees of the steps from `first` to before `end`.
  std::vector<Seen> see(int ranks, int64_t first, int64_t end) {
    std::vector<Seen> seen(static_cast<size_t>(ranks));
    on_ranks(ranks, [&](dist::ProcessGroup& group, StreamedRows& rows) {
      auto& own = seen[static_cast<size_t>(group.rank())];
      for (int64_t step = first; step < end; ++step) {
        const auto count = rows.begin(step);
        ASSERT_TRUE(count) << count.error().message();
        if (*count > 0) {
          EXPECT_TRUE(
              rows.numbers(0, *count).equal(rows.inputs(0, *count).select(1, 0).to(at::kLong)));
        }
        own.inputs.push_back(*count > 0 ? rows.inputs(0, *count) : at::empty({0, 1}));
        own.targets.push_back(*count > 0 ? rows.targets(0, *count) : at::empty({0}, at::kLong));
      }
      own.most_bytes_held = rows.most_bytes_held();
    });
    return seen;
  }
  // The batches that the ranks together see.
  static std::vector<at::Tensor> batches(const std::vector<Seen>& ranks,
                                         std::vector<at::Tensor> Seen::*of) {
    std::vector<at::Tensor> whole;
    for (size_t step = 0; step < (ranks.front().*of).size(); ++step) {
      std::vector<at::Tensor> parts;
      for (const auto& rank : ranks) parts.push_back((rank.*of)[step]);
      whole.push_back(at::cat(parts));
    }
    return whole;
  }
  static std::vector<float> values(const at::Tensor& tensor) {
    const auto flat = tensor.contiguous();
    const auto* data = flat.const_data_ptr<float>();
    return {data, data + flat.numel()};
  }

  const std::string folder_ = testing::TempDir() + "streamed_rows_" +
                              testing::UnitTest::GetInstance()->current_test_info()->name();
  worker_contract::TrainingSpec spec_;
  const std::atomic<bool> stop_{false};
};

TEST_F(Stream, AnyNumberOfRanksSeesTheSameBatchesBitByBit) {
  write(9, 13);
  const auto one = see(1, 0, 24);
  const auto inputs = batches(one, &Seen::inputs), targets = batches(one, &Seen::targets);
  for (const int ranks : {2, 3}) {
    const auto more = see(ranks, 0, 24);
    const auto theirs = batches(more, &Seen::inputs), labels = batches(more, &Seen::targets);
    for (size_t step = 0; step < inputs.size(); ++step) {
      EXPECT_TRUE(theirs[step].equal(inputs[step])) << ranks << " ranks, step " << step;
      EXPECT_TRUE(labels[step].equal(targets[step])) << ranks << " ranks, step " << step;
    }
  }
}

TEST_F(Stream, AnEpochHasEveryRowOnceWithItsLabelAndEachEpochAnOrderOfItsOwn) {
  write(9, 13);
  const auto ranks = see(2, 0, 24);  // two epochs of 117 rows
  const auto inputs = batches(ranks, &Seen::inputs), targets = batches(ranks, &Seen::targets);
  std::vector<float> all(117);
  std::iota(all.begin(), all.end(), 0.0F);
  std::vector<std::vector<float>> epochs(2);
  for (size_t step = 0; step < 24; ++step) {
    EXPECT_TRUE(inputs[step].flatten().remainder(3).to(at::kLong).equal(targets[step]));
    const auto rows = values(inputs[step]);
    epochs[step / 12].insert(epochs[step / 12].end(), rows.begin(), rows.end());
  }
  EXPECT_NE(epochs[0], epochs[1]);
  for (auto& epoch : epochs) {
    EXPECT_NE(epoch, all);
    std::sort(epoch.begin(), epoch.end());
    EXPECT_EQ(epoch, all);
  }
}

TEST_F(Stream, FromTheMiddleOfAnEpochItGoesOnAsItWouldHave) {
  write(9, 13);
  const auto whole = batches(see(2, 0, 24), &Seen::inputs);
  const auto rest = batches(see(2, 7, 24), &Seen::inputs);
  for (size_t i = 0; i < rest.size(); ++i) EXPECT_TRUE(rest[i].equal(whole[i + 7])) << i;
}

TEST_F(Stream, HoldsNoMoreThanTheMemoryOfADataSetThatIsLarger) {
  write(100, 100, 50);  // 10,000 rows of 208 bytes: 2 MiB
  spec_.data.streaming.shuffle_window = 400;
  spec_.batch_size = 100;
  for (const int ranks : {1, 2}) {
    const auto seen = see(ranks, 0, 200);
    for (const auto& rank : seen)
      EXPECT_THAT(rank.most_bytes_held, AllOf(testing::Gt(50 << 10), Le(1 << 20)));
    EXPECT_EQ(seen[0].inputs.size(), 200);
  }
}

TEST_F(Stream, AMemoryThatMayBeTooLittleIsRefusedWithWhatIsEnough) {
  write(4, 3000, 50);
  spec_.data.streaming.shuffle_window = 100;
  data::Store store({}, {});
  auto stream = StreamedData::open(store, spec_).value();
  auto steps = model::Preprocessing::bind({}, stream->header().columns, "p").value();
  RawData raw;
  ASSERT_TRUE(stream->scan(steps, 0, 1, raw.bad_rows, stop_));
  dist::as_ranks(1,
                 [&](dist::ProcessGroup& group) { ASSERT_TRUE(stream->merge(group, steps, raw)); });
  EXPECT_EQ(stream->check_memory(208).error().message(),
            "spec.training.data.streaming.memoryMiB: found 1, allowed are 2 and more: that is what "
            "6198 rows take, which a step may need at once with a shuffleWindow of 100 rows and "
            "row groups or files of up to 3000; make one of these smaller");
  EXPECT_TRUE(stream->check_memory(100));
}

// What memoryMiB bounds is counted before a row is read.
TEST_F(Stream, ABlockTakesWhatIsCountedForItsRowsWhateverTheGoal) {
  std::ofstream(folder_ + "/a.csv") << "y,near,far,x0,x1\n0,1,0,2,3\n1,0,0,4,1\n2,1,1,0,1\n";
  for (const char* goal : {"Classification", "Regression", "MultiLabel", "NextToken"}) {
    const bool of_tokens = goal == std::string("NextToken");
    spec_.goal.name = goal;
    spec_.data.labels.clear();
    if (goal == std::string("Regression")) spec_.data.labels = {"y"};
    if (goal == std::string("MultiLabel")) spec_.data.labels = {"near", "far"};
    spec_.data.label = spec_.data.labels.empty() ? "y" : "";
    data::Store store({}, {});
    auto stream = StreamedData::open(store, spec_).value();
    auto steps = model::Preprocessing::bind({}, stream->header().columns, "p").value();
    RawData raw;
    ASSERT_TRUE(stream->scan(steps, 0, 1, raw.bad_rows, stop_));
    dist::as_ranks(
        1, [&](dist::ProcessGroup& group) { ASSERT_TRUE(stream->merge(group, steps, raw)); });
    auto& table = stream->table();
    auto read = table.read(table.blocks().front(), raw.train, of_tokens).value();
    auto samples = prepare_samples(std::move(read), steps, stream->labels().targets()).value();
    if (of_tokens) aim_at_next_tokens(samples, std::nullopt);
    const auto& kept = samples.table;
    auto bytes = static_cast<int64_t>(kept.values.size() * sizeof(float) +
                                      kept.labels.size() * sizeof(int64_t) +
                                      kept.targets.size() * sizeof(double));
    if (samples.targets.const_data_ptr() != kept.labels.data())
      bytes += static_cast<int64_t>(samples.targets.nbytes());
    const auto columns = steps.value_names().size();
    EXPECT_EQ(bytes, 3 * row_bytes_of(table, columns, of_tokens)) << goal;
  }
}

TEST_F(Stream, OnlyOneRankHavingFilesTheOthersLearnFromThemToo) {
  write(1, 40);
  const auto one = batches(see(1, 0, 4), &Seen::inputs);
  const auto three = batches(see(3, 0, 4), &Seen::inputs);
  for (size_t step = 0; step < 4; ++step) EXPECT_TRUE(three[step].equal(one[step]));
}

TEST_F(Stream, WhereRowsAreFromIsKnownOnEachRankInTheOrderOfTheData) {
  write(3, 20);
  std::mutex mutex;
  std::vector<std::vector<data::RowOrigin>> told;
  std::vector<float> rows;
  on_ranks(2, [&](dist::ProcessGroup& group, StreamedRows& stream) {
    const int64_t own = stream.begin(1).value();
    const auto chosen = at::ones({10}, at::kDouble);
    auto origins = stream.origins(1, chosen);
    ASSERT_TRUE(origins);
    std::lock_guard lock(mutex);
    told.push_back(*origins);
    const auto mine = values(stream.inputs(0, own));
    rows.insert(rows.end(), mine.begin(), mine.end());
    static_cast<void>(group);
  });
  std::sort(rows.begin(), rows.end());
  std::vector<data::RowOrigin> wanted;
  for (const float row : rows) {
    const auto at = static_cast<int64_t>(row);
    wanted.push_back(
        {"file://" + folder_ + "/" + std::to_string(1000 + at / 20) + ".csv",
         "row " + std::to_string(at % 20 + 1) + " (line " + std::to_string(at % 20 + 2) + ")"});
  }
  ASSERT_EQ(told.size(), 2);
  EXPECT_EQ(told[0], wanted);
  EXPECT_EQ(told[1], wanted);
}

// Weights 1, 2 and 3 of the classes: the sum over a batch that no rank has whole.
TEST_F(Stream, WhatAWeightedLossIsDividedByIsThatOfTheWholeBatch) {
  write(9, 13);
  const auto batch = batches(see(1, 0, 1), &Seen::targets).front();
  const double wanted = (batch + 1).sum().item<double>();
  on_ranks(3, [&](dist::ProcessGroup&, StreamedRows& stream) {
    ASSERT_TRUE(stream.begin(0));
    EXPECT_EQ(stream.divisor(CrossEntropy(0, {1, 2, 3})).value(), wanted);
  });
}

}  // namespace
}  // namespace cresset::train::streamed_rows_test
