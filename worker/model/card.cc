#include "worker/model/card.h"

#include "crds/worker_contract/goal_spec.h"
#include "crds/worker_contract/model_spec.h"
#include "worker/model/format.h"

namespace cresset::model {

using base::Json;
using base::Result;
namespace contract = worker_contract;

namespace {

Json encode_info(const std::vector<TensorInfo>& infos) {
  Json list = Json::array();
  for (const auto& info : infos)
    list.push_back({{"name", info.name},
                    {"datatype", std::string(to_string(info.datatype))},
                    {"shape", info.shape}});
  return list;
}

constexpr double kMostDeviation = 1e300;

bool has_targets(const std::string& goal) {
  return goal == contract::kMultiLabel || goal == contract::kRegression;
}

Json encode_targets(const std::vector<Target>& targets, const std::string& goal) {
  Json list = Json::array();
  for (const auto& [name, mean, deviation] : targets)
    list.push_back(goal == contract::kMultiLabel
                       ? Json{{"name", name}}
                       : Json{{"name", name}, {"mean", mean}, {"deviation", deviation}});
  return list;
}

Result<std::vector<Target>> decode_targets(const Json& list, const std::string& goal) {
  std::vector<Target> targets;
  for (size_t i = 0; i < list.size(); ++i) {
    base::Reader reader(list[i], "model.json.targets[" + std::to_string(i) + "]");
    Target target{.name = reader.require("name").text("name").value_or("")};
    if (goal == contract::kRegression) {
      target.mean = reader.require("mean").number("mean").value_or(0);
      target.deviation =
          reader.require("deviation").number("deviation", {0, kMostDeviation, true}).value_or(1);
    }
    CRESSET_CHECK(reader.finish_lenient());
    targets.push_back(std::move(target));
  }
  if (targets.empty()) return base::fail(base::invalid("model.json.targets is empty"));
  return targets;
}

}  // namespace

int64_t ModelCard::outputs() const {
  return has_targets(goal) ? static_cast<int64_t>(targets.size()) : classes.size();
}

std::string_view to_string(Datatype datatype) {
  if (datatype == Datatype::kBytes) return "BYTES";
  return datatype == Datatype::kFp32 ? "FP32" : "INT64";
}

size_t size_of(Datatype datatype) {
  if (datatype == Datatype::kBytes) return 0;
  return datatype == Datatype::kFp32 ? 4 : 8;
}

namespace {

// Numbers alone come as one matrix; with texts among them, each column is an input.
std::vector<TensorInfo> inputs_of(const Preprocessing& preprocessing) {
  const auto& columns = preprocessing.columns();
  if (!preprocessing.takes_texts())
    return {{"input", Datatype::kFp32, {-1, static_cast<int64_t>(columns.size())}}};
  std::vector<TensorInfo> inputs;
  for (size_t c = 0; c < columns.size(); ++c)
    inputs.push_back(
        {columns[c], preprocessing.holds_texts(c) ? Datatype::kBytes : Datatype::kFp32, {-1}});
  return inputs;
}

}  // namespace

Signature ModelCard::signature() const {
  Signature signature{.inputs = inputs_of(preprocessing),
                      .outputs = {{goal == contract::kRegression ? "value" : "probabilities",
                                   Datatype::kFp32,
                                   {-1, outputs()}}}};
  if (!has_targets(goal)) signature.outputs.push_back({"label", Datatype::kInt64, {-1}});
  return signature;
}

Json encode(const ModelCard& card) {
  const Signature signature = card.signature();
  Json json{
      {"version", 1},
      {"format", std::string(kBuiltinFormat)},
      {"model", worker_contract::encode(card.architecture)},
      {"columns", card.preprocessing.columns()},
      {"preprocessing", card.preprocessing.encode()},
      {"signature",
       {{"inputs", encode_info(signature.inputs)}, {"outputs", encode_info(signature.outputs)}}},
      {"metrics", card.metrics},
      {"data", {{"uri", card.data_uri}, {"digest", card.data_digest}}},
      {"job", {{"namespace", card.job_namespace}, {"name", card.job_name}, {"uid", card.job_uid}}},
      {"steps", card.steps}};
  if (card.bad_rows > 0) json["data"]["badRows"] = card.bad_rows;
  if (!card.goal.empty()) json["goal"] = card.goal;
  if (has_targets(card.goal))
    json["targets"] = encode_targets(card.targets, card.goal);
  else
    json["classes"] = data::encode(card.classes);
  if (card.origin.uri.empty()) return json;
  json["startedFrom"] = {{"uri", card.origin.uri}, {"digest", card.origin.digest}};
  if (!card.origin.new_head.empty()) json["startedFrom"]["newHead"] = card.origin.new_head;
  return json;
}

namespace {

// What is predicted, of a card whose goal is known.
Result<void> read_answers(const Json& list, ModelCard& card) {
  if (has_targets(card.goal)) {
    CRESSET_TRY(targets, decode_targets(list, card.goal));
    card.targets = std::move(targets);
    return {};
  }
  CRESSET_TRY(classes, data::decode_classes(list, "model.json.classes"));
  card.classes = std::move(classes);
  return {};
}

// What nobody needs to run the model, and so may be missing or of another type.
void read_history(const Json& json, ModelCard& card) {
  if (const Json* metrics = base::find(json, "/metrics");
      metrics != nullptr && metrics->is_object())
    for (const auto& [name, value] : metrics->items())
      if (value.is_number()) card.metrics[name] = value.get<double>();
  card.origin = {.uri = base::text_at(json, "/startedFrom/uri"),
                 .digest = base::text_at(json, "/startedFrom/digest"),
                 .new_head = base::text_at(json, "/startedFrom/newHead")};
  card.data_uri = base::text_at(json, "/data/uri");
  card.data_digest = base::text_at(json, "/data/digest");
  card.bad_rows = base::number_at(json, "/data/badRows");
  card.job_namespace = base::text_at(json, "/job/namespace");
  card.job_name = base::text_at(json, "/job/name");
  card.job_uid = base::text_at(json, "/job/uid");
  card.steps = base::number_at(json, "/steps");
}

}  // namespace

Result<ModelCard> decode_model_card(const Json& json) {
  base::Reader reader(json, "model.json");
  ModelCard card;
  reader.require("version").integer("version", {1, 1});
  const Json* model = reader.require("model").object("model");
  auto columns = reader.require("columns").texts("columns", kMaxColumns);
  const Json* preprocessing = reader.require("preprocessing").object("preprocessing");
  card.goal = reader.one_of("goal", contract::goal_names()).value_or("");
  const char* predicted = has_targets(card.goal) ? "targets" : "classes";
  const Json* answers = reader.require(predicted).array(predicted, kMaxColumns);
  CRESSET_CHECK(reader.finish_lenient());
  if (columns->empty()) return base::fail(base::invalid("model.json.columns is empty"));
  CRESSET_TRY(architecture, worker_contract::decode_model(*model, "model.json.model"));
  card.architecture = std::move(architecture);
  CRESSET_TRY(steps, Preprocessing::decode(*preprocessing, std::move(*columns)));
  card.preprocessing = std::move(steps);
  CRESSET_CHECK(read_answers(*answers, card));
  read_history(json, card);
  return card;
}

}  // namespace cresset::model
