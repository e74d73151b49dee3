#include "worker/text/gpt_words.h"

#include <utf8proc.h>

#include <array>

#include "worker/text/code_points.h"

namespace cresset::text {

namespace {

enum class Kind { kSpace, kLetter, kNumber, kOther };

constexpr std::array<std::string_view, 7> kContractions{"'s", "'t",  "'re", "'ve",
                                                        "'m", "'ll", "'d"};

Kind kind_of(utf8proc_int32_t c) {
  if ((c >= 0x09 && c <= 0x0D) || c == 0x85) return Kind::kSpace;
  const auto category = utf8proc_category(c);
  if (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) return Kind::kLetter;
  if (category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO) return Kind::kNumber;
  return category >= UTF8PROC_CATEGORY_ZS && category <= UTF8PROC_CATEGORY_ZP ? Kind::kSpace
                                                                              : Kind::kOther;
}

Kind first_kind(std::string_view text) { return kind_of(take_code_point(text)); }

// How many bytes of the same kind a text begins with; `last` is where the last character of them
// begins.
struct Run {
  size_t bytes = 0;
  size_t last = 0;
};
Run run_of(std::string_view text, Kind kind) {
  Run run;
  const size_t size = text.size();
  while (!text.empty()) {
    const size_t at = size - text.size();
    if (kind_of(take_code_point(text)) != kind) return run;
    run = {.bytes = size - text.size(), .last = at};
  }
  return run;
}

size_t word_bytes(std::string_view text) {
  for (const auto contraction : kContractions)
    if (text.starts_with(contraction)) return contraction.size();
  const Kind kind = first_kind(text);
  if (kind != Kind::kSpace) return run_of(text, kind).bytes;
  if (text.front() == ' ' && text.size() > 1)
    if (const Kind next = first_kind(text.substr(1)); next != Kind::kSpace)
      return 1 + run_of(text.substr(1), next).bytes;
  // The last white space before something else is not taken with the others: a ' ' is that word's.
  const Run run = run_of(text, Kind::kSpace);
  return run.bytes == text.size() || run.last == 0 ? run.bytes : run.last;
}

}  // namespace

std::string_view take_gpt_word(std::string_view& text) {
  const auto word = text.substr(0, word_bytes(text));
  text.remove_prefix(word.size());
  return word;
}

}  // namespace cresset::text
