#include "operator/cli/log_line.h"

#include <gtest/gtest.h>

namespace cresset::cli::log_line_test {
namespace {

constexpr char kWritten[] =
    R"({"time":"2026-01-01T12:00:01.250000Z","level":"info","message":"checkpoint written","rank":3,"round":2,"step":20,"uri":"s3://a"})";
constexpr char kBroken[] =
    R"({"time":"2026-01-01T12:00:01.250000Z","level":"error","message":"round broken","worker":1})";

TEST(ShownLine, HasTheRankTheTimeTheLevelAndTheFields) {
  EXPECT_EQ(shown_line(kWritten, 1, {}),
            "rank 3 | 12:00:01.250 info  checkpoint written  round=2  step=20  uri=s3://a");
}

TEST(ShownLine, OfNoRankIsOfTheWorker) {
  EXPECT_EQ(shown_line(kBroken, 1, {}), "worker 1 | 12:00:01.250 error round broken");
}

TEST(ShownLine, ThatIsNoneOfCressetIsShownAsItIs) {
  for (const char* text : {"terminate called", "{broken", R"({"epoch": 3})", "[1]", ""})
    EXPECT_EQ(shown_line(text, 1, {}), std::string("worker 1 | ") + text);
}

TEST(ShownLine, InColourHasOneForEachRankAndOneForWhatIsWrong) {
  EXPECT_TRUE(shown_line(kWritten, 1, {.colour = true})
                  .starts_with("\033[34mrank 3\033[0m | 12:00:01.250 info  checkpoint"));
  EXPECT_EQ(shown_line(kBroken, 1, {.colour = true}),
            "\033[32mworker 1\033[0m | 12:00:01.250 \033[31merror\033[0m round broken");
}

TEST(ShownLine, RawIsAsItWasWrittenInColourToo) {
  EXPECT_EQ(shown_line(kWritten, 1, {.raw = true, .colour = true}), kWritten);
}

TEST(RankOf, IsWhatALineOfCressetTells) {
  EXPECT_EQ(rank_of(kWritten), 3);
  EXPECT_EQ(rank_of(kBroken), std::nullopt);
  EXPECT_EQ(rank_of(R"({"rank": 3})"), std::nullopt);
  EXPECT_EQ(rank_of("rank 3"), std::nullopt);
}

}  // namespace
}  // namespace cresset::cli::log_line_test
