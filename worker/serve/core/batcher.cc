#include "worker/serve/core/batcher.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace cresset::serve {

namespace {

Tensor joined(const std::vector<const Tensor*>& parts) {
  size_t bytes = 0;
  int64_t rows = 0;
  for (const auto* part : parts) {
    bytes += part->data.size();
    rows += part->rows();
  }
  std::vector<std::byte> data;
  data.reserve(bytes);
  for (const auto* part : parts) data.insert(data.end(), part->data.begin(), part->data.end());
  Shape shape = parts.front()->shape;
  shape.front() = rows;
  return Tensor(parts.front()->type, std::move(shape), std::move(data));
}

std::vector<Tensor> slices(const std::vector<Tensor>& tensors, int64_t first, int64_t count) {
  std::vector<Tensor> views;
  views.reserve(tensors.size());
  for (const auto& tensor : tensors) views.push_back(tensor.slice(first, count));
  return views;
}

}  // namespace

std::vector<Tensor> gather(const std::vector<Pending>& batch) {
  if (batch.size() == 1) return slices(batch.front().inputs, 0, batch.front().queued.rows);
  std::vector<Tensor> inputs;
  inputs.reserve(batch.front().inputs.size());
  std::vector<const Tensor*> parts(batch.size());
  for (size_t i = 0; i < batch.front().inputs.size(); ++i) {
    for (size_t j = 0; j < batch.size(); ++j) parts[j] = &batch[j].inputs[i];
    inputs.push_back(joined(parts));
  }
  return inputs;
}

uint64_t shape_key(const std::vector<Tensor>& inputs) {
  uint64_t key = 14695981039346656037ULL;  // FNV-1a over the dimensions behind the rows
  const auto mix = [&key](uint64_t value) { key = (key ^ value) * 1099511628211ULL; };
  for (const auto& input : inputs) {
    mix(input.shape.size());
    for (size_t i = 1; i < input.shape.size(); ++i) mix(static_cast<uint64_t>(input.shape[i]));
  }
  return key;
}

Batcher::Batcher(Session& session, BatcherOptions options, base::Clock& clock, LoadCounters& load,
                 ServeMetrics& metrics)
    : session_(session),
      options_(std::move(options)),
      clock_(clock),
      load_(load),
      metrics_(metrics),
      queue_(options_.limits, options_.max_queue, clock),
      thread_([this] { loop(); }) {}

Batcher::~Batcher() { stop(); }

void Batcher::stop() {
  queue_.close();
  if (thread_.joinable()) thread_.join();
}

base::Result<void> Batcher::submit(Pending& pending) {
  pending.queued.shape_key = shape_key(pending.inputs);
  load_.queued += 1;
  auto pushed = queue_.push(pending);
  if (!pushed) load_.queued -= 1;
  return pushed;
}

void Batcher::loop() {
  while (true) {
    Taken taken = queue_.take();
    load_.queued -= static_cast<int64_t>(taken.batch.size() + taken.expired.size());
    if (!taken.expired.empty()) metrics_.failed(static_cast<int64_t>(taken.expired.size()));
    for (auto& pending : taken.expired)
      pending.waiter->failed(base::timed_out("the request's timeout passed while it was queued"));
    if (!taken.batch.empty()) run(std::move(taken.batch));
    if (taken.closed) return;
  }
}

void Batcher::run(std::vector<Pending> batch) {
  const auto begin = clock_.mono();
  std::chrono::nanoseconds waited{0};
  int64_t rows = 0;
  for (const auto& pending : batch) {
    metrics_.queued(begin - pending.queued.arrived);
    waited += begin - pending.queued.arrived;
    rows += pending.queued.rows;
  }
  const auto outputs = run_rows(gather(batch), rows);
  const auto requests = static_cast<int64_t>(batch.size());
  if (!outputs && requests > 1 && base::is_invalid(outputs.error()))
    return run_one_by_one(std::move(batch));
  if (!outputs) {
    metrics_.failed(requests);
    for (auto& pending : batch) pending.waiter->failed(outputs.error());
    if (!base::is_invalid(outputs.error()) && options_.on_failure)
      options_.on_failure(outputs.error());
    return;
  }
  const auto compute = clock_.mono() - begin;
  load_.batch_done(requests, rows, compute, waited);
  metrics_.batch_done(requests, rows, compute, waited);
  int64_t first = 0;
  for (auto& pending : batch) {
    pending.waiter->answered(slices(*outputs, first, pending.queued.rows));
    first += pending.queued.rows;
  }
}

void Batcher::run_one_by_one(std::vector<Pending> batch) {
  for (auto& pending : batch) {
    std::vector<Pending> alone;
    alone.push_back(std::move(pending));
    run(std::move(alone));
  }
}

base::Result<std::vector<Tensor>> Batcher::run_rows(std::vector<Tensor> inputs, int64_t rows) {
  const int64_t most = options_.limits.max_rows;
  if (rows <= most) return run_session(std::move(inputs), rows);
  std::vector<std::vector<Tensor>> parts(session_.signature().outputs.size());
  for (int64_t first = 0; first < rows; first += most) {
    const int64_t count = std::min(most, rows - first);
    CRESSET_TRY(outputs, run_session(slices(inputs, first, count), count));
    for (size_t i = 0; i < outputs.size(); ++i) parts[i].push_back(std::move(outputs[i]));
  }
  std::vector<Tensor> whole;
  for (const auto& part : parts) {
    std::vector<const Tensor*> pointers;
    for (const auto& piece : part) pointers.push_back(&piece);
    whole.push_back(joined(pointers));
  }
  return whole;
}

base::Result<std::vector<Tensor>> Batcher::run_session(std::vector<Tensor> inputs, int64_t rows) {
  try {
    CRESSET_TRY(outputs, session_.run(std::move(inputs)));
    const auto& specs = session_.signature().outputs;
    if (outputs.size() != specs.size())
      return base::fail(base::internal("the model gave " + std::to_string(outputs.size()) +
                                       " outputs; its signature has " +
                                       std::to_string(specs.size())));
    for (size_t i = 0; i < outputs.size(); ++i)
      if (outputs[i].rows() != rows)
        return base::fail(base::internal("output \"" + specs[i].name + "\" has " +
                                         std::to_string(outputs[i].rows()) + " rows for " +
                                         std::to_string(rows) + " rows of input"));
    return outputs;
  } catch (const std::exception& error) {
    return base::fail(base::internal(std::string("the model failed: ") + error.what()));
  }
}

}  // namespace cresset::serve
