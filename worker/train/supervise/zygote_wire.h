#pragma once
// The words between supervisor and zygote: JSON, one a packet of the socket. Pure.

#include <string>
#include <variant>

#include "worker/train/supervise/zygote.h"

namespace cresset::train {

struct StartWord {
  RankContext context;
};
struct SignalWord {
  int signal = 0;
};
using ZygoteWord = std::variant<StartWord, SignalWord>;

inline constexpr size_t kMaxWordBytes = 32 << 10;

std::string encode(const ZygoteWord& word);
base::Result<ZygoteWord> decode_word(const std::string& text);
std::string encode(const RankExit& exit);
base::Result<RankExit> decode_exit(const std::string& text);

}  // namespace cresset::train
