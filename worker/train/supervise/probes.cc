#include "worker/train/supervise/probes.h"

namespace cresset::train {

namespace {

net::ServerResponse answer(const net::ServerRequest& request, const base::Metrics& metrics) {
  if (request.path == "/healthz") return {.body = "ok\n"};
  if (request.path == "/metrics")
    return {.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics.render()};
  return {.status = 404, .body = "there are /healthz and /metrics\n"};
}

}  // namespace

Probes::Probes(int port, const base::Log& log)
    : round_(metrics_.gauge("cresset_training_round", "Round of the group")),
      step_(metrics_.gauge("cresset_training_step", "Steps completed")),
      epoch_(metrics_.gauge("cresset_training_epoch", "Epoch")),
      loss_(metrics_.gauge("cresset_training_loss", "Training loss")),
      rate_(metrics_.gauge("cresset_training_samples_per_second", "Samples of the whole group")),
      remaining_(metrics_.gauge("cresset_training_remaining_seconds",
                                "Until the last step, at the pace of the newest ones")),
      broken_(metrics_.counter("cresset_training_rounds_broken_total",
                               "Rounds that broke while this worker was in them")) {
  net::ServerOptions options;
  options.address = "0.0.0.0";
  options.port = static_cast<uint16_t>(port);
  options.max_connections = 16;
  options.drain = std::chrono::milliseconds(0);
  server_ = std::make_unique<net::HttpServer>(
      std::move(options),
      [this](net::ServerRequest request, net::Reply reply) { reply(answer(request, metrics_)); });
  if (const auto started = server_->start(); !started)
    log.warn("no metrics", {{"error", started.error().message()}});
}

void Probes::set(const worker_contract::Progress& progress) {
  round_.set(progress.round);
  step_.set(static_cast<double>(progress.step));
  epoch_.set(static_cast<double>(progress.epoch));
  loss_.set(progress.loss);
  rate_.set(progress.samples_per_second);
  remaining_.set(static_cast<double>(progress.remaining_seconds.value_or(0)));
  if (progress.state == worker_contract::WorkerState::kBroken) broken_.add();
}

}  // namespace cresset::train
