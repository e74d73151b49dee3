#include "worker/train/supervise/zygote_wire.h"

#include "operator/base/json.h"

namespace cresset::train {

using base::Json;
using base::Result;

namespace {

Json encode_context(const RankContext& context) {
  return {{"round", context.round},
          {"rank", context.rank},
          {"localRank", context.local_rank},
          {"worldSize", context.world_size},
          {"store", context.store},
          {"secret", context.secret},
          {"bindHost", context.bind_host},
          {"progressFd", context.progress_fd},
          {"lastWordsPath", context.last_words_path},
          {"memoryDirectory", context.memory_directory}};
}

int whole(const Json& json, const char* pointer) {
  return static_cast<int>(base::number_at(json, pointer));
}

}  // namespace

std::string encode(const ZygoteWord& word) {
  if (const auto* start = std::get_if<StartWord>(&word))
    return base::dump({{"start", encode_context(start->context)}});
  return base::dump({{"signal", std::get<SignalWord>(word).signal}});
}

Result<ZygoteWord> decode_word(const std::string& text) {
  CRESSET_TRY(json, base::parse_json(text, {.max_bytes = kMaxWordBytes, .max_depth = 4}));
  if (base::find(json, "/signal") != nullptr) return SignalWord{whole(json, "/signal")};
  const Json* start = base::find(json, "/start");
  if (start == nullptr) return base::fail(base::invalid("neither start nor signal: " + text));
  return StartWord{RankContext{.round = whole(*start, "/round"),
                               .rank = whole(*start, "/rank"),
                               .local_rank = whole(*start, "/localRank"),
                               .world_size = whole(*start, "/worldSize"),
                               .store = base::text_at(*start, "/store"),
                               .secret = base::text_at(*start, "/secret"),
                               .bind_host = base::text_at(*start, "/bindHost"),
                               .progress_fd = whole(*start, "/progressFd"),
                               .last_words_path = base::text_at(*start, "/lastWordsPath"),
                               .memory_directory = base::text_at(*start, "/memoryDirectory")}};
}

std::string encode(const RankExit& exit) {
  return base::dump({{"round", exit.round},
                     {"localRank", exit.local_rank},
                     {"code", exit.code},
                     {"signal", exit.signal}});
}

Result<RankExit> decode_exit(const std::string& text) {
  CRESSET_TRY(json, base::parse_json(text, {.max_bytes = kMaxWordBytes, .max_depth = 4}));
  return RankExit{whole(json, "/round"), whole(json, "/localRank"), whole(json, "/code"),
                  whole(json, "/signal")};
}

}  // namespace cresset::train
