#include "worker/train/checkpoint.h"

#include <algorithm>

#include "crds/worker_contract/model_spec.h"

namespace cresset::train {

using base::Json;
using base::Result;
using data::join;

Json encode(const CheckpointState& state) {
  Json json{{"version", 1},
            {"step", state.step},
            {"metrics", state.metrics},
            {"run", state.run},
            {"preprocessing", state.preprocessing}};
  if (!state.origin.uri.empty())
    json["startedFrom"] = {{"uri", state.origin.uri},
                           {"digest", state.origin.digest},
                           {"newHead", state.origin.new_head},
                           {"model", worker_contract::encode(state.architecture)}};
  return json;
}

namespace {

Result<void> read_start(const Json& json, CheckpointState& state) {
  const Json* model = base::find(json, "/startedFrom/model");
  if (model == nullptr) return {};
  CRESSET_TRY(architecture, worker_contract::decode_model(*model, "startedFrom.model"));
  state.architecture = std::move(architecture);
  state.origin = {.uri = base::text_at(json, "/startedFrom/uri"),
                  .digest = base::text_at(json, "/startedFrom/digest"),
                  .new_head = base::text_at(json, "/startedFrom/newHead")};
  return {};
}

}  // namespace

Result<CheckpointState> decode_checkpoint_state(const std::string& text) {
  CRESSET_TRY(json, base::parse_json(text, {.max_bytes = size_t{64} << 20, .max_depth = 16}));
  base::Reader reader(json, kStateFile);
  CheckpointState state;
  reader.require("version").integer("version", {1, 1});
  state.step = reader.require("step").integer("step", {.min = 0}).value_or(0);
  const Json* run = reader.require("run").object("run");
  const Json* preprocessing = reader.require("preprocessing").object("preprocessing");
  CRESSET_CHECK(reader.finish_lenient());
  state.run = *run;
  state.preprocessing = *preprocessing;
  if (const Json* metrics = base::find(json, "/metrics");
      metrics != nullptr && metrics->is_object())
    for (const auto& [name, value] : metrics->items())
      if (value.is_number()) state.metrics[name] = value.get<double>();
  CRESSET_CHECK(read_start(json, state));
  return state;
}

Result<void> check_state_bytes(int64_t bytes) {
  if (bytes <= static_cast<int64_t>(model::kMaxFileBytes)) return {};
  return base::fail(base::invalid(
      "spec.checkpoint: what optimizer, averaging and early stopping keep beside the weights has " +
      std::to_string(bytes) + " bytes, and a file of a checkpoint may have " +
      std::to_string(model::kMaxFileBytes) + "; train a smaller network, freeze more of it, or " +
      "remove spec.training.averaging, spec.training.earlyStopping or spec.checkpoint"));
}

Result<std::optional<FoundCheckpoint>> find_checkpoint(data::Store& store,
                                                       const std::vector<std::string>& folders,
                                                       const base::Log& log) {
  std::vector<std::pair<CheckpointName, std::string>> candidates;
  for (const auto& folder : folders) {
    CRESSET_TRY(listing, store.list(folder));
    for (const auto& name : newest_first(listing))
      candidates.emplace_back(name, join(folder, to_string(name)));
  }
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  for (const auto& [name, uri] : candidates) {
    auto directory = model::read_directory(store, uri);
    const bool complete = directory && directory->files.contains(kStateFile) &&
                          directory->files.contains(kOptimizerFile) &&
                          directory->files.contains(model::kWeightsFile);
    if (complete) return FoundCheckpoint{name, uri, std::move(directory->files)};
    if (!directory && base::is_retryable(directory.error())) return base::fail(directory.error());
    log.warn(
        "checkpoint skipped",
        {{"uri", uri}, {"why", directory ? "a part is missing" : directory.error().message()}});
  }
  return std::nullopt;
}

CheckpointWriter::CheckpointWriter(data::Store& store, Options options, base::Log log,
                                   Written written)
    : store_(store),
      options_(std::move(options)),
      log_(std::move(log)),
      written_(std::move(written)),
      thread_([this] { run(); }) {}

CheckpointWriter::~CheckpointWriter() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void CheckpointWriter::submit(const CheckpointName& name, model::Files files) {
  {
    std::lock_guard lock(mutex_);
    waiting_ = Job{name, std::move(files)};
  }
  changed_.notify_all();
}

Result<void> CheckpointWriter::flush() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !waiting_ && !busy_; });
  return last_;
}

void CheckpointWriter::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return waiting_ || stopping_; });
    if (!waiting_) return;
    const Job job = std::move(*waiting_);
    waiting_.reset();
    busy_ = true;
    lock.unlock();
    auto result = write(job);
    if (!result)
      log_.warn("checkpoint not written",
                {{"step", job.name.step}, {"why", result.error().message()}});
    lock.lock();
    last_ = std::move(result);
    busy_ = false;
    changed_.notify_all();
  }
}

Result<void> CheckpointWriter::write(const Job& job) {
  for (const auto& folder : options_.folders)
    CRESSET_CHECK(model::write_directory(store_, join(folder, to_string(job.name)), job.files));
  written_(job.name);
  for (const auto& folder : options_.folders) {
    const bool durable = folder == options_.folders.back();
    auto pruned = prune(folder, durable ? options_.keep : 1);
    if (!pruned) log_.warn("old checkpoints stay", {{"why", pruned.error().message()}});
  }
  return {};
}

Result<void> CheckpointWriter::prune(const std::string& folder, int64_t keep) {
  CRESSET_TRY(listing, store_.list(folder));
  for (const auto& name : superseded(listing, keep))
    CRESSET_CHECK(store_.remove_tree(join(folder, to_string(name))));
  return {};
}

}  // namespace cresset::train
