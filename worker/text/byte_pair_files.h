#pragma once
// The files that byte-level BPE lies in, as Hugging Face's tools write them: one tokenizer.json, or
// vocab.json and merges.txt, as GPT-2 was published. What would make other ids than byte_pair.h
// does (a normalizer, another pattern, tokens put before or after, bytes that fall back, …) is
// refused by its field.
// Functions; any thread.

#include <optional>

#include "worker/text/byte_pair.h"

namespace cresset::text {

// `merges`: those of merges.txt, if `vocabulary` is a vocab.json. Of tokens and of merges there are
// kMostTokens at most. An error names the field of the file, or the line of merges.txt.
base::Result<BytePairs> read_byte_pairs(std::string_view vocabulary,
                                        const std::optional<std::string_view>& merges);

}  // namespace cresset::text
