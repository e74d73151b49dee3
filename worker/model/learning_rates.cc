#include "worker/model/learning_rates.h"

#include "worker/data/core/columns.h"
#include "worker/data/core/glob.h"

namespace cresset::model {

namespace {

std::string field_of(size_t rate) {
  return "spec.training.model.learningRates[" + std::to_string(rate) + "].parameters: ";
}

}  // namespace

base::Result<std::vector<double>> learning_rate_scales(
    const std::vector<std::string>& names,
    const std::vector<worker_contract::LearningRate>& rates) {
  std::vector<double> scales(names.size(), 1);
  std::vector<bool> decided(names.size());
  for (size_t r = 0; r < rates.size(); ++r) {
    const std::string& glob = rates[r].parameters;
    bool any = false, first = false;
    for (size_t i = 0; i < names.size(); ++i) {
      if (!data::glob_matches(glob, names[i])) continue;
      any = true;
      if (decided[i]) continue;
      first = true;
      scales[i] = rates[r].scale;
      decided[i] = true;
    }
    if (!any)
      return base::fail(base::invalid(field_of(r) + "\"" + glob +
                                      "\" matches no parameter that is learnt; these are " +
                                      data::near_names(glob, names)));
    if (!first)
      return base::fail(base::invalid(field_of(r) + "\"" + glob +
                                      "\" matches only parameters that earlier ones have; put it "
                                      "before them"));
  }
  return scales;
}

}  // namespace cresset::model
