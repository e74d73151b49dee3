#include "crds/worker_contract/learning_rates.h"

namespace cresset::worker_contract {

using base::Json;

namespace {

constexpr size_t kMaxGlob = 1024;
constexpr double kMaxScale = 1000;

}  // namespace

base::Result<std::vector<LearningRate>> decode_learning_rates(const Json& list,
                                                              const std::string& path) {
  std::vector<LearningRate> rates;
  for (size_t i = 0; i < list.size(); ++i) {
    LearningRate rate;
    base::Reader reader(list[i], path + "[" + std::to_string(i) + "]");
    if (auto glob = reader.require("parameters").name("parameters", kMaxGlob))
      rate.parameters = *glob;
    if (auto scale = reader.require("scale").number("scale", {0, kMaxScale, true}))
      rate.scale = *scale;
    CRESSET_CHECK(reader.finish());
    rates.push_back(std::move(rate));
  }
  return rates;
}

Json encode(const std::vector<LearningRate>& rates) {
  Json list = Json::array();
  for (const auto& rate : rates)
    list.push_back({{"parameters", rate.parameters}, {"scale", rate.scale}});
  return list;
}

}  // namespace cresset::worker_contract
