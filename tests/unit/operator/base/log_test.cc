#include "operator/base/log.h"

#include <gmock/gmock.h>

#include <mutex>
#include <thread>

#include "operator/base/json.h"

namespace cresset::base {
namespace {

class Logging : public ::testing::Test {
 protected:
  Log log(LogLevel least) {
    return Log(least, [this](LogLevel level, const std::string& line) {
      std::lock_guard lock(mutex_);
      levels_.push_back(level);
      lines_.push_back(*parse_json(line));
    });
  }
  std::mutex mutex_;
  std::vector<LogLevel> levels_;
  std::vector<Json> lines_;
};

TEST_F(Logging, WritesOneJsonObjectALine) {
  log(LogLevel::kDebug)
      .info("pod created", {{"pod", "a\"b\n"}, {"n", 3}, {"share", 0.5}, {"ok", true}});
  ASSERT_EQ(lines_.size(), 1u);
  EXPECT_EQ(lines_[0].at("level"), "info");
  EXPECT_EQ(lines_[0].at("message"), "pod created");
  EXPECT_EQ(lines_[0].at("pod"), "a\"b\n");
  EXPECT_EQ(lines_[0].at("n"), 3);
  EXPECT_EQ(lines_[0].at("share"), 0.5);
  EXPECT_EQ(lines_[0].at("ok"), true);
  EXPECT_THAT(lines_[0].at("time").get<std::string>(), ::testing::EndsWith("Z"));
}

TEST_F(Logging, PassesContextDown) {
  const Log root = log(LogLevel::kInfo);
  const Log child = root.with({{"ns", "a"}}).with({{"name", "b"}});
  child.warn("w", {{"k", 1}});
  root.error("e");
  EXPECT_EQ(lines_[0].at("ns"), "a");
  EXPECT_EQ(lines_[0].at("name"), "b");
  EXPECT_EQ(lines_[0].at("k"), 1);
  EXPECT_FALSE(lines_[1].contains("ns"));
}

TEST_F(Logging, SaysInEveryLineWhatItsThreadIsWorkingOn) {
  const Log made_before = log(LogLevel::kInfo).with({{"part", "client"}});
  {
    const LogScope work(LogFields{{"name", "a"}, {"id", 7}});
    made_before.warn("during", {{"k", 1}});
    {
      const LogScope step(LogFields{{"step", "b"}});
      made_before.warn("within");
    }
    made_before.warn("again");
  }
  made_before.warn("after");
  ASSERT_EQ(lines_.size(), 4U);
  for (const int line : {0, 1, 2}) {
    EXPECT_EQ(lines_[line].at("part"), "client");
    EXPECT_EQ(lines_[line].at("name"), "a");
    EXPECT_EQ(lines_[line].at("id"), 7);
    EXPECT_EQ(lines_[line].contains("step"), line == 1);
  }
  EXPECT_EQ(lines_[0].at("k"), 1);
  EXPECT_FALSE(lines_[3].contains("name"));
}

TEST_F(Logging, SaysItOnNoOtherThreadButOneThatWasHandedIt) {
  const Log root = log(LogLevel::kInfo);
  const LogScope work(LogFields{{"name", "a"}});
  std::jthread([&] { root.info("stranger"); }).join();
  std::jthread([&, fields = LogFields::of_this_thread()] {
    const LogScope scope(fields);
    root.info("helper");
  }).join();
  ASSERT_EQ(lines_.size(), 2U);
  EXPECT_FALSE(lines_[0].contains("name"));
  EXPECT_EQ(lines_[1].at("name"), "a");
}

TEST_F(Logging, DropsWhatIsBelowItsLevel) {
  const Log warn = log(LogLevel::kWarn);
  warn.debug("no");
  warn.info("no");
  warn.warn("yes");
  warn.error("yes");
  EXPECT_EQ(levels_, (std::vector{LogLevel::kWarn, LogLevel::kError}));
}

TEST_F(Logging, StaysJsonWhateverTheBytes) {
  log(LogLevel::kInfo).info("m", {{"bytes", std::string("\xff\xfe\x00", 3)}});
  EXPECT_EQ(lines_.size(), 1u);
}

TEST(SilentLog, WritesNothing) { silent().error("nobody hears this"); }

}  // namespace
}  // namespace cresset::base
