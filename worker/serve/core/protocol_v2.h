#pragma once
// The Open Inference Protocol v2 over REST, with its binary tensor extension: requests from bytes,
// answers to bytes. Tensors in JSON go straight into the buffer that the batcher reads, binary ones
// are views of the body. Nothing is allocated from a size that a request claims before it is held
// against the bytes that came. Every error (invalid, not_found, too_large, unsupported) names the
// tensor or field, what was found and what is allowed. Pure functions, any thread; no sockets.

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "operator/base/json.h"
#include "operator/base/result.h"
#include "worker/serve/core/tensor.h"

namespace cresset::serve {

struct ProtocolLimits {
  int64_t max_rows = 4096;  // of one request
  size_t max_id_bytes = 1024;
};

struct OutputRequest {
  size_t index = 0;  // in Signature::outputs
  bool binary = false;
};

struct InferRequest {
  std::string id;
  std::string parameters;  // `"name":value` pairs to pass back, comma-separated; "" = none
  int64_t rows = 0;
  std::vector<Tensor> inputs;  // in the signature's order
  std::vector<OutputRequest> outputs;
  std::optional<std::chrono::microseconds> timeout;  // parameter `timeout`, as Triton's
  std::unique_ptr<std::string> body;                 // what binary inputs view
};

// `json_bytes` is the header Inference-Header-Content-Length, when there is one.
base::Result<InferRequest> parse_infer(std::string body, std::optional<std::string_view> json_bytes,
                                       const Signature& signature,
                                       const ProtocolLimits& limits = {});

struct InferAnswer {
  std::string body;
  std::optional<size_t> json_bytes;  // set when binary tensors follow
};
// `outputs` are all outputs of the signature, in its order.
base::Result<InferAnswer> write_infer(const Signature& signature, const InferRequest& request,
                                      std::span<const Tensor> outputs);

std::string server_metadata();
std::string model_metadata(const Signature& signature);
std::string error_body(const base::Error& error);

}  // namespace cresset::serve
