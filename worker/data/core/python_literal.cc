#include "worker/data/core/python_literal.h"

#include <charconv>

namespace cresset::data {

using base::Json;
using base::Result;

namespace {

constexpr int kDeepest = 8;

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Json> whole() {
    CRESSET_TRY(value, literal(0));
    skip();
    if (at_ < text_.size()) return wrong();
    return value;
  }

 private:
  base::Failure wrong() const {
    return base::fail(base::invalid("broken header at character " + std::to_string(at_)));
  }
  void skip() {
    while (at_ < text_.size() &&
           std::string_view(" \t\n\r").find(text_[at_]) != std::string_view::npos)
      ++at_;
  }
  bool take(std::string_view word) {
    skip();
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  Result<Json> literal(int depth) {
    if (depth > kDeepest) return wrong();
    if (take("{")) return dictionary(depth);
    if (take("(")) return list(")", depth);
    if (take("[")) return list("]", depth);
    if (take("True")) return Json(true);
    if (take("False")) return Json(false);
    if (take("None")) return Json(nullptr);
    if (take("'")) return quoted('\'');
    if (take("\"")) return quoted('"');
    int64_t number = 0;
    const auto [end, error] =
        std::from_chars(text_.data() + at_, text_.data() + text_.size(), number);
    if (error != std::errc()) return wrong();
    at_ = static_cast<size_t>(end - text_.data());
    return Json(number);
  }

  // NumPy writes names with a quote or a backslash in them escaped by a backslash.
  Result<Json> quoted(char quote) {
    std::string value;
    while (at_ < text_.size() && text_[at_] != quote) {
      if (text_[at_] == '\\' && ++at_ == text_.size()) return wrong();
      value += text_[at_++];
    }
    if (at_++ >= text_.size()) return wrong();
    return Json(std::move(value));
  }

  Result<Json> list(std::string_view end, int depth) {
    Json values = Json::array();
    while (!take(end)) {
      CRESSET_TRY(value, literal(depth + 1));
      values.push_back(std::move(value));
      if (!take(",") && !text_.substr(at_).starts_with(end)) return wrong();
    }
    return values;
  }

  Result<Json> dictionary(int depth) {
    Json values = Json::object();
    while (!take("}")) {
      CRESSET_TRY(key, literal(depth + 1));
      if (!key.is_string() || !take(":")) return wrong();
      CRESSET_TRY(value, literal(depth + 1));
      values[key.get<std::string>()] = std::move(value);
      if (!take(",") && !text_.substr(at_).starts_with("}")) return wrong();
    }
    return values;
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

Result<Json> parse_python_literal(std::string_view text) { return Parser(text).whole(); }

}  // namespace cresset::data
