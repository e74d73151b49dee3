#pragma once
// What runs in the zygote's process. Never returns. One thread; leaves by _exit, so that nothing of
// the supervisor's is destroyed twice.

#include "worker/train/supervise/zygote.h"

namespace cresset::train {

[[noreturn]] void run_zygote(int socket, pid_t supervisor, const Zygote::Run& run);

}  // namespace cresset::train
