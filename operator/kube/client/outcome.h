#pragma once
// Outcome: what became of a call that nobody waits for: its result, or what is left to be done for
// one and blocks (a wait that a server asked for, another try, a file, who has a name), which
// whoever began the call hands to a thread that may wait. `Told` is called once for each call, by
// any thread and perhaps before the call that begins it returns, and must not block. Values.
//
//   api.begin_make(kube::kPods, ns, pod, [&](kube::Outcome made) {
//     if (made.rest) return later(std::move(made.rest));
//     settle(std::move(made.result));
//   });

#include <functional>

#include "operator/base/result.h"

namespace cresset::kube {

struct Outcome {
  base::Result<void> result = {};                 // without a rest
  std::function<base::Result<void>()> rest = {};  // gives the result
};

using Told = std::function<void(Outcome)>;

}  // namespace cresset::kube
