#pragma once
// A small real model in a folder of its own: 4 raw columns, standardised with known statistics, an
// mlp with seeded weights, 3 classes labelled 10, 20, 30. The folder goes when this does.

#include <string>

#include "operator/base/json.h"
#include "worker/data/store.h"

namespace cresset::serve::testing {

class ServedModel {
 public:
  ServedModel();
  ~ServedModel();
  ServedModel(const ServedModel&) = delete;
  ServedModel& operator=(const ServedModel&) = delete;

  const std::string& folder() const { return folder_; }
  std::string uri() const { return "file://" + folder_ + "/7"; }
  std::string file(const std::string& name) const { return folder_ + "/7/" + name; }
  const std::string& digest() const { return digest_; }
  data::Store& store() { return store_; }
  // The same model with another model.json, beside the first; answers its URI.
  std::string with_card(const base::Json& card);
  base::Json card() const;

 private:
  std::string folder_;
  std::string digest_;
  data::Store store_;
};

}  // namespace cresset::serve::testing
