// cresset-worker: one binary, two verbs for pods (train, serve) and one for hands and tests (rank).
// Leaves by _exit: libtorch's destructors take longer than everything they would free is worth.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "crds/worker_contract/names.h"
#include "worker/config/environment.h"
#include "worker/serve/server.h"
#include "worker/train/rank.h"
#include "worker/train/supervise/train_command.h"
#include "worker/train/supervise/zygote.h"

namespace {

using cresset::base::Log;
namespace contract = cresset::worker_contract;

int bad_input(const Log& log, const cresset::base::Error& error) {
  log.error("not started", {{"error", error.message()}});
  return contract::kExitBadInput;
}

void add_rank(CLI::App& app, cresset::train::RankContext& context) {
  auto* rank = app.add_subcommand(
      "rank", "train as one rank of a group, told by flags; the job is in CRESSET_CONFIG");
  rank->add_option("--rank", context.rank, "this rank, from 0")->check(CLI::NonNegativeNumber);
  rank->add_option("--local-rank", context.local_rank, "its place in this machine")
      ->check(CLI::NonNegativeNumber);
  rank->add_option("--world-size", context.world_size, "ranks in all")->check(CLI::PositiveNumber);
  rank->add_option("--round", context.round, "grows with each restart of the group")
      ->check(CLI::PositiveNumber);
  rank->add_option("--store", context.store, "host:port at which rank 0 serves the group's store");
  rank->add_option("--secret", context.secret, "the same for all ranks");
  rank->add_option("--bind-host", context.bind_host, "own address that other ranks reach")
      ->capture_default_str();
  rank->add_option("--progress-fd", context.progress_fd,
                   "where rank 0 writes progress, a JSON line each");
  rank->add_option("--last-words", context.last_words_path, "file that says why it failed");
  rank->add_option("--memory-directory", context.memory_directory,
                   "where the newest checkpoint is also kept");
}

int run_one_rank(cresset::train::RankContext context, const Log& log) {
  const auto environment = cresset::config::read_worker_environment();
  if (!environment) return bad_input(log, environment.error());
  context.stop = cresset::train::stop_on_sigterm();
  return cresset::train::run_rank(environment->config, context, log);
}

// In the process that the zygote forked for it.
int run_forked_rank(const contract::WorkerConfig& config,
                    const cresset::train::RankContext& context, const Log& log) {
  auto own = context;
  own.stop = cresset::train::stop_on_sigterm();
  cresset::train::accept_stop_signals();
  return cresset::train::run_rank(config, own, log);
}

// `serve` by hand: flags in place of CRESSET_CONFIG.
struct ServeFlags {
  std::string model;
  std::string name = "model";
  contract::BatchingSpec batching;
  cresset::serve::ServeEnvironment environment;
};

CLI::App* add_serve(CLI::App& app, ServeFlags& flags) {
  auto* serve = app.add_subcommand("serve", "answer requests with a trained model");
  serve->add_option("--model", flags.model, "its URI; without it CRESSET_CONFIG tells all");
  serve->add_option("--name", flags.name, "its name in the protocol")->capture_default_str();
  serve->add_option("--max-batch", flags.batching.max_size, "rows a batch")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  serve
      ->add_option("--max-delay", flags.batching.max_delay_microseconds,
                   "microseconds a request waits for others")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  serve->add_option("--address", flags.environment.address, "to listen at")->capture_default_str();
  serve->add_option("--port", flags.environment.port, "to listen at, 0 = any free one")
      ->capture_default_str();
  serve
      ->add_option("--last-words", flags.environment.termination_path,
                   "file that says why it failed")
      ->capture_default_str();
  return serve;
}

int run_server(const ServeFlags& flags, const Log& log) {
  if (flags.model.empty()) {
    const auto config = cresset::config::read_serve_environment();
    return config ? cresset::serve::run_serve(*config, log, flags.environment)
                  : bad_input(log, config.error());
  }
  if (auto known = contract::check_uri(flags.model, "--model"); !known)
    return bad_input(log, known.error());
  contract::ServeConfig config;
  config.name = flags.name;
  config.model_uri = flags.model;
  config.batching = flags.batching;
  return cresset::serve::run_serve(config, log, flags.environment);
}

}  // namespace

int main(int argc, char** argv) {
  const Log log;
  CLI::App app("Trains and serves models; told what by its environment", "cresset-worker");
  app.set_version_flag("--version", CRESSET_VERSION);
  app.require_subcommand(1);
  cresset::train::RankContext context;
  add_rank(app, context);
  const CLI::App* train = app.add_subcommand(
      "train", "process 1 of a training pod: supervises its ranks; told what by its environment");
  ServeFlags serve_flags;
  const CLI::App* serve = add_serve(app, serve_flags);
  CLI11_PARSE(app, argc, argv);
  const int code = train->parsed()   ? cresset::train::train_command(run_forked_rank, log)
                   : serve->parsed() ? run_server(serve_flags, log)
                                     : run_one_rank(context, log);
  std::cout.flush();
  std::cerr.flush();
  _exit(code);
}
