#include "worker/train/rank.h"

#include <c10/core/Device.h>
#include <c10/util/Exception.h>

#include <csignal>
#include <fstream>
#include <functional>
#include <new>
#include <optional>
#include <thread>

#include "crds/worker_contract/names.h"
#include "operator/base/file.h"
#include "worker/data/threads.h"
#include "worker/device/device.h"
#include "worker/device/threads.h"
#include "worker/model/network.h"
#include "worker/train/core/exit_code.h"
#include "worker/train/session.h"

namespace cresset::train {

namespace contract = worker_contract;

namespace {

std::atomic<bool> stop_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void request_stop(int) { stop_requested.store(true); }

void say_last_words(const RankContext& context, const base::Error& error, int64_t step) {
  if (context.last_words_path.empty()) return;
  contract::LastWords words{.error = error.message(), .rank = context.rank, .step = step};
  // In place: in a pod the path is a mount of its own, onto which nothing can be renamed.
  std::ofstream(context.last_words_path, std::ios::trunc) << contract::encode_last_words(words);
}

base::Result<c10::Device> choose_device(const contract::WorkerConfig& config,
                                        const RankContext& context) {
  CRESSET_TRY(gpu, device::choose_gpu({.gpus = config.gpus,
                                       .local_rank = context.local_rank,
                                       .processes = config.processes_per_worker,
                                       .rank = context.rank,
                                       .world_size = context.world_size,
                                       .resources = "spec.workers.resources"},
                                      device::look_for_gpus()));
  return device::use(gpu);
}

base::Result<void> guarded(const std::function<base::Result<void>()>& work) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return base::fail(
        base::invalid("out of memory: lower spec.training.batchSize or raise "
                      "spec.workers.resources.limits.memory"));
  } catch (const c10::OutOfMemoryError& error) {
    return base::fail(
        base::invalid("out of memory of the GPU: lower spec.training.batchSize, set "
                      "spec.training.gradient.microBatchSize or take a larger GPU: " +
                      std::string(error.what_without_backtrace())));
  } catch (const model::ModuleFailed& error) {
    return base::fail(base::invalid(std::string("spec.training.model.uri: ") + error.what()));
  } catch (const std::exception& error) {
    return base::fail(base::internal(error.what()));
  }
}

// The exit code.
int failed(const RankContext& context, const base::Error& error, int64_t step,
           const base::Log& log) {
  const int code = exit_code_for(error);
  if (code == contract::kExitStopped) {
    log.info("rank stopped", {{"step", step}});
    return code;
  }
  log.error("rank failed", {{"error", error.message()}, {"step", step}, {"exit_code", code}});
  say_last_words(context, error, step);
  return code;
}

}  // namespace

const std::atomic<bool>* stop_on_sigterm() {
  struct sigaction action = {};
  action.sa_handler = request_stop;
  action.sa_flags = SA_RESTART;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
  return &stop_requested;
}

int run_rank(const contract::WorkerConfig& config, const RankContext& context,
             const base::Log& root) {
  std::signal(SIGPIPE, SIG_IGN);
  const base::Log log = root.with({{"rank", context.rank}, {"round", context.round}});
  const auto cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  const int threads = device::compute_threads(config.processes_per_worker, cores,
                                              base::environment("OMP_NUM_THREADS").value_or(""));
  device::use_threads(threads);
  data::use_threads(threads);
  device::flush_denormals();
  device::use_deterministic_operations(config.training.deterministic);
  std::optional<Session> session;
  const auto result = guarded([&]() -> base::Result<void> {
    CRESSET_TRY(device, choose_device(config, context));
    log.info("rank started",
             {{"device", device::describe(device)}, {"world_size", context.world_size}});
    return session.emplace(config, context, device, log).run();
  });
  if (result) return contract::kExitSuccess;
  return failed(context, result.error(), session ? session->step() : 0, log);
}

}  // namespace cresset::train
