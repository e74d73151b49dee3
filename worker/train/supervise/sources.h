#pragma once
// Where the supervisor's events come from, a thread each: the ranks (their progress and their ends)
// and signals (with the reaping that is the duty of process 1). Each ends by itself when the zygote
// has ended; the destructors of their threads join. Owned by the supervisor.

#include <functional>
#include <string>
#include <thread>

#include "operator/base/log.h"
#include "worker/train/supervise/inbox.h"
#include "worker/train/supervise/zygote.h"

namespace cresset::train {

// The file in which a rank leaves its last words.
std::string last_words_path(const std::string& directory, int local_rank);

// ProgressCame for each line of a rank and RankEnded with its last words; what a rank wrote comes
// before its end. ZygoteEnded at the end. A line that is no progress is logged.
std::jthread listen_to_ranks(Zygote& zygote, std::string last_words_directory, Inbox& inbox,
                             base::Log log);
// StopAsked for SIGTERM and SIGINT; reaps on SIGCHLD, but for `zygote`, whose owner waits for it.
std::jthread listen_to_signals(pid_t zygote, Inbox& inbox);

}  // namespace cresset::train
