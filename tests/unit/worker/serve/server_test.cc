// The real binary as a process: its start, its answers, its end.
#include "worker/serve/server.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "operator/base/file.h"
#include "operator/net/client/http_client.h"
#include "tests/unit/worker/serve/served_model.h"

namespace cresset::serve {
namespace {

using testing::ServedModel;

// `cresset-worker serve`, told by CRESSET_CONFIG; its log is read line by line.
class Process {
 public:
  Process(const worker_contract::ServeConfig& config, const std::string& last_words) {
    int ends[2];
    if (pipe(ends) != 0) throw std::runtime_error("no pipe");
    const std::string told = base::dump(worker_contract::encode(config));
    const std::string binary = base::environment("CRESSET_WORKER").value_or("cresset-worker");
    pid_ = fork();
    if (pid_ == 0) {
      dup2(ends[1], STDERR_FILENO);
      close(ends[0]);
      setenv(worker_contract::kConfigEnv, told.c_str(), 1);
      execl(binary.c_str(), binary.c_str(), "serve", "--address", "127.0.0.1", "--port", "0",
            "--last-words", last_words.c_str(), nullptr);
      _exit(127);
    }
    close(ends[1]);
    log_ = fdopen(ends[0], "r");
  }
  ~Process() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      wait_for_exit();
    }
    fclose(log_);
  }
  // The log line with this message, or null at the end of the log.
  base::Json line(const std::string& message) {
    char* text = nullptr;
    size_t capacity = 0;
    base::Json found;
    while (found.is_null() && getline(&text, &capacity, log_) > 0) {
      seen_ += text;
      auto parsed = base::Json::parse(text, nullptr, false);
      if (!parsed.is_discarded() && parsed.value("message", "") == message)
        found = std::move(parsed);
    }
    free(text);
    return found;
  }
  void stop() { kill(pid_, SIGTERM); }
  int wait_for_exit() {
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  const std::string& seen() const { return seen_; }

 private:
  pid_t pid_ = -1;
  FILE* log_ = nullptr;
  std::string seen_;
};

worker_contract::ServeConfig config_of(const ServedModel& served) {
  worker_contract::ServeConfig config;
  config.ns = "here";
  config.name = "four";
  config.revision = "four-1";
  config.model_uri = served.uri();
  config.model_digest = served.digest();
  config.drain_seconds = 1;
  return config;
}

TEST(Server, AnswersOnceReadyAndLeavesWithZeroOnSigterm) {
  ServedModel served;
  Process process(config_of(served), served.folder() + "/words");
  const auto listening = process.line("listening");
  ASSERT_FALSE(listening.is_null()) << process.seen();
  const std::string url = "http://127.0.0.1:" + std::to_string(listening["port"].get<int>());
  net::HttpClient client;
  const auto live = client.send({.url = url + "/v2/health/live"});
  ASSERT_TRUE(live);
  EXPECT_EQ(live->status, 200);
  ASSERT_FALSE(process.line("model ready").is_null()) << process.seen();
  EXPECT_EQ(client.send({.url = url + "/v2/health/ready"})->status, 200);
  const auto answer = client.send(
      {.method = "POST",
       .url = url + "/v2/models/four/versions/7/infer",
       .body =
           R"({"inputs":[{"name":"input","shape":[1,4],"datatype":"FP32","data":[100,200,300,400]}]})"});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200) << answer->body;
  process.stop();
  ASSERT_FALSE(process.line("drained").is_null()) << process.seen();
  EXPECT_EQ(process.wait_for_exit(), worker_contract::kExitSuccess);
}

TEST(Server, AnAlteredModelEndsItWithWordsAndTheCodeOfBadInput) {
  ServedModel served;
  {
    std::fstream weights(served.file("weights.safetensors"),
                         std::ios::in | std::ios::out | std::ios::binary);
    weights.seekp(-1, std::ios::end);
    weights.put('\x55');
  }
  const std::string words = served.folder() + "/words";
  Process process(config_of(served), words);
  EXPECT_FALSE(process.line("serving failed").is_null()) << process.seen();
  EXPECT_EQ(process.wait_for_exit(), worker_contract::kExitBadInput);
  for (const std::string& named :
       {std::string("weights.safetensors"), "spec.model " + served.uri() + ": "})
    EXPECT_NE(base::read_file(words)->find(named), std::string::npos) << *base::read_file(words);
}

}  // namespace
}  // namespace cresset::serve
