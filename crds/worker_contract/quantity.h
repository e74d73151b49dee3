#pragma once
// Quantities as Kubernetes writes them ("2", "500m", "1.5Gi", "2e3"), as far as Cresset reads them:
// where a count is wanted. The grammar is that of our schemas (helm/cresset/schemas) and of
// k8s.io/apimachinery/pkg/api/resource. Pure; any thread.
//
//   whole_quantity("0.5Ki")                                    // 512
//   gpus_of(Json{{"limits", {{"nvidia.com/gpu", "2"}}}})       // 2

#include <cstdint>
#include <optional>
#include <string_view>

#include "operator/base/json.h"

namespace cresset::worker_contract {

// Its value; nothing when the text is no quantity, is no whole number, is beyond 64 bits, or has
// more than 18 digits that count.
std::optional<int64_t> whole_quantity(std::string_view text);

inline constexpr int64_t kMaxGpus = 1024;  // that a pod is told of; it may ask for more
// nvidia.com/gpu and the MIG instances (nvidia.com/mig-…) of {limits, requests}, the larger; 0 when
// there is none, or no count.
int64_t gpus_of(const base::Json& resources);
// The same of nvidia.com/gpu alone.
int64_t whole_gpus_of(const base::Json& resources);

}  // namespace cresset::worker_contract
