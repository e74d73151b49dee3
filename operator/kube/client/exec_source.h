#pragma once
// ExecSource: the credential of a client whose kubeconfig names a plugin. The plugin runs on the
// thread that asks, when there is no credential, when it ends within ten seconds, or when the
// server refused it; one run at a time, whose end all who ask meanwhile wait for and share. It is
// not started again within a second of its last end, whatever that was. Owned by the Exchange; any
// thread but that of an HTTP client.

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>

#include "operator/base/clock.h"
#include "operator/kube/client/exec_answer.h"
#include "operator/kube/client/exec_plugin.h"

namespace cresset::kube {

class ExecSource {
 public:
  // What the plugin printed.
  using Run = std::function<base::Result<std::string>(std::stop_token stop)>;

  ExecSource(ExecPlugin plugin, base::Clock& clock, Run run);
  base::Result<Credential> current(std::stop_token stop);
  // Whether another credential than this may be had by asking again. An Error: the plugin failed.
  base::Result<bool> refused(const Credential& credential, std::stop_token stop);

 private:
  using Lock = std::unique_lock<std::mutex>;
  bool is_fresh() const;
  bool ran_just_now() const;
  base::Result<Credential> renew(Lock& lock, std::stop_token stop);
  base::Result<void> run_once(Lock& lock, const std::stop_token& stop);
  base::Result<ExecAnswer> ask_unlocked(Lock& lock, const std::stop_token& stop);
  base::Result<ExecAnswer> ask(std::stop_token stop) const;

  const ExecPlugin plugin_;
  base::Clock& clock_;
  const Run run_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool running_ = false;
  bool is_refused_ = false;
  uint64_t turn_ = 0;  // of the last run that was not stopped
  std::optional<base::Result<ExecAnswer>> last_;
  base::MonoTime ended_;
};

}  // namespace cresset::kube
