#include "worker/train/supervise/zygote.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <set>
#include <thread>

#include "tests/unit/worker/train/supervise/fake_rank.h"
#include "worker/train/supervise/zygote_wire.h"

namespace cresset::train::zygote_test {
namespace {

void say(const RankContext& context, const std::string& line) {
  const std::string text = line + "\n";
  ASSERT_EQ(write(context.progress_fd, text.data(), text.size()),
            static_cast<ssize_t>(text.size()));
}

// What a rank does is named by `store`, which the fake needs for nothing else.
int told_rank(const RankContext& context) {
  if (context.store == "exit") return 40 + context.local_rank;
  if (context.store == "crash") raise(SIGABRT);
  if (context.store == "say") {
    say(context, context.secret + " " + std::to_string(context.rank) + " of " +
                     std::to_string(context.world_size));
    return 0;
  }
  // Ends there and then: a flag that is set between a look at it and pause() would be missed.
  signal(SIGTERM, [](int) { _exit(13); });
  say(context, std::to_string(getpid()));
  accept_stop_signals();
  for (;;) pause();
}

std::string read_line(int fd) {
  std::string line;
  for (char c = 0; read(fd, &c, 1) == 1 && c != '\n';) line += c;
  return line;
}

class ZygoteTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto started = Zygote::start(told_rank);
    ASSERT_TRUE(started) << started.error().message();
    zygote_ = std::move(*started);
  }
  void start(const std::string& what, int local_rank = 0, int round = 1) {
    ASSERT_TRUE(zygote_->start_rank({.round = round,
                                     .rank = 10 + local_rank,
                                     .local_rank = local_rank,
                                     .world_size = 20,
                                     .store = what,
                                     .secret = "s"}));
  }
  std::unique_ptr<Zygote> zygote_;
};

TEST_F(ZygoteTest, TellsTheExitCodeOfEachRank) {
  start("exit", 0);
  start("exit", 1);
  std::set<int> codes;
  for (int i = 0; i < 2; ++i) codes.insert(zygote_->next_exit().value().code);
  EXPECT_EQ(codes, (std::set<int>{40, 41}));
}

TEST_F(ZygoteTest, TellsTheSignalThatKilledARank) {
  start("crash", 3, 7);
  EXPECT_EQ(zygote_->next_exit(), (RankExit{7, 3, 0, SIGABRT}));
}

TEST_F(ZygoteTest, ARankKnowsItsContextAndWritesProgress) {
  start("say", 2);
  EXPECT_EQ(read_line(zygote_->progress_fd()), "s 12 of 20");
  EXPECT_EQ(zygote_->next_exit().value().code, 0);
}

TEST_F(ZygoteTest, ASignalReachesEveryRankEvenBeforeItListens) {
  start("wait", 0);
  start("wait", 1);
  ASSERT_TRUE(zygote_->signal_ranks(SIGTERM));
  EXPECT_EQ(zygote_->next_exit().value().code, 13);
  EXPECT_EQ(zygote_->next_exit().value().code, 13);
}

TEST_F(ZygoteTest, KilledRanksAreReplacedAtOnce) {
  for (int round = 1; round <= 20; ++round) {
    start("wait", 0, round);
    read_line(zygote_->progress_fd());
    ASSERT_TRUE(zygote_->signal_ranks(SIGKILL));
    EXPECT_EQ(zygote_->next_exit(), (RankExit{round, 0, 0, SIGKILL}));
  }
}

TEST_F(ZygoteTest, TheRanksEndWithTheZygote) {
  start("wait");
  const pid_t rank = std::stoi(read_line(zygote_->progress_fd()));
  EXPECT_FALSE(is_dead(rank));
  kill(zygote_->pid(), SIGKILL);
  EXPECT_EQ(zygote_->next_exit(), std::nullopt);
  EXPECT_EQ(read_line(zygote_->progress_fd()), "") << "the pipe's last writer is gone";
  EXPECT_TRUE(wait_until_dead(rank));
  EXPECT_FALSE(zygote_->start_rank({}));
}

TEST_F(ZygoteTest, EndEndsRanksToo) {
  start("wait");
  const pid_t rank = std::stoi(read_line(zygote_->progress_fd()));
  zygote_->end();
  EXPECT_EQ(read_line(zygote_->progress_fd()), "");
  EXPECT_TRUE(wait_until_dead(rank));
}

TEST(ZygoteStart, RefusesAProcessThatHasThreads) {
  std::atomic<bool> done = false;
  std::thread other([&] { done.wait(false); });
  const auto zygote = Zygote::start(told_rank);
  done = true;
  done.notify_all();
  other.join();
  ASSERT_FALSE(zygote);
  EXPECT_NE(zygote.error().message().find("before any thread"), std::string::npos);
}

TEST(ZygoteWords, ComeBackAsTheyWere) {
  const RankContext context{.round = 3,
                            .rank = 5,
                            .local_rank = 1,
                            .world_size = 8,
                            .store = "10.0.0.1:29500",
                            .secret = "\"s\n",
                            .bind_host = "10.0.0.2",
                            .progress_fd = 7,
                            .last_words_path = "/tmp/w",
                            .memory_directory = "/dev/shm/c"};
  const auto word = decode_word(encode(ZygoteWord(StartWord{context})));
  ASSERT_TRUE(word);
  EXPECT_EQ(encode(*word), encode(ZygoteWord(StartWord{context})));
  const RankContext& back = std::get<StartWord>(*word).context;
  EXPECT_EQ(back.secret, context.secret);
  EXPECT_EQ(back.memory_directory, context.memory_directory);
  EXPECT_EQ(back.progress_fd, 7);
  EXPECT_EQ(std::get<SignalWord>(*decode_word(encode(ZygoteWord(SignalWord{9})))).signal, 9);
  EXPECT_EQ(*decode_exit(encode(RankExit{1, 2, 3, 4})), (RankExit{1, 2, 3, 4}));
  EXPECT_FALSE(decode_word("{}"));
  EXPECT_FALSE(decode_word("nonsense"));
}

}  // namespace
}  // namespace cresset::train::zygote_test
