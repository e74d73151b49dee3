#include "worker/model/learning_rates.h"

#include "worker/data/core/columns.h"
#include "worker/data/core/glob.h"

namespace cresset::model {

base::Result<std::vector<double>> learning_rate_scales(
    const std::vector<std::string>& names,
    const std::vector<worker_contract::LearningRate>& rates) {
  std::vector<double> scales(names.size(), 1);
  std::vector<bool> decided(names.size());
  for (size_t r = 0; r < rates.size(); ++r) {
    bool any = false;
    for (size_t i = 0; i < names.size(); ++i) {
      if (!data::glob_matches(rates[r].parameters, names[i])) continue;
      any = true;
      if (!decided[i]) scales[i] = rates[r].scale;
      decided[i] = true;
    }
    if (!any)
      return base::fail(base::invalid("spec.training.model.learningRates[" + std::to_string(r) +
                                      "].parameters: \"" + rates[r].parameters +
                                      "\" matches no parameter that is learnt; these are " +
                                      data::near_names(rates[r].parameters, names)));
  }
  return scales;
}

}  // namespace cresset::model
