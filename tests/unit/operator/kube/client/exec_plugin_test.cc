#include "operator/kube/client/exec_plugin.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "tests/unit/operator/kube/client/scratch.h"

namespace cresset::kube {
namespace {

using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class Plugins : public ::testing::Test {
 protected:
  Plugins() {
    plugin_.where = "config: users[\"me\"].user.exec";
    plugin_.command = scratch_.path("plugin");
    plugin_.info = "{}";
  }
  base::Result<std::string> run(const std::string& script, std::stop_token stop = {}) {
    scratch_.write("plugin", "#!/bin/sh\n" + script + "\n");
    chmod(plugin_.command.c_str(), 0755);
    return run_plugin(plugin_, limits_, stop);
  }
  std::string error_of(const std::string& script, std::stop_token stop = {}) {
    const auto printed = run(script, stop);
    return printed ? "no error" : printed.error().message();
  }
  std::string named(const std::string& did) { return plugin_.name() + " " + did; }

  Scratch scratch_;
  ExecPlugin plugin_;
  PluginLimits limits_{.time = 60s};
};

// Whoever of a script holds it open lives.
class Life {
 public:
  explicit Life(const std::string& path) : path_(path) {
    mkfifo(path.c_str(), 0600);
    file_ = open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  }
  ~Life() { close(file_); }
  Life(const Life&) = delete;
  Life& operator=(const Life&) = delete;
  // In a script, before it starts others.
  std::string hold() const { return "exec 9>" + path_ + "; printf x >&9; "; }
  // Waits until somebody holds it.
  void await_begin() {
    pollfd wanted{file_, POLLIN, 0};
    while (poll(&wanted, 1, -1) < 1) continue;
  }
  bool has_begun() {
    pollfd wanted{file_, POLLIN, 0};
    return poll(&wanted, 1, 0) == 1 && (wanted.revents & POLLIN) != 0;
  }
  // Waits until nobody holds it.
  void await_end() {
    char byte = 0;
    for (;;) {
      const ssize_t size = read(file_, &byte, 1);
      if (size == 0) return;
      pollfd wanted{file_, POLLIN, 0};
      if (size < 0) poll(&wanted, 1, -1);
    }
  }

