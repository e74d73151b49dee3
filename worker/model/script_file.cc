#include "worker/model/script_file.h"

#include "worker/data/npz.h"
#include "worker/model/networks/script_module.h"
#include "worker/model/tensors.h"

namespace cresset::model {

using base::Result;

namespace {

constexpr size_t kMostCode = size_t{256} << 20;  // unpacked; tensors are not packed
constexpr size_t kMostBrackets = 200, kMostIndent = 400, kLongestTerm = 4096;
constexpr char kHow[] = "; torch.jit.script(module).save(\"net.pt\") writes one";

base::Failure no_module(const std::string& why) {
  return base::fail(base::invalid("no TorchScript module: " + why + kHow));
}

// Methods that a loader calls, in the module's own code or in that of classes of C++.
Result<void> check_quiet(const std::string& name, const std::string& text) {
  for (const char* word : {"__setstate__", "__torch__.torch.classes."})
    if (text.find(word) != std::string::npos)
      return base::fail(base::invalid(
          name + " holds \"" + word +
          "\", code that runs while a module is loaded, as quantized modules have; it is refused"));
  return {};
}

bool is_quote(char c) { return c == '"' || c == '\''; }

// Where the string or the comment that begins at `at` ends: at its second quote, or the line's end.
size_t end_of_text(const std::string& code, size_t at) {
  const char end = code[at] == '#' ? '\n' : code[at];
  size_t last = at + 1;
  while (last < code.size() && code[last] != end) last += code[last] == '\\' && end != '\n' ? 2 : 1;
  return last;
}

// How deep code is nested, as far as it was read.
struct Depth {
  size_t brackets = 0, indent = 0, since_comma = 0;
  bool at_begin = true;  // of a line

  void add(char c, bool goes_on) {
    const bool ends_line = c == '\n' && brackets == 0 && !goes_on;
    if (ends_line) indent = 0;
    since_comma = ends_line || c == ',' ? 0 : since_comma + 1;
    at_begin = ends_line || (at_begin && (c == ' ' || c == '\t'));
    if (at_begin && !ends_line) ++indent;
    if (c == '(' || c == '[' || c == '{') ++brackets;
    if ((c == ')' || c == ']' || c == '}') && brackets > 0) --brackets;
  }
  bool is_too_much() const {
    return brackets > kMostBrackets || indent > kMostIndent || since_comma > kLongestTerm;
  }
};

// libtorch reads expressions and blocks by calling itself, and would end where its stack does.
Result<void> check_depth(const std::string& name, const std::string& code) {
  Depth depth;
  for (size_t at = 0; at < code.size(); ++at) {
    if (is_quote(code[at]) || code[at] == '#') at = end_of_text(code, at);
    if (at >= code.size()) break;
    depth.add(code[at], at > 0 && code[at - 1] == '\\');
    const bool has_three_quotes = is_quote(code[at]) && code.compare(at + 1, 1, code, at, 1) == 0;
    if (depth.is_too_much() || has_three_quotes)
      return base::fail(base::invalid(name +
                                      " is not written as torch.jit writes code: it is nested "
                                      "too deep, or has strings of three quotes"));
  }
  return {};
}

}  // namespace

Result<void> check_script_file(const std::string& bytes) {
  const auto files = data::unzip(bytes, bytes.size() + kMostCode);
  if (!files) return no_module(files.error().message());
  bool has_object = false, has_constants = false;
  for (const auto& [name, text] : *files) {
    const std::string inner = name.substr(name.find('/') + 1);
    has_object = has_object || inner == "data.pkl";
    has_constants = has_constants || inner == "constants.pkl";
    if (inner == "data.pkl" || inner == "constants.pkl" || inner.ends_with(".py"))
      CRESSET_CHECK(check_quiet(name, text));
    if (inner.ends_with(".py")) CRESSET_CHECK(check_depth(name, text));
  }
  if (!has_object || !has_constants)
    return no_module("it is an archive of something else, as torch.save makes of weights");
  return {};
}

Result<std::string> weights_of_script(const std::string& bytes) {
  CRESSET_CHECK(check_script_file(bytes));
  CRESSET_TRY(script, networks::load_script(bytes));
  return encode_tensors(script.names, script.tensors, {{"format", "pt"}});
}

}  // namespace cresset::model
