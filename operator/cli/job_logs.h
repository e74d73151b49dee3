#pragma once
// JobLogs: the lines of all workers of a TrainingJob, merged (log_merge.h) and shown as they come.
// Following, it looks every two seconds for pods that were started since, as after a failure, reads
// on where a stream was cut, and ends when the job has ended and all was read. A thread for each
// pod that is read; run() blocks and shows on its own. Owned by logs_command.
//
//   JobLogs logs(client, read, clock, {.job = {"team", "digits"}}, show, tell);
//   CRESSET_TRY(failed, logs.run());

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "crds/training_job.h"
#include "operator/base/clock.h"
#include "operator/cli/log_line.h"
#include "operator/cli/log_merge.h"
#include "operator/kube/client/client.h"
#include "operator/kube/client/pod_logs.h"

namespace cresset::cli {

struct JobLogsOptions {
  kube::ObjectKey job;
  bool follow = false;
  std::optional<int> rank;  // lines that are of this one alone
  std::optional<int64_t> since_seconds;
  LogLook look;
};

class JobLogs {
 public:
  // kube::PodLogs::read.
  using Read =
      std::function<base::Result<void>(const kube::ObjectKey& pod, const kube::PodLogOptions&,
                                       std::stop_token, const kube::PodLogs::OnLine&)>;
  // A line without its end.
  using Show = std::function<void(const std::string& line)>;

  // `show` gets the lines, `tell` what happened beside them: pods that cannot be read, the job's
  // end.
  JobLogs(kube::Api& api, Read read, base::Clock& clock, JobLogsOptions options, Show show,
          Show tell);

  // Whether logs of a pod could not be read, or the job failed and was followed. An Error when it
  // cannot be read.
  base::Result<bool> run();

 private:
  struct Pod {
    int source = 0;
    bool is_of_first_look = false;  // what was started since is new, whatever --since says
    bool reading = false;
    bool in_full = false;  // the read under way began when the container had ended
    bool closed = false;   // nothing more comes of it
    std::string last;      // stamp of the newest line
    std::string told;      // why it could not be read, as far as that was told
    base::Result<void> outcome;
    std::jthread thread = {};  // after what it writes
  };

  base::Result<void> look();
  base::Result<void> look_at_job();
  base::Error not_there(const base::Error& found) const;
  base::Result<void> on_deleted();
  base::Result<void> look_at_pods();
  base::Result<void> on_pod(const std::string& name, int worker, const std::string& phase);
  base::Result<void> on_ended(const std::string& name, Pod& pod);
  void read_pod(const std::string& name, Pod& pod, const kube::PodLogOptions& wanted,
                std::stop_token stop);
  void start(const std::string& name, Pod& pod, bool container_ended);
  void close(Pod& pod);
  void show_ready();
  bool all_read() const;
  void tell(const std::string& text) const;
  void tell_failure(const std::string& name, Pod& pod) const;

  kube::Api& api_;
  const Read read_;
  base::Clock& clock_;
  const JobLogsOptions options_;
  const Show show_;
  const Show tell_;
  std::string selector_;
  base::Uid uid_;
  std::string end_;  // what became of the job
  bool failed_ = false;
  bool unread_ = false;  // logs of a pod could not be read
  bool looked_ = false;
  std::vector<int> workers_;  // of each source

  std::mutex mutex_;  // what threads write: those below and the pods' outcome, last and reading
  std::condition_variable_any changed_;
  bool news_ = false;   // a read ended, or waits until its lines are shown
  bool ended_ = false;  // a read ended
  LogMerge merge_;
  std::map<std::string, Pod> pods_;  // last: its threads end before the rest
};

}  // namespace cresset::cli