 private:
  std::string path_;
  int file_ = -1;
};

TEST_F(Plugins, GetTheirArgumentsVariablesAndWhatTheyAreToldOfTheCluster) {
  plugin_.arguments = {"a b", "$HOME"};
  plugin_.environment = {{"EXTRA", "first"}, {"EXTRA", "last"}, {"HOME", "/else"}};
  plugin_.info = R"({"spec": {}})";
  const Variable ours("CRESSET_TEST_OURS", "ours");
  const auto printed = run(
      R"(printf '%s|%s|%s|%s|%s|%s' "$1" "$2" "$EXTRA" "$HOME" "$CRESSET_TEST_OURS" "$KUBERNETES_EXEC_INFO")");
  ASSERT_TRUE(printed) << printed.error().message();
  EXPECT_EQ(*printed, R"(a b|$HOME|last|/else|ours|{"spec": {}})");
}

TEST_F(Plugins, AreFoundInThePathAndHaveNoInputAndNoneOfOurFiles) {
  plugin_.command = "cat";
  EXPECT_EQ(run_plugin(plugin_, limits_, {}).value(), "");
  plugin_.command = "ls";
  plugin_.arguments = {"/proc/self/fd"};
  const int file = open("/dev/null", O_RDONLY);
  EXPECT_EQ(run_plugin(plugin_, limits_, {}).value(), "0\n1\n2\n3\n") << "3 is what ls reads";
  close(file);
}

TEST_F(Plugins, AreInAGroupAndASessionOfTheirOwnAndHaveNoTerminal) {
  const auto printed = run("echo $$ $$ 0; cut -d' ' -f5-7 /proc/$$/stat");
  ASSERT_TRUE(printed) << printed.error().message();
  const size_t end = printed->find('\n');
  EXPECT_EQ(printed->substr(0, end), printed->substr(end + 1, end)) << *printed;
}

TEST_F(Plugins, ThatFailAreNamedWithTheirCodeAndTheEndOfTheirErrors) {
  EXPECT_EQ(error_of("echo secret; printf 'no \\033[31m login\\n' >&2; exit 3"),
            named("exited with code 3; the end of its standard error: no [31m login"));
  EXPECT_EQ(error_of("exit 1"),
            named("exited with code 1 and wrote nothing to its standard error"));
  EXPECT_EQ(error_of("kill -9 $$"),
            named("was ended by signal 9 and wrote nothing to its standard error"));
  const auto much = error_of("seq 1 5000 >&2; exit 1");
  EXPECT_LT(much.size(), 1300U);
  EXPECT_THAT(much, EndsWith("4998 4999 5000"));
}

TEST_F(Plugins, ThatAreNotThereTellHowToInstallThem) {
  plugin_.install_hint = "install it with brew";
  plugin_.command = scratch_.path("none");
  const auto missing = run_plugin(plugin_, limits_, {});
  ASSERT_FALSE(missing);
  EXPECT_EQ(
      missing.error().message(),
      plugin_.name() + ": it cannot be started: No such file or directory; install it with brew");
  EXPECT_TRUE(base::is_retryable(missing.error())) << "it may be installed later";
  plugin_.command = scratch_.path("plugin");
  EXPECT_THAT(error_of("exec no-such-helper"), EndsWith("; install it with brew"));
  EXPECT_THAT(error_of("exit 1"), Not(HasSubstr("brew"))) << "it is there";
}

TEST_F(Plugins, ThatHangAreKilledWithAllThatTheyStarted) {
  for (limits_.time = 100ms;; limits_.time *= 2) {
    Life life(scratch_.path("life" + std::to_string(limits_.time.count())));
    const auto printed = run(life.hold() + "sleep 1000 & sleep 1000");
    ASSERT_FALSE(printed);
    EXPECT_EQ(printed.error().kind(), base::ErrorKind::kTimeout);
    EXPECT_THAT(printed.error().message(),
                StartsWith(named("was killed because it did not end within " +
                                 std::to_string(limits_.time.count()) + " ms")));
    if (!life.has_begun()) continue;  // this machine is slow today
    life.await_end();
    break;
  }
}

TEST_F(Plugins, ThatLeaveSomethingRunningAreNotWaitedForAndItIsKilled) {
  Life life(scratch_.path("life"));
  const auto printed = run(life.hold() + "sleep 1000 & printf done");
  ASSERT_TRUE(printed) << printed.error().message();
  EXPECT_EQ(*printed, "done");
  life.await_end();
}

TEST_F(Plugins, AreKilledWhenWeAreToldToStop) {
  Life life(scratch_.path("life"));
  std::stop_source stop;
  std::jthread stopper([&] {
    life.await_begin();
    stop.request_stop();
  });
  const auto printed = run(life.hold() + "sleep 1000 & sleep 1000", stop.get_token());
  ASSERT_FALSE(printed);
  EXPECT_TRUE(base::is_cancelled(printed.error())) << printed.error().message();
  life.await_end();
}

TEST_F(Plugins, ThatFloodAreKilledAtTheLimit) {
  limits_.output_bytes = 10000;
  EXPECT_THAT(error_of("while :; do echo 0123456789; done"),
              StartsWith(named("was killed because it wrote more than 10000 bytes to its standard "
                               "output")));
  EXPECT_THAT(error_of("while :; do echo 0123456789 >&2; done"),
              StartsWith(named("was killed because it wrote more than 10000 bytes to its standard "
                               "error; the end of its standard error: ")));
  EXPECT_EQ(run("head -c 10000 /dev/zero").value().size(), 10000U) << "the limit itself is allowed";
}

TEST_F(Plugins, ThatCloseTheirOutputEarlyAreWaitedFor) {
  EXPECT_THAT(error_of("printf x; exec >&- 2>&-; exit 4"), HasSubstr("exited with code 4"));
}

}  // namespace
}  // namespace cresset::kube
