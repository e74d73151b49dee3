#include "operator/base/clean_text.h"

#include <algorithm>

namespace cresset::base {

namespace {

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// The bytes of the character that `text` begins with; 0 when it is no UTF-8.
size_t length_of(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return 1;
  const size_t length = lead >= 0xC2 && lead <= 0xDF   ? 2
                        : lead >= 0xE0 && lead <= 0xEF ? 3
                        : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                       : 0;
  if (length == 0 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i)
    if (!is_continuation(text[i])) return 0;
  const auto second = static_cast<unsigned char>(text[1]);
  const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
  const bool beyond = (lead == 0xED && second >= 0xA0) || (lead == 0xF4 && second >= 0x90);
  return overlong || beyond ? 0 : length;
}

bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return first < 0x20 || first == 0x7F;
  return first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;
}

// Add what `text` begins with, cleaned, and take it away from `text`.
void take_one(std::string_view& text, std::string& clean) {
  const size_t length = length_of(text);
  const auto character = text.substr(0, std::max<size_t>(length, 1));
  if (length == 0)
    clean += '?';
  else if (character != " " && !is_control(character))
    clean += character;
  else if (!clean.empty() && clean.back() != ' ')
    clean += ' ';
  text.remove_prefix(character.size());
}

void take_with_spaces(std::string_view& text, std::string& clean) {
  const size_t length = length_of(text);
  const auto character = text.substr(0, std::max<size_t>(length, 1));
  if (length == 0)
    clean += '?';
  else if (character == "\n")
    clean += ' ';
  else if (character == "\t" || !is_control(character))
    clean += character;
  text.remove_prefix(character.size());
}

void drop_spaces_at_the_end(std::string& text) {
  while (text.ends_with(' ')) text.pop_back();
}

template <typename Take>
std::string begin_of(std::string_view text, size_t longest, Take take) {
  constexpr std::string_view kMore = "...";
  std::string clean;
  size_t with_more = 0;  // as much as fits before kMore
  while (!text.empty() && clean.size() <= longest) {
    take(text, clean);
    if (clean.size() + kMore.size() <= longest) with_more = clean.size();
  }
  if (clean.size() > longest) {
    clean.resize(with_more);
    clean += kMore.substr(0, longest);
  }
  return clean;
}

}  // namespace

std::string clean_begin(std::string_view text, size_t longest) {
  std::string clean = begin_of(text, longest, take_one);
  drop_spaces_at_the_end(clean);
  return clean;
}

std::string clean_line(std::string_view text, size_t longest) {
  return begin_of(text, longest, take_with_spaces);
}

std::string clean_end(std::string_view text, size_t longest) {
  if (text.size() > longest) {
    text.remove_prefix(text.size() - longest);
    while (!text.empty() && is_continuation(text[0])) text.remove_prefix(1);
  }
  std::string clean;
  while (!text.empty()) take_one(text, clean);
  drop_spaces_at_the_end(clean);
  return clean;
}

}  // namespace cresset::base
