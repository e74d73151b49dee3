#include "worker/train/core/exit_code.h"

#include "crds/worker_contract/names.h"

namespace cresset::train {

int exit_code_for(const base::Error& error) {
  switch (error.kind()) {
    case base::ErrorKind::kInvalid:
    case base::ErrorKind::kNotFound:
    case base::ErrorKind::kUnauthorized:
    case base::ErrorKind::kForbidden:
    case base::ErrorKind::kTooLarge:
    case base::ErrorKind::kUnsupported:
      return worker_contract::kExitBadInput;
    case base::ErrorKind::kGone:
      return worker_contract::kExitGone;
    case base::ErrorKind::kCancelled:
      return worker_contract::kExitStopped;
    default:
      return worker_contract::kExitRetryable;
  }
}

}  // namespace cresset::train
