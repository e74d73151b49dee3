#include "worker/train/session.h"

#include <algorithm>

#include "crds/worker_contract/goal_rules.h"
#include "worker/device/heap.h"
#include "worker/model/card.h"
#include "worker/model/learning_rates.h"
#include "worker/train/augment.h"
#include "worker/train/job_loss.h"
#include "worker/train/next_token.h"
#include "worker/train/targets.h"
#include "worker/train/text_tokens.h"
#include "worker/train/work_together.h"

namespace cresset::train {

using base::Result;
namespace contract = worker_contract;

namespace {

constexpr char kTrainingField[] = "spec.training";
constexpr char kOutputField[] = "spec.output.uri";
constexpr char kCheckpointField[] = "spec.checkpoint.uri";

// A store that is out of reach is better known before the training than after it.
Result<void> look_at(data::Store& store, const std::string& uri, const char* field) {
  const auto names = store.list(uri);
  if (!names) return base::fail(names.error().with_context(field));
  return {};
}

}  // namespace

Session::Session(const contract::WorkerConfig& config, const RankContext& context,
                 const c10::Device& device, base::Log log)
    : config_(config),
      context_(context),
      device_(device),
      log_(std::move(log)),
      store_(config.storage, data::credentials_from_environment()),
      progress_(context.progress_fd, contract::Progress{.round = context.round}, clock_) {}

int64_t Session::step() const { return trainer_ ? trainer_->step() : 0; }

Result<void> Session::run() {
  CRESSET_CHECK(prepare());
  if (context_.stop != nullptr && context_.stop->load())
    return base::fail(base::cancelled("asked to stop before training began"));
  CRESSET_CHECK(join());
  CRESSET_CHECK(restore());
  if (!restored_) CRESSET_CHECK(read_vocabularies());
  if (!started_.network) CRESSET_CHECK(start_network());
  CRESSET_CHECK(start_trainer());
  if (device_.is_cpu()) device::keep_freed_memory();
  auto trained = trainer_->run();
  if (!trained) {
    if (base::is_cancelled(trained.error()))
      progress_.report(true,
                       [](auto& progress) { progress.state = contract::WorkerState::kStopped; });
    return trained;
  }
  if (trainer_->step() < trainer_->total_steps())
    log_.info("training ended early",
              {{"step", trainer_->step()}, {"of", trainer_->total_steps()}});
  if (writer_) static_cast<void>(writer_->flush());
  if (first()) CRESSET_CHECK(write_model());
  return group_->barrier();  // all succeed when the model is written, or none does
}

Result<void> Session::prepare() {
  if (first()) {
    CRESSET_CHECK(look_at(store_, config_.output_uri, kOutputField));
    if (config_.checkpoint)
      CRESSET_CHECK(look_at(store_, checkpoint_folders().back(), kCheckpointField));
  }
  CRESSET_CHECK(read_data());
  if (config_.training.model.uri.empty())
    CRESSET_CHECK(check_tokens(preprocessing_, config_.training.model, config_.training.model));
  if (stream_) return look_at_stream();
  tell_data();
  // A checkpoint may have what lies at a uri, and the shape of a sample may have to be learnt.
  const bool now = config_.training.model.uri.empty() && preprocessing_.tokenizers().empty() &&
                   !preprocessing_.sample_shape().empty();
  return now ? start_network() : Result<void>();
}

// Of data that is streamed which files and columns there are: their rows say little without those
// of the other ranks.
Result<void> Session::read_data() {
  const auto& data = config_.training.data;
  if (data.streaming.shuffle_window == 0) {
    CRESSET_TRY(raw, read_raw_data(store_, config_.training));
    raw_ = std::move(raw);
    return bind_preprocessing();
  }
  CRESSET_TRY(stream, StreamedData::open(store_, config_.training));
  stream_ = std::move(stream);
  raw_.train = stream_->header();
  raw_.bad_rows = data::BadRows(data.bad_rows.limit);
  return bind_preprocessing();
}

// What would be wrong after the rows were read is told before.
Result<void> Session::look_at_stream() {
  const auto& shape = preprocessing_.sample_shape();
  if (!shape.empty()) CRESSET_CHECK(check_augment(config_.training.augment, shape));
  return look_at_validation(store_, config_.training, raw_.train);
}

Result<void> Session::bind_preprocessing() {
  CRESSET_TRY(steps, model::Preprocessing::bind(config_.training.preprocess, raw_.train.columns,
                                                kPreprocessField));
  preprocessing_ = std::move(steps);
  return {};
}

Result<void> Session::read_vocabularies() {
  CRESSET_CHECK(preprocessing_.read_vocabularies(store_));
  return check_same_vocabularies(preprocessing_, *group_);
}

void Session::tell_data() {
  log_.info("data read", {{"files", raw_.train.files},
                          {"rows", raw_.train.rows},
                          {"validation_rows", raw_.validation.rows},
                          {"columns", raw_.train.columns.size()},
                          {"labels", network_outputs()},
                          {"bad_rows", raw_.bad_rows.count()}});
  if (!first() || raw_.bad_rows.count() == 0) return;
  for (const auto& row : raw_.bad_rows.first()) log_.warn("bad row left out", {{"row", row}});
  progress_.report(
      false, [&](contract::Progress& progress) { progress.bad_rows = raw_.bad_rows.count(); });
}

// Classes, or columns to predict.
int64_t Session::network_outputs() const {
  return raw_.train.label_kind == data::LabelKind::kClasses
             ? std::min(raw_.train.classes.size(), data::kMostClasses)
             : static_cast<int64_t>(raw_.train.label_columns.size());
}

Result<model::Started> Session::make_network() {
  const auto& spec = config_.training.model;
  const auto& shape = preprocessing_.sample_shape();
  const int64_t outputs = network_outputs();
  const auto seed = static_cast<uint64_t>(config_.training.seed);
  // Of a model at a uri, the architecture was not known before.
  const auto check = [&](const contract::ModelSpec& architecture) {
    return contract::check_goal(config_.training, architecture.architecture, kTrainingField);
  };
  if (restored_ && !restored_->origin.uri.empty()) {
    CRESSET_CHECK(check(restored_->architecture));
    return model::resume_network(spec, restored_->architecture, restored_->origin, shape, outputs,
                                 seed, restored_code_);
  }
  return model::start_network(store_, spec, shape, outputs, seed,
                              [&](contract::ModelSpec& architecture) -> Result<void> {
                                CRESSET_CHECK(check(architecture));
                                return settle_tokens(preprocessing_, spec, architecture);
                              });
}

// Whether labels that are whole numbers are classes or tokens is the network's to say.
Result<void> Session::say_what_labels_are() {
  targets_ = stream_ ? stream_->labels().targets() : fit_targets(raw_.train);
  if (!targets_.empty()) return {};
  if (const int64_t tokens = started_.network->vocabulary(); tokens > 0)
    CRESSET_CHECK(label_by_token(raw_, tokens));
  else
    CRESSET_CHECK(label_by_class(raw_, config_.training.data.label));
  classes_ = raw_.train.classes;
  return {};
}

Result<void> Session::start_network() {
  CRESSET_TRY(started, make_network());
  started_ = std::move(started);
  CRESSET_CHECK(say_what_labels_are());
  if (const auto& origin = started_.origin; !origin.uri.empty())
    log_.info("network starts from other weights",
              {{"uri", origin.uri},
               {"digest", origin.digest},
               {"new_head", origin.new_head},
               {"learnt", started_.network->parameters().size()},
               {"kept", started_.network->state().size()}});
  const auto totals = stream_ ? stream_->labels().totals(classes_) : totals_of(raw_.train);
  CRESSET_TRY(loss, make_loss(config_.training, totals,
                              started_.network->vocabulary() > 0 &&
                                  started_.architecture.padding_token.has_value()));
  loss_ = std::move(loss);
  return {};
}

Result<void> Session::join() {
  CRESSET_TRY(group, dist::join_group(
                         {.store = context_.store,
                          .prefix = std::to_string(context_.round) + "/" + context_.secret,
                          .rank = context_.rank,
                          .size = context_.world_size,
                          .bind_host = context_.bind_host,
                          .on_gpus = device_.is_cuda(),
                          .timeout = std::chrono::seconds(config_.progress_deadline_seconds)}));
  group_ = std::move(group);
  CRESSET_CHECK(check_same_device());
  return gather_data();
}

// Gradients travel between tensors of one kind.
Result<void> Session::check_same_device() {
  return check_same(*group_, c10::DeviceTypeName(device_.type()),
                    "some workers compute on GPUs and others on CPUs, since none asks for GPUs in "
                    "spec.workers.resources and only some nodes show theirs");
}

Result<void> Session::gather_data() {
  if (!stream_) {
    CRESSET_CHECK(check_same_data(raw_, *group_));
    return fit_preprocessing(preprocessing_, raw_.train, *group_);
  }
  CRESSET_CHECK(work_together(*group_, context_.stop, [&](const std::atomic<bool>& leave) {
    return stream_->scan(preprocessing_, context_.rank, context_.world_size, raw_.bad_rows, leave);
  }));
  CRESSET_CHECK(stream_->merge(*group_, preprocessing_, raw_));
  CRESSET_CHECK(read_validation(store_, config_.training, raw_));
  tell_data();
  return check_same_data(raw_, *group_);
}

Result<std::unique_ptr<ShardedOptimizer>> Session::make_optimizer() const {
  const auto& network = *started_.network;
  const auto names = network.names();
  CRESSET_TRY(scales, model::learning_rate_scales(names, config_.training.model.learning_rates));
  return ShardedOptimizer::make(config_.training, names, network.parameters(), scales, *group_);
}

// Before anything is made of the network's parameters: gradients and an optimizer lie beside them.
void Session::move_to_device() {
  started_.network->move_to(device_);
  loss_->move_to(device_);
}

Result<void> Session::start_trainer() {
  CRESSET_CHECK(prepare_rows());
  CRESSET_CHECK(check_augment(config_.training.augment, preprocessing_.sample_shape()));
  make_writer();
  move_to_device();
  CRESSET_TRY(optimizer, make_optimizer());
  trainer_ = std::make_unique<Trainer>(
      Trainer::Parts{config_, context_.round, *group_, *started_.network, started_, preprocessing_,
                     *rows_, validation_, *loss_, progress_, writer_.get(), context_.stop, clock_,
                     std::move(optimizer), device_});
  if (config_.checkpoint) CRESSET_CHECK(check_state_bytes(trainer_->state_bytes()));
  if (!restored_) return {};
  CRESSET_CHECK(trainer_->restore(*restored_, restored_files_));
  restored_files_.clear();
  log_.info("checkpoint restored", {{"step", restored_->step}});
  progress_.report(true, [&](contract::Progress& progress) {
    progress.step = restored_->step;
    progress.resumed_from_step = restored_->step;
  });
  return {};
}

Result<void> Session::write_model() {
  const model::ModelCard card{
      .architecture = started_.architecture,
      .goal = contract::goal_of(config_.training, started_.architecture.architecture),
      .preprocessing = preprocessing_,
      .classes = classes_,
      .targets = targets_,
      .origin = started_.origin,
      .metrics = trainer_->metrics(),
      .data_uri = config_.training.data.train_uri,
      .data_digest = data_digest_,
      .bad_rows = raw_.bad_rows.count(),
      .job_namespace = config_.ns,
      .job_name = config_.name,
      .job_uid = config_.uid,
      .steps = trainer_->step()};
  auto files = model::files_of(*started_.network);
  files.emplace(model::kModelFile, base::dump(model::encode(card)) + "\n");
  const auto written = model::write_next_model(store_, config_.output_uri, config_.uid, files);
  if (!written) return base::fail(written.error().with_context(kOutputField));
  progress_.report(true, [&](contract::Progress& progress) {
    progress.state = contract::WorkerState::kSucceeded;
    progress.step = trainer_->step();
    progress.model_uri = written->uri;
    progress.model_digest = written->digest;
  });
  log_.info("model written", {{"uri", written->uri}, {"digest", written->digest}});
  return {};
}

}  // namespace cresset::train
