#pragma once
// The data of a job, ready for the network: read, split, preprocessing fitted over all ranks, rows
// scaled in place, as tensors. Every rank holds all rows (any rank may be asked for any row,
// because the order of samples does not depend on the number of ranks) and fits on its own part of
// them; those of training may be streamed instead (streamed_data.h). Owned by the trainer; read by
// its thread.

#include <ATen/ATen.h>

#include <optional>
#include <string>
#include <vector>

#include "crds/worker_contract/training_spec.h"
#include "operator/base/result.h"
#include "worker/data/core/bad_rows.h"
#include "worker/data/store.h"
#include "worker/data/table.h"
#include "worker/dist/process_group.h"
#include "worker/model/card.h"
#include "worker/model/preprocess.h"
#include "worker/train/image_bytes.h"

namespace cresset::train {

inline constexpr char kPreprocessField[] = "spec.training.preprocess";
inline constexpr char kTrainField[] = "spec.training.data.train.uri";

struct RawData {
  data::Table train;
  data::Table validation;  // no rows: none was asked for
  data::BadRows bad_rows;  // of both
};
// Labels that are whole numbers stay as they are: what they are is the network's to say.
base::Result<RawData> read_raw_data(data::Store& store, const worker_contract::TrainingSpec& spec);

// What to read of spec.training.data.train.
data::TableRequest train_request(const worker_contract::TrainingSpec& spec);
// Of spec.training.data.validation.uri, if there is one, the columns and classes of `raw.train`.
base::Result<void> read_validation(data::Store& store, const worker_contract::TrainingSpec& spec,
                                   RawData& raw);

// Whether that can be read and has the columns of `train`, which need have no rows: what its first
// file says.
base::Result<void> look_at_validation(data::Store& store, const worker_contract::TrainingSpec& spec,
                                      const data::Table& train);

// Labels as codes of the training data's classes.
base::Result<void> label_by_class(RawData& raw, const std::string& label);

// Error, on every rank, when any rank read other files or rows than rank 0: one that lists a folder
// later may find more. Read again, they may be the same.
base::Result<void> check_same_data(const RawData& raw, dist::ProcessGroup& group);

// The same of anything that each rank reads by itself: `own` is what it found.
base::Result<void> check_same(dist::ProcessGroup& group, const std::string& own,
                              const std::string& what_differs);

// Fits on the training rows of all ranks together, each rank looking at its part of them.
base::Result<void> fit_preprocessing(model::Preprocessing& steps, const data::Table& train,
                                     dist::ProcessGroup& group);

// On what each rank has summed up of its own rows, which goes with what it takes. `uri`: of which
// file errors speak.
base::Result<void> fit_preprocessing(model::Preprocessing& steps, model::Summaries own,
                                     const std::string& uri, dist::ProcessGroup& group);

struct Samples {
  data::Table table;  // owns the memory that `inputs` views; its columns are what steps made
  at::Tensor inputs;  // [rows, …sample shape], scaled; none where there are `images`
  std::optional<ImageBytes> images;
  // [rows], codes of classes, kNoTarget (loss.h) where there is no label; [rows, length], tokens
  // (next_token.h); [rows, columns], numbers or flags in float (targets.h).
  at::Tensor targets;
  std::vector<model::Target> predicted;  // what those columns are
  int64_t cut_texts = 0;                 // rows whose text was longer than tokenize's maxLength
  int64_t rows() const { return table.rows; }
};
// `predicted` is what fit_targets() found of the training rows. With texts that are joined
// (packed_texts.h) samples are not the table's rows, but have rows to be from.
base::Result<Samples> prepare_samples(data::Table table, const model::Preprocessing& preprocessing,
                                      const std::vector<model::Target>& predicted);

// Lets go of the floats of images that can be held as bytes (image_bytes.h).
void hold_as_bytes(Samples& samples, const model::Preprocessing& preprocessing);

}  // namespace cresset::train
