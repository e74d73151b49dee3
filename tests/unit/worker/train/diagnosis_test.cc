// Trainings that diverge, in real processes: all ranks say the same of it, however many there are.
#include "worker/train/diagnosis.h"

#include <gmock/gmock.h>

#include <set>

#include "tests/unit/worker/train/group_of_workers.h"

namespace cresset::train::diagnosis_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using worker_contract::kExitBadInput;

class Divergence : public Workers {
 protected:
  void SetUp() override {
    Workers::SetUp();
    config_.training.model.dropout = 0;
    config_.uid = "";
    config_.checkpoint.reset();
    config_.training.optimizer.name = "sgd";
    config_.training.preprocess.clear();
    config_.training.data.validation_fraction = 0;
  }
  // Row 101 of file "far.csv".
  void add_row(const std::string& row) {
    std::filesystem::copy_file(folder_ + "/points.csv", folder_ + "/far.csv");
    std::ofstream(folder_ + "/far.csv", std::ios::app) << row << "\n";
    config_.training.data.train_uri = uri("far.csv");
  }
  // What all ranks say, the same for 1, 2 and 3 of them.
  std::string told() {
    std::set<std::string> words;
    for (int ranks = 1; ranks <= 3; ++ranks) {
      start(ranks);
      for (int rank = 0; rank < ranks; ++rank) {
        EXPECT_EQ(wait(rank), kExitBadInput);
        words.insert(last_words(rank).error);
      }
    }
    EXPECT_EQ(words.size(), 1U) << testing::PrintToString(words);
    return *words.begin();
  }
};

TEST_F(Divergence, OfTooGreatALearningRateIsToldWithItsStepAndLayerAndWhatToDo) {
  config_.training.optimizer.learning_rate = 1000;
  config_.training.model.hidden = {16, 16, 16};
  EXPECT_EQ(
      told(),
      R"(training diverged in step 5 of 30: the output of layer "2" is not finite for all 19 rows of the batch; no row that was learned from stands out; lower spec.training.optimizer.learningRate (1000), set spec.training.gradient.clipNorm)");
}

TEST_F(Divergence, OfOneRowIsToldWithItsPlaceInTheFileAndItsColumn) {
  add_row("1e30,0.5,right");
  EXPECT_EQ(told(),
            "training diverged in step 2 of 30: the output of layer \"2\" is not finite for all 19 "
            "rows of the batch; row 101 (line 102) of " +
                uri("far.csv") +
                ", which step 1 learned from, stands out: it has 1e+30 in column \"x\" after "
                "spec.training.preprocess, half of the rows nothing beyond 0.722; repair or remove "
                "it, or scale the column");
}

TEST_F(Divergence, OfOneRowThatIsOfTheBatchNamesTheLayerThatItWasTooMuchFor) {
  add_row("3.1e38,3e38,right");
  config_.training.data.validation_fraction = 0.2;  // so that rows are not where they lie
  config_.training.model.hidden = {256};
  EXPECT_EQ(told(),
            "training diverged in step 3 of 25: the output of layer \"0\" is not finite for 1 "
            "of the 19 rows of the batch (row 101 (line 102) of " +
                uri("far.csv") +
                "); row 101 (line 102) stands out: it has 3.1e+38 in column \"x\" after "
                "spec.training.preprocess, half of the rows nothing beyond 0.682; repair or remove "
                "it, or scale the column");
}

