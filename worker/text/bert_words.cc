#include "worker/text/bert_words.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <utility>

#include "worker/text/code_points.h"

namespace cresset::text {

namespace {

constexpr utf8proc_int32_t kReplacement = 0xFFFD;

// As Hugging Face's tokenizers have them, which leave U+2B820 to U+2B91F out.
constexpr std::array<std::pair<utf8proc_int32_t, utf8proc_int32_t>, 8> kIdeographs{
    {{0x3400, 0x4DBF},
     {0x4E00, 0x9FFF},
     {0xF900, 0xFAFF},
     {0x20000, 0x2A6DF},
     {0x2A700, 0x2B73F},
     {0x2B740, 0x2B81F},
     {0x2B920, 0x2CEAF},
     {0x2F800, 0x2FA1F}}};

bool is_ideograph(utf8proc_int32_t c) {
  return std::any_of(kIdeographs.begin(), kIdeographs.end(),
                     [c](const auto& range) { return c >= range.first && c <= range.second; });
}

bool is_line_space(utf8proc_int32_t c) { return c == '\t' || c == '\n' || c == '\r'; }

bool is_space(utf8proc_int32_t c) {
  const auto category = utf8proc_category(c);
  return is_line_space(c) || category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL ||
         category == UTF8PROC_CATEGORY_ZP;
}

bool is_left_out(utf8proc_int32_t c) {
  if (c == kReplacement) return true;
  const auto category = utf8proc_category(c);
  return !is_line_space(c) &&
         (category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_CF ||
          category == UTF8PROC_CATEGORY_CS || category == UTF8PROC_CATEGORY_CO);
}

bool is_punctuation(utf8proc_int32_t c) {
  const bool ascii = (c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) ||
                     (c >= 123 && c <= 126);
  const auto category = utf8proc_category(c);
  return ascii || (category >= UTF8PROC_CATEGORY_PC && category <= UTF8PROC_CATEGORY_PO);
}

// What is left, with nothing but ' ' between words.
std::string cleaned(std::string_view text) {
  std::string made;
  made.reserve(text.size());
  each_code_point(text, [&](utf8proc_int32_t c) {
    if (is_left_out(c)) return;
    const bool alone = is_ideograph(c);
    if (alone) made += ' ';
    append(is_space(c) ? ' ' : c, made);
    if (alone) made += ' ';
  });
  return made;
}

// Calls visit with each code point, in lower case and without accents.
template <typename Visit>
void each_lowered(std::string_view text, const Visit& visit) {
  constexpr auto kNfd = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE);
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  const auto size = static_cast<utf8proc_ssize_t>(text.size());
  const auto length = utf8proc_decompose(bytes, size, nullptr, 0, kNfd);
  if (length <= 0) return;
  std::vector<utf8proc_int32_t> points(static_cast<size_t>(length));
  utf8proc_decompose(bytes, size, points.data(), length, kNfd);
  for (const auto c : points)
    if (utf8proc_category(c) != UTF8PROC_CATEGORY_MN) visit(utf8proc_tolower(c));
}

}  // namespace

std::vector<std::string> bert_words(std::string_view text, bool lowercase) {
  std::vector<std::string> words;
  bool open = false;  // whether what comes belongs to the last word
  const auto add = [&](utf8proc_int32_t c) {
    const bool alone = is_punctuation(c);
    if (c != ' ' && (alone || !open)) words.emplace_back();
    if (c != ' ') append(c, words.back());
    open = c != ' ' && !alone;
  };
  const std::string clean = cleaned(text);
  if (lowercase)
    each_lowered(clean, add);
  else
    each_code_point(clean, add);
  return words;
}

}  // namespace cresset::text
