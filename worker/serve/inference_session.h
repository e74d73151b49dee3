#pragma once
// InferenceSession: a model::Model as the batcher's Session: names and types between protocol and
// model, and the warm-up that must have run before the replica calls itself ready. The stored
// preprocessing runs inside the model, so clients send raw columns. One thread at a time.

#include <memory>
#include <string>

#include "worker/model/model.h"
#include "worker/serve/core/session.h"

namespace cresset::serve {

class InferenceSession : public Session {
 public:
  // `name` is the model's name in the protocol. Warms up with one row and with `max_rows` of zeros,
  // or of ones if the model does not take zeros; an error of the warm-up is the error of making it.
  static base::Result<std::unique_ptr<InferenceSession>> make(std::unique_ptr<model::Model> model,
                                                              const std::string& name,
                                                              const std::string& version,
                                                              int64_t max_rows);

  const Signature& signature() const override { return signature_; }
  base::Result<std::vector<Tensor>> run(std::vector<Tensor> inputs) override;

 private:
  InferenceSession(std::unique_ptr<model::Model> model, Signature signature)
      : model_(std::move(model)), signature_(std::move(signature)) {}
  base::Result<void> warm_up(int64_t rows);

  std::unique_ptr<model::Model> model_;
  const Signature signature_;
};

// "s3://models/digits/4" → "4"; "1" when the URI does not end in a number.
std::string version_of(const std::string& uri);

}  // namespace cresset::serve
