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

TEST(ShownLine, HasNothingThatATerminalObeys) {
  EXPECT_EQ(shown_line("\x1b]0;title\x07 two  spaces\tand a tab \xff", 1, {}),
            "worker 1 | ]0;title two  spaces\tand a tab ?");
  EXPECT_EQ(
      shown_line(
          R"({"time":"\u001b[2J","level":"\u001b[31m","message":"a\u001b[1mb\nc","k":"\u009bd"})",
          1, {}),
      "worker 1 | [2J [31m  a[1mb c  k=d");
}

TEST(ShownLine, IsOfSixteenKibibytesAtMost) {
  EXPECT_EQ(shown_line(std::string(1 << 20, 'x'), 1, {}).size(), (16U << 10) + 11);
}

TEST(RankOf, IsWhatALineOfCressetTells) {
  EXPECT_EQ(rank_of(kWritten), 3);
  EXPECT_EQ(rank_of(kBroken), std::nullopt);
  EXPECT_EQ(rank_of(R"({"rank": 3})"), std::nullopt);
  EXPECT_EQ(rank_of("rank 3"), std::nullopt);
  for (const char* rank : {"4294967296", "-1", "1000001", "18446744073709551615"})
    EXPECT_EQ(
        rank_of(R"({"time":"t","level":"info","message":"m","rank":)" + std::string(rank) + "}"),
        std::nullopt)
        << rank;
}

}  // namespace
}  // namespace cresset::cli::log_line_test
