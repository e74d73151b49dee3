#pragma once
// Session: a loaded model as the batcher sees it: rows in, rows out. The seam between the half that
// speaks protocols and the half that holds tensors (worker/serve/inference_session; fakes in
// tests). Outlives the batcher that calls it. run() is called by one thread at a time.

#include <vector>

#include "operator/base/result.h"
#include "worker/serve/core/tensor.h"

namespace cresset::serve {

class Session {
 public:
  virtual ~Session() = default;
  virtual const Signature& signature() const = 0;
  // `inputs` are in the signature's order, all with the same rows. Answers
  // the outputs in the signature's order with as many rows. Row i of the answer depends on row i
  // alone. `invalid` means that the rows themselves are wrong, `unavailable` that
  // the session is lost: no row will be right until another process takes its place.
  virtual base::Result<std::vector<Tensor>> run(std::vector<Tensor> inputs) = 0;
};

}  // namespace cresset::serve
