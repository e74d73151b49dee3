#pragma once
// What the tests of events tell, and of whom.

#include "operator/runtime/event_recorder.h"

namespace cresset::runtime::event_samples {

inline const ObjectReference kJob{"cresset.dev/v1alpha1", "TrainingJob", "team", "digits",
                                  base::Uid("u1")};
inline const EventNote kCreated{EventType::kNormal, "PodCreated", "CreatePod",
                                "created pod digits-0"};

}  // namespace cresset::runtime::event_samples
