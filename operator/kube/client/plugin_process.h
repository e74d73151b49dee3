#pragma once
// PluginProcess: a program in a session (and so a process group) of its own, without a terminal,
// whose output and errors come through pipes. Standard input is empty. The destructor kills the
// group and reaps its leader, so nothing that it started in its group outlives it. Not for sharing
// between threads.

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "operator/base/result.h"

namespace cresset::kube {

// An open file, closed with it.
class Handle {
 public:
  explicit Handle(int value = -1) : value_(value) {}
  Handle(Handle&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Handle& operator=(Handle&& other) noexcept;
  ~Handle() { close(); }
  int get() const { return value_; }
  void close();

 private:
  int value_;
};

class PluginProcess {
 public:
  // `arguments` begin with the program: a name for the PATH, or a path.
  static base::Result<PluginProcess> start(std::vector<std::string> arguments,
                                           std::vector<std::string> environment);
  PluginProcess(PluginProcess&& other) noexcept;
  PluginProcess& operator=(PluginProcess&&) = delete;
  ~PluginProcess() { end(); }

  const Handle& output() const { return output_; }  // these two do not block
  const Handle& errors() const { return errors_; }
  const Handle& exited() const { return exited_; }  // readable once the program has exited
  // Kills what is left of the group. The status of waitpid.
  int end();

 private:
  PluginProcess(pid_t pid, Handle output, Handle errors, Handle exited);

  pid_t pid_;
  Handle output_;
  Handle errors_;
  Handle exited_;
  int status_ = 0;
};

}  // namespace cresset::kube