// The row that stands out is in the second of three files, behind rows that are left out; and rows
// are where they lie in no table, since some are held back for validation.
class DivergenceOfFiles : public Divergence {
 protected:
  void SetUp() override {
    Divergence::SetUp();
    std::filesystem::create_directories(folder_ + "/many");
    write("a.csv", 40, "");
    write("b.csv", 30, "abc,1,p1,left\n\n1,2\n3.1e38,3e38,far,right\n");
    write("c.csv", 30, "");
    config_.training.model.hidden = {256};
    config_.training.data.train_uri = uri("many/*.csv");
    config_.training.data.features = {"x", "y"};
    config_.training.data.bad_rows.limit = 3;
    config_.training.data.validation_fraction = 0.2;
  }
  void write(const std::string& name, int rows, const std::string& more) {
    std::ofstream file(folder_ + "/many/" + name);
    file << "x,y,who,side\n";
    for (int row = 0; row < rows; ++row)
      file << (row % 7 - 3) / 3.0 << "," << (row % 5 - 2) / 2.0 << ",p" << row % 10 << ","
           << (row % 2 ? "left" : "right") << "\n";
    file << more;
  }
  // Of 30 rows come a header, a bad row, an empty line and a line that is no row.
  std::string of_the_row() const {
    return "(row 32 (line 35) of " + uri("many/b.csv") + "); row 32 (line 35) stands out";
  }
};

TEST_F(DivergenceOfFiles, NamesTheFileOfTheRowAndItsLineThere) {
  EXPECT_THAT(told(), HasSubstr(of_the_row()));
}

TEST_F(DivergenceOfFiles, SplitByAColumnNamesTheSame) {
  config_.training.data.validation_split_by = "who";
  EXPECT_THAT(told(), HasSubstr(of_the_row()));
}

TEST_F(DivergenceOfFiles, WithAFileToValidateWithNamesTheSame) {
  config_.training.data.validation_fraction = 0;
  config_.training.data.validation_uri = uri("many/c.csv");
  EXPECT_THAT(told(), HasSubstr(of_the_row()));
}

TEST_F(DivergenceOfFiles, StreamedNamesTheSame) {
  config_.training.data.validation_fraction = 0;
  config_.training.data.streaming = {.shuffle_window = 50, .memory_mib = 1};
  EXPECT_THAT(told(), HasSubstr(of_the_row()));
}

TEST_F(Divergence, OfStreamedRowsNamesARowThatAnEarlierStepLearnedFrom) {
  add_row("1e30,0.5,right");
  config_.training.data.streaming = {.shuffle_window = 50, .memory_mib = 1};
  EXPECT_THAT(told(), HasSubstr("row 101 (line 102) of " + uri("far.csv") + ", which step "));
}

TEST_F(Divergence, OfStreamedRowsSaysHowManyStepsWereSearched) {
  config_.training.optimizer.learning_rate = 1000;
  config_.training.model.hidden = {16, 16, 16};
  config_.training.data.streaming = {.shuffle_window = 50, .memory_mib = 1};
  EXPECT_THAT(told(), testing::ContainsRegex("no row of the newest [0-9]+ steps stands out; lower "
                                             "spec.training.optimizer.learningRate .1000."));
}

TEST_F(Divergence, InFp16IsToldWhenNoScaleOfTheLossHelps) {
  add_row("1e6,1,right");
  config_.training.precision = "fp16";
  config_.training.batch_size = 101;  // so that no step counts
  config_.training.epochs = 40;
  EXPECT_EQ(told(),
            "the gradients are not finite at any scale of the loss: training diverged, or "
            "spec.training.precision fp16 is too narrow for it; bf16 and fp32 have a larger range: "
            "training diverged in step 33 of 40: the output of layer \"0\" is not finite for 1 of "
            "the 101 rows of the batch (row 101 (line 102) of " +
                uri("far.csv") +
                "); row 101 (line 102) stands out: it has 1e+06 in column \"x\" after "
                "spec.training.preprocess, half of the rows nothing beyond 0.722; repair or remove "
                "it, or scale the column");
}

TEST_F(Divergence, OfFeaturesThatAreAllTooLargeIsToldToStandardizeThem) {
  std::ofstream(folder_ + "/points.csv") << "x,side\n3e38,0\n-3e38,1\n3e38,1\n2e38,0\n";
  config_.training.model.hidden = {512, 512};
  EXPECT_THAT(told(), AllOf(HasSubstr("no row that was learned from stands out; lower "
                                      "spec.training.optimizer.learningRate (0.02)"),
                            HasSubstr("or standardize the features in spec.training.preprocess: "
                                      "half of the rows have 3e+38 or more")));
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/models"));
}

}  // namespace
}  // namespace cresset::train::diagnosis_test
