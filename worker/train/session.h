#pragma once
// Everything one rank does from start to end, in order: read, join, fit, restore, train, write the
// model. What can be told wrong without the others is told before joining them, but what lies at
// spec.training.model.uri, and vocabularies: these are read only when rank 0 finds no checkpoint,
// which has the weights and the tokens; and rows that are streamed, which all read together.
// One thread; its parts live as long as it does.

#include <memory>
#include <optional>

#include "crds/worker_contract/worker_config.h"
#include "operator/base/clock.h"
#include "operator/base/log.h"
#include "operator/base/result.h"
#include "worker/data/store.h"
#include "worker/dist/process_group.h"
#include "worker/model/start.h"
#include "worker/train/batch_rows.h"
#include "worker/train/checkpoint.h"
#include "worker/train/progress.h"
#include "worker/train/rank.h"
#include "worker/train/streamed_data.h"
#include "worker/train/trainer.h"

namespace cresset::train {

class Session {
 public:
  Session(const worker_contract::WorkerConfig& config, const RankContext& context,
          const c10::Device& device, base::Log log);

  base::Result<void> run();
  int64_t step() const;

 private:
  base::Result<void> prepare();  // without the other ranks
  base::Result<void> read_data();
  base::Result<void> look_at_stream();
  base::Result<void> bind_preprocessing();
  void tell_data();
  int64_t network_outputs() const;
  base::Result<model::Started> make_network();
  base::Result<void> start_network();
  base::Result<void> join();
  base::Result<void> check_same_device();
  void move_to_device();
  base::Result<void> gather_data();  // of all ranks
  base::Result<void> read_vocabularies();
  base::Result<Samples> make_ready(data::Table table) const;
  base::Result<void> prepare_rows();
  base::Result<void> stream_rows();
  base::Result<void> start_trainer();
  base::Result<void> say_what_labels_are();
  base::Result<std::unique_ptr<ShardedOptimizer>> make_optimizer() const;
  base::Result<void> restore();
  base::Result<void> write_model();
  std::vector<std::string> checkpoint_folders() const;
  void make_writer();
  bool first() const { return context_.rank == 0; }

  const worker_contract::WorkerConfig& config_;
  const RankContext& context_;
  c10::Device device_;
  base::Log log_;
  base::SystemClock clock_;
  data::Store store_;
  ProgressReporter progress_;
  RawData raw_;
  std::unique_ptr<StreamedData> stream_;  // of jobs that stream: raw_.train is without rows
  data::Classes classes_;
  std::vector<model::Target> targets_;
  std::string data_digest_;
  model::Preprocessing preprocessing_;
  model::Started started_;
  std::unique_ptr<dist::ProcessGroup> group_;
  std::optional<CheckpointState> restored_;
  model::Files restored_files_;
  std::string restored_code_;  // of the network, if it is a user's
  Samples train_;              // none of jobs that stream
  Samples validation_;
  std::unique_ptr<CheckpointWriter> writer_;
  std::unique_ptr<Loss> loss_;
  std::unique_ptr<BatchRows> rows_;
  std::unique_ptr<Trainer> trainer_;
};

}  // namespace cresset::train
