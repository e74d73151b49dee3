#include "worker/model/script_code.h"

#include <torch/csrc/jit/frontend/lexer.h>
#include <torch/csrc/jit/frontend/parser.h>
#include <torch/csrc/jit/frontend/tree_views.h>

#include <algorithm>
#include <memory>
#include <set>

namespace cresset::model {

using base::Result;
namespace jit = torch::jit;

namespace {

constexpr size_t kMostBrackets = 200, kMostIndent = 400, kLongestTerm = 4096;

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

base::Error not_as_written(const std::string& name, const std::string& why) {
  return base::invalid(name + " is not written as torch.jit writes code: " + why);
}

// libtorch reads expressions and blocks by calling itself, and would end where its stack does.
Result<void> check_depth(const std::string& name, const std::string& code) {
  Depth depth;
  for (size_t at = 0; at < code.size(); ++at) {
    if (is_quote(code[at]) || code[at] == '#') at = end_of_text(code, at);
    if (at >= code.size()) break;
    depth.add(code[at], at > 0 && code[at - 1] == '\\');
    const bool has_three_quotes = is_quote(code[at]) && code.compare(at + 1, 1, code, at, 1) == 0;
    if (depth.is_too_much() || has_three_quotes)
      return base::fail(
          not_as_written(name, "it is nested too deep, or has strings of three quotes"));
  }
  return {};
}

bool is_named(const jit::TreeRef& tree, const std::set<std::string_view>& names) {
  return tree->kind() == jit::TK_VAR && names.contains(jit::Var(tree).name().name());
}

// CONSTANTS.c0, or a value of an enum: __torch__.Color.RED.
bool is_path(const jit::TreeRef& tree) {
  const auto base = jit::Select(tree).value().tree();
  return is_named(base, {"CONSTANTS", "__torch__"}) ||
         (base->kind() == '.' && is_path(base) &&
          !is_named(jit::Select(base).value().tree(), {"CONSTANTS"}));
}

bool is_literal(const jit::TreeRef& tree);

// annotate(List[int], []), torch.device("cpu")
bool is_literal_call(const jit::Apply& call) {
  const auto inputs = call.inputs();
  if (is_named(call.callee().tree(), {"annotate"}))
    return inputs.size() == 2 && is_literal(inputs[1].tree());
  if (call.callee().kind() != '.' || inputs.size() != 1) return false;
  const jit::Select method(call.callee().tree());
  return is_named(method.value().tree(), {"torch"}) && method.selector().name() == "device" &&
         is_literal(inputs[0].tree());
}

bool is_literal(const jit::TreeRef& tree) {
  switch (tree->kind()) {
    case jit::TK_CONST:
    case jit::TK_STRINGLITERAL:
    case jit::TK_NONE:
    case jit::TK_TRUE:
    case jit::TK_FALSE:
      return true;
    case jit::TK_VAR:
      return is_named(tree, {"inf", "nan", "infj", "nanj"});
    case '.':
      return is_path(tree);
    case jit::TK_APPLY:
      return is_literal_call(jit::Apply(tree));
    case jit::TK_UNARY_MINUS:
    case jit::TK_LIST:
    case jit::TK_LIST_LITERAL:
    case jit::TK_TUPLE_LITERAL:
    case jit::TK_DICT_LITERAL:
      return std::all_of(tree->trees().begin(), tree->trees().end(), is_literal);
    default:
      return false;
  }
}

// What an attribute of a class is made of; a subscript has a type there, of __annotations__.
bool is_quiet(const jit::Stmt& of_class) {
  if (of_class.kind() != jit::TK_ASSIGN) return true;
  const jit::Assign assign(of_class.tree());
  return assign.lhs().kind() == jit::TK_SUBSCRIPT || !assign.rhs().present() ||
         is_literal(assign.rhs().get().tree());
}

Result<void> check_tree(const std::string& name, const jit::TreeRef& tree) {
  if (tree->kind() == jit::TK_DEF && jit::Def(tree).name().name() == "__setstate__")
    return base::fail(runs_while_loaded(name, "__setstate__"));
  if (tree->kind() == jit::TK_PARAM) {
    const auto value = jit::Param(tree).defaultValue();
    if (value.present() && !is_literal(value.get().tree()))
      return base::fail(runs_while_loaded(name, value.get().range().text().str()));
  }
  if (tree->kind() == jit::TK_CLASS_DEF)
    for (const auto& statement : jit::ClassDef(tree).body())
      if (!is_quiet(statement))
        return base::fail(runs_while_loaded(name, statement.range().text().str()));
  for (const auto& inner : tree->trees()) CRESSET_CHECK(check_tree(name, inner));
  return {};
}

// What a file of PyTorch before 1.5 begins with, and libtorch passes over: "op_version_set = 1" and
// imports.
void pass_over_head(jit::Lexer& lexer) {
  if (lexer.cur().kind == jit::TK_IDENT && lexer.cur().text() == "op_version_set") {
    lexer.next();
    lexer.expect('=');
    lexer.expect(jit::TK_NUMBER);
    lexer.expect(jit::TK_NEWLINE);
  }
  while (lexer.nextIf(jit::TK_IMPORT)) {
    while (lexer.cur().kind != jit::TK_NEWLINE) lexer.next();
    lexer.next();
  }
}

}  // namespace

base::Error runs_while_loaded(const std::string& name, const std::string& what) {
  return base::invalid(name + " holds \"" + what.substr(0, 200) +
                       "\", code that runs while a module is loaded, as quantized modules have; it "
                       "is refused");
}

Result<void> check_script_code(const std::string& name, const std::string& code) {
  CRESSET_CHECK(check_depth(name, code));
  try {
    jit::Parser parser(std::make_shared<jit::Source>(code, name));
    auto& lexer = parser.lexer();
    pass_over_head(lexer);
    while (lexer.cur().kind != jit::TK_EOF)
      CRESSET_CHECK(check_tree(name, lexer.cur().kind == jit::TK_CLASS_DEF
                                         ? parser.parseClass()
                                         : parser.parseFunction(/*is_method=*/false)));
  } catch (const std::exception&) {
    return base::fail(not_as_written(name, "libtorch cannot parse it"));
  }
  return {};
}

}  // namespace cresset::model
