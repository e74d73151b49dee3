#include "worker/model/card.h"

#include "crds/worker_contract/model_spec.h"
#include "worker/model/format.h"

namespace cresset::model {

using base::Json;
using base::Result;

namespace {

Json encode_info(const std::vector<TensorInfo>& infos) {
  Json list = Json::array();
  for (const auto& info : infos)
    list.push_back({{"name", info.name},
                    {"datatype", std::string(to_string(info.datatype))},
                    {"shape", info.shape}});
  return list;
}

}  // namespace

std::string_view to_string(Datatype datatype) {
  return datatype == Datatype::kFp32 ? "FP32" : "INT64";
}

size_t size_of(Datatype datatype) { return datatype == Datatype::kFp32 ? 4 : 8; }

Signature ModelCard::signature() const {
  return {.inputs = {{"input",
                      Datatype::kFp32,
                      {-1, static_cast<int64_t>(preprocessing.columns().size())}}},
          .outputs = {{"probabilities", Datatype::kFp32, {-1, classes.size()}},
                      {"label", Datatype::kInt64, {-1}}}};
}

Json encode(const ModelCard& card) {
  const Signature signature = card.signature();
  Json json{
      {"version", 1},
      {"format", std::string(kBuiltinFormat)},
      {"model", worker_contract::encode(card.architecture)},
      {"columns", card.preprocessing.columns()},
      {"preprocessing", card.preprocessing.encode()},
      {"classes", data::encode(card.classes)},
      {"signature",
       {{"inputs", encode_info(signature.inputs)}, {"outputs", encode_info(signature.outputs)}}},
      {"metrics", card.metrics},
      {"data", {{"uri", card.data_uri}, {"digest", card.data_digest}}},
      {"job", {{"namespace", card.job_namespace}, {"name", card.job_name}, {"uid", card.job_uid}}},
      {"steps", card.steps}};
  if (card.bad_rows > 0) json["data"]["badRows"] = card.bad_rows;
  if (card.origin.uri.empty()) return json;
  json["startedFrom"] = {{"uri", card.origin.uri}, {"digest", card.origin.digest}};
  if (!card.origin.new_head.empty()) json["startedFrom"]["newHead"] = card.origin.new_head;
  return json;
}

Result<ModelCard> decode_model_card(const Json& json) {
  base::Reader reader(json, "model.json");
  ModelCard card;
  reader.require("version").integer("version", {1, 1});
  const Json* model = reader.require("model").object("model");
  auto columns = reader.require("columns").texts("columns", kMaxColumns);
  const Json* preprocessing = reader.require("preprocessing").object("preprocessing");
  const Json* classes = reader.require("classes").array("classes", kMaxColumns);
  CRESSET_CHECK(reader.finish_lenient());
  if (columns->empty()) return base::fail(base::invalid("model.json.columns is empty"));
  CRESSET_TRY(architecture, worker_contract::decode_model(*model, "model.json.model"));
  card.architecture = std::move(architecture);
  CRESSET_TRY(steps, Preprocessing::decode(*preprocessing, std::move(*columns)));
  card.preprocessing = std::move(steps);
  CRESSET_TRY(known, data::decode_classes(*classes, "model.json.classes"));
  card.classes = std::move(known);
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
  return card;
}

}  // namespace cresset::model
