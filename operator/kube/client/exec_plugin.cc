#include "operator/kube/client/exec_plugin.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>

#include "operator/base/clean_text.h"
#include "operator/kube/client/plugin_process.h"

namespace cresset::kube {

namespace {

using Deadline = std::chrono::steady_clock::time_point;

constexpr size_t kShownErrors = 1024;
constexpr int kNotExecutable = 126;
constexpr int kNotFound = 127;

std::vector<std::string> environment_of(const ExecPlugin& plugin) {
  std::map<std::string, std::string> all;
  const auto add = [&all](const std::string& entry) {
    const size_t equals = entry.find('=');
    if (equals != std::string::npos) all[entry.substr(0, equals)] = entry.substr(equals + 1);
  };
  for (char** entry = environ; *entry != nullptr; ++entry) add(*entry);
  for (const auto& [name, value] : plugin.environment) all[name] = value;
  all["KUBERNETES_EXEC_INFO"] = plugin.info;
  std::vector<std::string> entries;
  for (const auto& [name, value] : all) entries.push_back(name + "=" + value);
  return entries;
}

// What one of the two pipes gave: all of it for output, the end of it for errors.
class Stream {
 public:
  Stream(int file, size_t limit, size_t kept) : file_(file), limit_(limit), kept_(kept) {}
  // Takes what is there without waiting. False when it is more than allowed.
  bool take() {
    std::array<char, 16384> piece{};
    while (open_ && total_ <= limit_) {
      const ssize_t size = ::read(file_, piece.data(), piece.size());
      if (size < 0 && errno == EINTR) continue;
      if (size < 0 && errno == EAGAIN) break;
      open_ = size > 0;
      if (size <= 0) break;
      total_ += static_cast<size_t>(size);
      text_.append(piece.data(), static_cast<size_t>(size));
      if (text_.size() > 2 * kept_) text_.erase(0, text_.size() - kept_);
    }
    return total_ <= limit_;
  }
  pollfd wanted() const { return {open_ ? file_ : -1, POLLIN, 0}; }
  std::string& text() { return text_; }

 private:
  const int file_;
  const size_t limit_;
  const size_t kept_;
  size_t total_ = 0;
  bool open_ = true;
  std::string text_;
};

// Becomes readable when `stop` is asked.
class StopHandle {
 public:
  explicit StopHandle(std::stop_token stop)
      : file_(eventfd(0, EFD_CLOEXEC)), asked_(std::move(stop), Ask{file_.get()}) {}
  int get() const { return file_.get(); }

 private:
  struct Ask {
    int file;
    void operator()() const { eventfd_write(file, 1); }
  };
  Handle file_;
  std::stop_callback<Ask> asked_;
};

// One run: waits for the end of the program, of the time or of patience with its output.
class Run {
 public:
  Run(const ExecPlugin& plugin, const PluginLimits& limits, PluginProcess& process)
      : plugin_(plugin),
        limits_(limits),
        process_(process),
        output_(process.output().get(), limits.output_bytes, limits.output_bytes),
        errors_(process.errors().get(), limits.output_bytes, kShownErrors) {}

  base::Result<std::string> wait(std::stop_token stop) {
    const auto deadline = std::chrono::steady_clock::now() + limits_.time;
    const StopHandle stopped(std::move(stop));
    for (;;) {
      std::array<pollfd, 4> files{output_.wanted(), errors_.wanted(),
                                  pollfd{process_.exited().get(), POLLIN, 0},
                                  pollfd{stopped.get(), POLLIN, 0}};
      if (poll(files.data(), files.size(), milliseconds_to(deadline)) < 0 && errno != EINTR)
        return failed(base::unavailable("cannot be waited for"));
      const bool exited = (files[2].revents & POLLIN) != 0;
      if (!output_.take()) return failed(base::unavailable(too_much("standard output")));
      if (!errors_.take()) return failed(base::unavailable(too_much("standard error")));
      if (exited) return judged(process_.end());
      if ((files[3].revents & POLLIN) != 0) return failed(base::cancelled("was told to stop"));
      if (std::chrono::steady_clock::now() >= deadline)
        return failed(base::timed_out("was killed because it did not end within " +
                                      std::to_string(limits_.time.count()) + " ms"));
    }
  }

 private:
  static int milliseconds_to(Deadline deadline) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    return static_cast<int>(std::clamp<int64_t>(left.count(), 0, 3600000));
  }

  std::string too_much(const std::string& which) const {
    return "was killed because it wrote more than " + std::to_string(limits_.output_bytes) +
           " bytes to its " + which;
  }

  base::Result<std::string> judged(int status) {
    if (WIFSIGNALED(status))
      return failed(base::unavailable("was ended by signal " + std::to_string(WTERMSIG(status))));
    const int code = WEXITSTATUS(status);
    if (code == 0) return std::move(output_.text());
    const bool missing = code == kNotExecutable || code == kNotFound;
    return failed(base::unavailable("exited with code " + std::to_string(code)), missing);
  }

  base::Failure failed(const base::Error& did, bool missing = false) {
    errors_.take();
    std::string message = plugin_.name() + " " + did.message();
    const std::string said = base::clean_end(errors_.text(), kShownErrors);
    message += said.empty() ? " and wrote nothing to its standard error"
                            : "; the end of its standard error: " + said;
    if (missing && !plugin_.install_hint.empty()) message += "; " + plugin_.install_hint;
    return base::fail(base::Error(did.kind(), message));
  }

  const ExecPlugin& plugin_;
  const PluginLimits& limits_;
  PluginProcess& process_;
  Stream output_;
  Stream errors_;
};

}  // namespace

std::string ExecPlugin::name() const {
  return "the credential plugin \"" + base::clean_end(command, 256) + "\" (" + where + ")";
}

base::Result<std::string> run_plugin(const ExecPlugin& plugin, const PluginLimits& limits,
                                     std::stop_token stop) {
  std::vector<std::string> arguments{plugin.command};
  arguments.insert(arguments.end(), plugin.arguments.begin(), plugin.arguments.end());
  auto process = PluginProcess::start(std::move(arguments), environment_of(plugin));
  if (!process) {
    const std::string hint = plugin.install_hint.empty() ? "" : "; " + plugin.install_hint;
    return base::fail(base::unavailable(plugin.name() + ": " + process.error().message() + hint));
  }
  return Run(plugin, limits, *process).wait(std::move(stop));
}

}  // namespace cresset::kube
