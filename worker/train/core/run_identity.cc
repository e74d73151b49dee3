#include "worker/train/core/run_identity.h"

#include <algorithm>

namespace cresset::train {

using base::Json;

namespace {

bool joins_texts(const worker_contract::PreprocessStep& step) {
  const auto* tokenize = std::get_if<worker_contract::TokenizeStep>(&step);
  return tokenize != nullptr && tokenize->packed;
}

// Nothing that older workers did not have.
bool is_plain(const Json& run) {
  const Json none = Json::object();
  const Json model = run.value("model", none);
  return base::text_at(run, "/optimizer/name") == "adamw" &&
         base::text_at(run, "/precision") != "fp16" && !run.contains("averaging") &&
         !run.contains("earlyStopping") && !model.contains("uri") &&
         !model.contains("learningRates");
}

}  // namespace

Json run_identity(const worker_contract::TrainingSpec& spec, int64_t rows,
                  const std::string& digest) {
  Json run{{"rows", rows}, {"data", digest}};
  const auto all = encode(spec);
  for (const char* field :
       {"model", "batchSize", "seed", "optimizer", "precision", "averaging", "earlyStopping"})
    if (all.contains(field)) run[field] = all[field];
  // Which columns are read as texts, and what was learnt of these.
  if (!worker_contract::text_columns(spec.preprocess).empty())
    run["preprocess"] = all["preprocess"];
  // Samples of texts joined are not the rows, but follow from these, and from which are held back.
  if (std::any_of(spec.preprocess.begin(), spec.preprocess.end(), joins_texts)) {
    run.erase("rows");
    run["heldBack"] = spec.data.validation_fraction;
  }
  if (spec.augment.changes_images()) run["augment"] = all["augment"];
  if (!spec.data.validation_split_by.empty()) run["splitBy"] = spec.data.validation_split_by;
  // Which fixes the order of the rows; how many are held does not.
  if (const int64_t window = spec.data.streaming.shuffle_window; window > 0)
    run["streaming"] = {{"shuffleWindow", window}};
  // Any other is told by the model, as it was before there were goals.
  if (spec.goal.name == worker_contract::kMultiLabel ||
      spec.goal.name == worker_contract::kRegression)
    run["goal"] = all["goal"];
  return run;
}

bool is_same_run(Json then, const Json& now) {
  if (!then.contains("data") && now.contains("data")) then["data"] = now["data"];
  if (is_plain(now))
    for (const char* field : {"model", "optimizer", "precision"})
      if (!then.contains(field) && now.contains(field)) then[field] = now[field];
  return then == now;
}

}  // namespace cresset::train
