// What a session goes on from, and what it leaves for the next one.
#include "worker/train/core/run_identity.h"
#include "worker/train/session.h"

namespace cresset::train {

using base::Result;
namespace contract = worker_contract;

std::vector<std::string> Session::checkpoint_folders() const {
  std::vector<std::string> folders;
  const std::string job = config_.uid.empty() ? config_.name : config_.uid;
  if (!context_.memory_directory.empty())
    folders.push_back("file://" + data::join(context_.memory_directory, job));
  if (config_.checkpoint) folders.push_back(data::join(config_.checkpoint->uri, job));
  return folders;
}

// Rank 0 looks for it and the others get its tensors, so that all continue from the same one.
Result<void> Session::restore() {
  std::string state_text;
  if (first()) {
    CRESSET_TRY(found, find_checkpoint(store_, checkpoint_folders(), log_));
    if (found) {
      state_text = found->files.at(kStateFile);
      restored_files_ = std::move(found->files);
    }
  }
  CRESSET_TRY(text, dist::broadcast_bytes(*group_, std::move(state_text), 0));
  if (text.empty()) return {};
  CRESSET_TRY(state, decode_checkpoint_state(text));
  if (!is_same_run(state.run, run_identity(config_.training, raw_.train.rows, raw_.train.digest))) {
    log_.warn("checkpoint not used: it is of other data or of another way to train",
              {{"step", state.step}});
    return {};
  }
  CRESSET_TRY(steps, model::Preprocessing::decode(state.preprocessing, raw_.train.columns));
  preprocessing_ = std::move(steps);
  restored_ = std::move(state);
  std::string code;
  if (const auto file = restored_files_.find(model::kNetworkFile); file != restored_files_.end())
    code = file->second;
  CRESSET_TRY(everyones, dist::broadcast_bytes(*group_, std::move(code), 0));
  restored_code_ = std::move(everyones);
  return {};
}

void Session::make_writer() {
  const auto folders = checkpoint_folders();
  if (!first() || folders.empty() || !config_.checkpoint) return;
  CheckpointWriter::Options options{.folders = folders, .keep = config_.checkpoint->keep};
  writer_ = std::make_unique<CheckpointWriter>(
      store_, std::move(options), log_, [this](const CheckpointName& name) {
        progress_.report(true, [&](contract::Progress& progress) {
          progress.checkpoint_step = name.step;
          progress.checkpoint_time = base::format_time(clock_.wall());
        });
        log_.info("checkpoint written", {{"step", name.step}});
      });
}

}  // namespace cresset::train
