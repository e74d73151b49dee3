#include "worker/text/bert_words.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

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

using VisitWord = std::function<bool(std::string_view)>;

// Puts words together of code points among which all white space is ' '. Answers whether to go on.
class Words {
 public:
  explicit Words(const VisitWord& visit) : visit_(visit) {}
  bool add(utf8proc_int32_t c) {
    const bool alone = is_punctuation(c);
    if ((alone || c == ' ') && !end()) return false;
    if (c == ' ') return true;
    append(c, word_);
    return !alone || end();
  }
  bool end() {
    const bool on = word_.empty() || visit_(word_);
    word_.clear();
    return on;
  }

 private:
  const VisitWord& visit_;
  std::string word_;
};

// Makes lower case without accents of code points, one by one. What stays of the marks after a
// letter is brought in the order of NFD, by a sort that takes no longer for many of them.
class Lowering {
 public:
  explicit Lowering(Words& words) : words_(words) {}
  bool add(utf8proc_int32_t c) {
    std::array<utf8proc_int32_t, kLongest> parts;
    const auto count = utf8proc_decompose_char(c, parts.data(), kLongest, UTF8PROC_DECOMPOSE,
                                               /*last_boundclass=*/nullptr);
    return std::all_of(parts.begin(),
                       parts.begin() + std::clamp<utf8proc_ssize_t>(count, 0, kLongest),
                       [this](utf8proc_int32_t part) { return add_part(part); });
  }
  bool end() { return add_marks(); }

 private:
  static constexpr utf8proc_ssize_t kLongest = 4;  // of canonical decompositions

  static int class_of(utf8proc_int32_t c) { return utf8proc_get_property(c)->combining_class; }
  bool add_part(utf8proc_int32_t c) {
    const bool is_mark = class_of(c) > 0;
    if (!is_mark && !add_marks()) return false;
    if (utf8proc_category(c) == UTF8PROC_CATEGORY_MN) return true;
    if (!is_mark) return words_.add(utf8proc_tolower(c));
    marks_.push_back(c);
    return true;
  }
  bool add_marks() {
    std::stable_sort(marks_.begin(), marks_.end(),
                     [](auto a, auto b) { return class_of(a) < class_of(b); });
    const bool on = std::all_of(marks_.begin(), marks_.end(), [this](utf8proc_int32_t mark) {
      return words_.add(utf8proc_tolower(mark));
    });
    marks_.clear();
    return on;
  }

  Words& words_;
  std::vector<utf8proc_int32_t> marks_;
};

// Gives `into` what is left of a text until it has enough, with nothing but ' ' between words.
template <typename Into>
bool add_cleaned(std::string_view text, Into& into) {
  while (!text.empty()) {
    const auto c = take_code_point(text);
    if (is_left_out(c)) continue;
    const bool alone = is_ideograph(c);
    if (alone && !into.add(' ')) return false;
    if (!into.add(is_space(c) ? ' ' : c)) return false;
    if (alone && !into.add(' ')) return false;
  }
  return into.end();
}

}  // namespace

void each_bert_word(std::string_view text, bool lowercase, const VisitWord& visit) {
  Words words(visit);
  Lowering lowering(words);
  if (lowercase ? add_cleaned(text, lowering) : add_cleaned(text, words)) words.end();
}

}  // namespace cresset::text
