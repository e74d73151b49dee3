#include "operator/cli/run.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <filesystem>
#include <random>

#include "operator/base/digest.h"
#include "operator/base/file.h"
#include "operator/cli/job_file.h"
#include "operator/cli/local_run.h"

namespace cresset::cli {

using base::Result;
namespace fs = std::filesystem;

namespace {

constexpr int kUnable = 2;
constexpr char kWorkerEnv[] = "CRESSET_WORKER";

// Beside this program, as in an installation, or in its place of the build tree.
Result<std::string> find_worker() {
  if (const auto named = base::environment(kWorkerEnv)) {
    if (access(named->c_str(), X_OK) == 0) return *named;
    return base::fail(base::not_found(std::string(kWorkerEnv) + " is no program: " + *named));
  }
  std::error_code error;
  const fs::path own = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (const fs::path& path : {own / "cresset-worker", own / ".." / "worker" / "cresset-worker"})
    if (access(path.c_str(), X_OK) == 0) return fs::weakly_canonical(path, error).string();
  return base::fail(base::not_found("there is no cresset-worker beside this program (" +
                                    own.string() + "); name it in " + kWorkerEnv));
}

std::string new_uid() {
  std::random_device random;
  std::string seed;
  for (int i = 0; i < 8; ++i) seed += std::to_string(random()) + ",";
  return "local-" + base::sha256(seed).substr(0, 12);
}

Result<std::string> make_folder() {
  std::string pattern = (fs::temp_directory_path() / "cresset-run-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr)
    return base::fail(base::unavailable("no folder for logs can be made: " + pattern));
  return pattern;
}

int watch_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGCHLD}) sigaddset(&set, signal);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

Result<int> run(const RunOptions& options) {
  CRESSET_TRY(job, read_job_file(options.file, options.workers, new_uid()));
  CRESSET_TRY(worker, find_worker());
  CRESSET_TRY(folder, make_folder());
  Terminal terminal(stdout, isatty(STDOUT_FILENO) == 1);
  const int workers = job.workers.count;
  terminal.say("training " + job.meta.name + " here with " + std::to_string(workers) +
               (workers == 1 ? " worker" : " workers") + "; logs are in " + folder);
  LocalRun local(job, {.worker_binary = worker, .folder = folder, .signal_fd = watch_signals()},
                 terminal);
  return local.run();
}

}  // namespace

int run_command(const RunOptions& options) {
  const auto code = run(options);
  if (code) return *code;
  std::fprintf(stderr, "cresset run: %s\n", code.error().message().c_str());
  return kUnable;
}

}  // namespace cresset::cli
