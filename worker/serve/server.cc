#include "worker/serve/server.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <c10/core/Device.h>

#include <fstream>
#include <optional>
#include <thread>

#include "crds/worker_contract/coordination.h"
#include "operator/base/clock.h"
#include "worker/data/store.h"
#include "worker/device/device.h"
#include "worker/serve/core/replica.h"
#include "worker/serve/inference_session.h"
#include "worker/serve/torch_runtime.h"

namespace cresset::serve {

namespace {

using worker_contract::ServeConfig;
using Loaded = base::Result<std::unique_ptr<InferenceSession>>;

// SIGTERM and SIGINT as a file descriptor, so that one poll waits for them and for the loader.
class StopSignals {
 public:
  StopSignals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    signal(SIGPIPE, SIG_IGN);
    descriptor_ = signalfd(-1, &set, SFD_CLOEXEC);
  }
  ~StopSignals() { close(descriptor_); }
  // Until a stop signal (true) or until `other` can be read (false).
  bool wait(int other) const {
    pollfd both[2] = {{descriptor_, POLLIN, 0}, {other, POLLIN, 0}};
    while (poll(both, 2, -1) < 0 && errno == EINTR) {
    }
    return (both[0].revents & POLLIN) != 0;
  }

 private:
  int descriptor_ = -1;
};

// Why the session is lost, told by the batcher's thread to the one that waits for the event.
class Lost {
 public:
  ~Lost() { close(event_); }
  void tell(const base::Error& why) {
    if (why_) return;
    why_ = why;
    eventfd_write(event_, 1);
  }
  int event() const { return event_; }
  const base::Error& why() const { return *why_; }

 private:
  const int event_ = eventfd(0, EFD_CLOEXEC);
  std::optional<base::Error> why_;
};

ReplicaOptions replica_options(const ServeConfig& config, const ServeEnvironment& environment) {
  ReplicaOptions options;
  options.model = config.name;
  options.address = environment.address;
  options.port = environment.port;
  options.batching.limits.max_rows = config.batching.max_size;
  options.batching.limits.max_delay =
      std::chrono::microseconds(config.batching.max_delay_microseconds);
  options.batching.max_queue = static_cast<size_t>(config.batching.max_queue);
  options.max_request_bytes = static_cast<size_t>(config.max_request_bytes);
  options.drain = std::chrono::seconds(config.drain_seconds);
  return options;
}

// The field that tells the model, as errors name it; by hand it is a flag.
std::string field_of_model(const ServeConfig& config) {
  return (config.ns.empty() ? "--model " : "spec.model ") + config.model_uri;
}

base::Result<std::unique_ptr<model::Model>> load_model(const ServeConfig& config,
                                                       const c10::Device& device) {
  data::Store store(config.storage, data::credentials_from_environment());
  CRESSET_TRY(model, model::load_model(store, config.model_uri, config.model_digest));
  model->move_to(device);
  return model;
}

// Fetch, check, load, warm up. `read_directory` below load_model holds every file against the
// manifest and the manifest against the digest before a byte of it is used.
Loaded load_onto(const c10::Device& device, int threads, const ServeConfig& config,
                 const base::Log& log) {
  const base::SystemClock clock;
  const auto begin = clock.mono();
  CRESSET_TRY(loaded, load_model(config, device));
  const auto fetched = clock.mono();
  CRESSET_TRY(session,
              InferenceSession::make(std::move(loaded), config.name, version_of(config.model_uri),
                                     config.batching.max_size));
  using Milliseconds = std::chrono::duration<double, std::milli>;
  log.info("model loaded", {{"uri", config.model_uri},
                            {"device", device::describe(device)},
                            {"threads", threads},
                            {"fetch_and_load_ms", Milliseconds(fetched - begin).count()},
                            {"warm_up_ms", Milliseconds(clock.mono() - fetched).count()}});
  return session;
}

Loaded load(const ServeConfig& config, const base::Log& log) {
  try {
    const int threads = prepare_torch();
    CRESSET_TRY(device, prepare_device(config.gpus));
    auto session = load_onto(device, threads, config, log);
    if (!session) return base::fail(session.error().with_context(field_of_model(config)));
    return session;
  } catch (const std::exception& error) {
    return base::fail(error_of(error).with_context(field_of_model(config)));
  }
}

int fail_with(const base::Error& error, const ServeEnvironment& environment, const base::Log& log) {
  log.error("serving failed", {{"error", error.message()}});
  std::ofstream(environment.termination_path)
      << worker_contract::encode_last_words({.error = error.message()});
  return base::is_retryable(error) ? worker_contract::kExitRetryable
                                   : worker_contract::kExitBadInput;
}

}  // namespace

int run_serve(const ServeConfig& config, const base::Log& log,
              const ServeEnvironment& environment) {
  const StopSignals signals;
  base::SystemClock clock;
  Lost lost;
  auto options = replica_options(config, environment);
  options.on_lost = [&lost](const base::Error& why) { lost.tell(why); };
  auto replica = std::make_unique<Replica>(std::move(options), clock, log);
  if (auto started = replica->start(); !started)
    return fail_with(base::unavailable(started.error().message()), environment, log);
  log.info("listening", {{"port", static_cast<int>(replica->port())}});

  std::optional<Loaded> loaded;
  const int loaded_event = eventfd(0, EFD_CLOEXEC);
  std::thread loader([&] {
    loaded = load(config, log);
    eventfd_write(loaded_event, 1);
  });
  if (signals.wait(loaded_event)) _exit(worker_contract::kExitSuccess);  // nothing was promised yet
  loader.join();
  close(loaded_event);
  if (!*loaded) return fail_with(loaded->error(), environment, log);
  replica->serve(std::move(**loaded));

  const bool asked = signals.wait(lost.event());
  const int code = asked ? worker_contract::kExitSuccess : fail_with(lost.why(), environment, log);
  log.info("draining", {{"seconds", config.drain_seconds}});
  if (!replica->drain()) _exit(code);
  log.info("drained");
  return code;
}

}  // namespace cresset::serve
