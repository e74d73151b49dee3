#pragma once
// Work that each rank does by itself and that takes the ranks as long as it takes: done on a thread
// beside the caller's, which tells the others every second that it goes on. So nobody who is done
// runs into the group's time-out while a slower one works. When one fails or is asked to stop, all
// are told to leave, and all answer the same: the error of the lowest rank that has one. Called by
// the group's thread; an exception of the work is thrown on, which the others see as the end of
// the group.
//
//   CRESSET_CHECK(work_together(*group, context.stop, [&](const std::atomic<bool>& leave) {
//     return read_all(leave);   // returns soon once `leave` is set
//   }));

#include <atomic>
#include <functional>

#include "operator/base/result.h"
#include "worker/dist/process_group.h"

namespace cresset::train {

// `asked`: to stop, from outside; nullptr: never.
base::Result<void> work_together(
    dist::ProcessGroup& group, const std::atomic<bool>* asked,
    const std::function<base::Result<void>(const std::atomic<bool>& leave)>& work);

}  // namespace cresset::train
