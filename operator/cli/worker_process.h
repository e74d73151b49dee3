#pragma once
// WorkerProcess: one `cresset-worker train` on this machine, in a process group of its own (a
// Ctrl-C in the terminal is ours to handle), ended by the kernel if we are. Its standard output
// comes through a pipe, its log goes to a file. Forks, so it is used from a process with one
// thread. Owned by the run; the destructor kills and reaps what still lives.

#include <sys/types.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "operator/base/result.h"

namespace cresset::cli {

struct WorkerStart {
  std::string binary;
  std::map<std::string, std::string> environment;  // over our own
  std::string log_path;
  std::string last_words_path;
};

class WorkerProcess {
 public:
  static base::Result<std::unique_ptr<WorkerProcess>> start(const WorkerStart& start);
  ~WorkerProcess();
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  pid_t pid() const { return pid_; }
  int output_fd() const { return output_; }
  bool alive() const { return alive_; }
  void signal(int signal) const;
  // When it has ended: its exit code, or 128 + the signal that killed it. Does not wait.
  bool ended(int& code);
  // The whole lines that came since; empty strings never.
  std::vector<std::string> read_lines();

 private:
  WorkerProcess(pid_t pid, int output) : pid_(pid), output_(output) {}

  pid_t pid_;
  int output_;
  bool alive_ = true;
  std::string pending_;
};

}  // namespace cresset::cli
