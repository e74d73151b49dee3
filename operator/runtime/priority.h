#pragma once
// How soon a key is to be looked at, as controller-runtime numbers it: what a list brings that
// changed nothing (the state of the world at the start, the unchanged rest of a later list) waits
// below what just happened, so that a restart over ten thousand objects holds no new one up.

namespace cresset::runtime {

enum class Priority { kListed = -100, kFresh = 0 };

}  // namespace cresset::runtime
