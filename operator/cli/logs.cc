#include "operator/cli/logs.h"

#include <unistd.h>

#include <cstdio>

#include "operator/base/file.h"
#include "operator/cli/cluster.h"
#include "operator/cli/job_logs.h"

namespace cresset::cli {

namespace {

// https://no-color.org: set to anything but nothing.
bool wants_colour() { return base::environment("NO_COLOR").value_or("").empty(); }

void say(std::FILE* out, const std::string& line) {
  std::fprintf(out, "%s\n", line.c_str());
  std::fflush(out);
}

}  // namespace

int logs_command(const LogsOptions& options) {
  const auto config = cluster_of(options.kubeconfig, options.extra_ca_file);
  if (!config) return say(stderr, "cresset: " + config.error().message()), kNobodyToAsk;
  const base::Log log(base::LogLevel::kError);
  base::SystemClock clock;
  kube::Client client(*config, log);
  kube::PodLogs pod_logs(*config, clock, log);
  const std::string ns = options.ns.empty() ? config->default_namespace : options.ns;
  const bool terminal = isatty(STDOUT_FILENO) == 1;
  JobLogs logs(
      client,
      [&](const auto& pod, const auto& wanted, auto stop, const auto& on_line) {
        return pod_logs.read(pod, wanted, stop, on_line);
      },
      clock,
      {.job = {ns, options.job},
       .follow = options.follow,
       .rank = options.rank,
       .since_seconds = options.since_seconds,
       .look = {.raw = options.raw, .colour = terminal && wants_colour(), .terminal = terminal}},
      [](const std::string& line) { say(stdout, line); },
      [](const std::string& line) { say(stderr, "cresset: " + line); });
  const auto failed = logs.run();
  if (!failed) return say(stderr, "cresset: " + failed.error().message()), kNotDone;
  return *failed ? kNotDone : kDone;
}

}  // namespace cresset::cli
