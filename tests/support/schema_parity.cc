#include "tests/support/schema_parity.h"

#include <yaml-cpp/yaml.h>

#include <cmath>
#include <cstdlib>
#include <regex>
#include <stdexcept>

namespace cresset::testing {

using base::Json;

namespace {

Json scalar(const YAML::Node& node) {
  if (node.Tag() == "!") return node.Scalar();  // quoted
  if (int64_t whole; YAML::convert<int64_t>::decode(node, whole)) return whole;
  if (double real; YAML::convert<double>::decode(node, real)) return real;
  if (node.Scalar() == "true") return true;
  if (node.Scalar() == "false") return false;
  return node.Scalar();
}

Json to_json(const YAML::Node& node) {
  if (node.IsNull()) return nullptr;
  if (node.IsScalar()) return scalar(node);
  if (node.IsSequence()) {
    Json list = Json::array();
    for (const auto& item : node) list.push_back(to_json(item));
    return list;
  }
  Json object = Json::object();
  for (const auto& entry : node) object[entry.first.Scalar()] = to_json(entry.second);
  return object;
}

// Calls `visit(path, schema, pointer)` for every field of `value` that the schema knows.
using Visit = std::function<void(const std::string& path, const Json& schema,
                                 const Json::json_pointer& pointer)>;
void walk(const Json& schema, const Json& value, const std::string& path,
          const Json::json_pointer& pointer, const Visit& visit) {
  visit(path, schema, pointer);
  if (value.is_object() && schema.contains("properties"))
    for (const auto& [key, inner] : value.items())
      if (schema["properties"].contains(key))
        walk(schema["properties"][key], inner, path + "." + key, pointer / key, visit);
  if (value.is_array() && schema.contains("items"))
    for (size_t i = 0; i < value.size(); ++i)
      walk(schema["items"], value[i], path + "[" + std::to_string(i) + "]", pointer / i, visit);
}

Json of_wrong_type(const std::string& type) {
  return type == "string" ? Json(7) : type == "object" ? Json("text") : Json(Json::object());
}

// A text that the pattern refuses; each of ours refuses one of these.
Json unmatched(const std::string& pattern) {
  const std::regex regex(pattern);
  for (const char* text : {"~", "no such thing", "-"})
    if (!std::regex_search(text, regex)) return text;
  throw std::logic_error("no text is known that " + pattern + " refuses");
}

// Of a list or of an object with free keys, as large as it may not be.
void add_too_many(const Json& schema, const Json& value,
                  std::vector<std::pair<std::string, Json>>& refused) {
  if (schema.contains("maxItems") && !value.empty())
    refused.emplace_back("with too many items",
                         Json(schema["maxItems"].get<size_t>() + 1, value.front()));
  if (schema.contains("maxProperties") && !value.empty()) {
    Json grown = value;
    for (size_t i = 0; i <= schema["maxProperties"].get<size_t>(); ++i)
      grown["key" + std::to_string(i)] = value.front();
    refused.emplace_back("with too many keys", std::move(grown));
  }
}

// Values in the place of a good one that the schema refuses, each with why.
std::vector<std::pair<std::string, Json>> refused_by(const Json& schema, const Json& value) {
  std::vector<std::pair<std::string, Json>> refused;
  add_too_many(schema, value, refused);
  if (schema.contains("pattern"))
    refused.emplace_back("that its pattern refuses",
                         unmatched(schema["pattern"].get<std::string>()));
  if (schema.contains("minLength")) refused.emplace_back("that is empty", "");
  refused.emplace_back("of a wrong type", of_wrong_type(schema.value("type", "object")));
  if (schema.contains("minimum"))
    refused.emplace_back("below the minimum",
                         schema["type"] == "integer"
                             ? Json(schema["minimum"].get<int64_t>() - 1)
                             : Json(schema["minimum"].get<double>() / 2 - 1e-9));
  if (schema.contains("maximum"))
    refused.emplace_back("above the maximum", schema["type"] == "integer"
                                                  ? Json(schema["maximum"].get<int64_t>() + 1)
                                                  : Json(schema["maximum"].get<double>() * 2 + 1));
  if (schema.contains("enum")) refused.emplace_back("not of the enum", "NoSuchThing");
  if (schema.contains("maxLength"))
    refused.emplace_back("too long", std::string(schema["maxLength"].get<size_t>() + 1, 'a'));
  return refused;
}

class Checker {
 public:
  explicit Checker(const Parity& parity) : parity_(parity) {}

  std::vector<std::string> run() {
    std::set<std::string> used;
    for (const auto& sample : parity_.samples) {
      if (const auto decoded = parity_.decode(sample); !decoded)
        add("a good sample is refused: " + decoded.error().message());
      used.merge(value_paths(sample, parity_.root));
      walk(parity_.schema, sample, parity_.root, Json::json_pointer(),
           [&](const std::string& path, const Json& schema, const Json::json_pointer& pointer) {
             if (!pointer.empty() && !is_opaque(path))
               check_refusals(sample, path, schema, pointer);
             if (schema.contains("properties") && !is_opaque(path) && !is_inside(path)) {
               check_unknown(sample, path, pointer);
               check_required(sample, path, schema, pointer);
             }
           });
    }
    compare(used);
    return findings_;
  }

 private:
  void add(std::string finding) { findings_.push_back(std::move(finding)); }
  bool is_opaque(const std::string& path) const {
    return parity_.opaque.contains(path) || is_inside(path);
  }
  bool is_inside(const std::string& path) const {
    for (const auto& opaque : parity_.opaque)
      if (path.size() > opaque.size() && path.starts_with(opaque) &&
          (path[opaque.size()] == '.' || path[opaque.size()] == '['))
        return true;
    return false;
  }

  void check_refusals(const Json& sample, const std::string& path, const Json& schema,
                      const Json::json_pointer& pointer) {
    for (const auto& [why, value] : refused_by(schema, sample[pointer])) {
      Json changed = sample;
      changed[pointer] = value;
      expect_refusal(changed, path, path + " " + why);
    }
  }
  void check_unknown(const Json& sample, const std::string& path,
                     const Json::json_pointer& pointer) {
    Json changed = sample;
    changed[pointer]["noSuchField"] = 1;
    expect_refusal(changed, path + ".noSuchField", path + " with an unknown field");
  }
  void check_required(const Json& sample, const std::string& path, const Json& schema,
                      const Json::json_pointer& pointer) {
    for (const auto& required : schema.value("required", Json::array())) {
      const auto key = required.get<std::string>();
      Json changed = sample;
      changed[pointer].erase(key);
      expect_refusal(changed, path + "." + key, path + " without " + key);
    }
  }
  void expect_refusal(const Json& changed, const std::string& path, const std::string& what) {
    const auto decoded = parity_.decode(changed);
    if (decoded)
      add(what + " is refused by the schema and taken by the codec");
    else if (decoded.error().message().find(path.substr(0, path.find('['))) == std::string::npos)
      add(what + ": the error does not name the field: " + decoded.error().message());
  }
  void compare(const std::set<std::string>& used) {
    const auto known = schema_paths(parity_.schema, parity_.root);
    for (const auto& path : known)
      if (!used.contains(path) && !is_inside(path))
        add(path + " is in the schema and in no sample");
    for (const auto& path : used)
      if (!known.contains(path) && !is_inside(path))
        add(path + " is in a sample and not in the schema");
  }

  const Parity& parity_;
  std::vector<std::string> findings_;
};

}  // namespace

Json read_yaml(const std::string& path) {
  const char* root = std::getenv("CRESSET_SOURCE_DIR");
  return to_json(YAML::LoadFile(std::string(root == nullptr ? "." : root) + "/" + path));
}

Json field_schema(const std::string& crd_path, const std::string& field) {
  return read_yaml(
      crd_path)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"][field];
}

Json with_defaults(const Json& schema, Json value) {
  if (!value.is_object() || !schema.contains("properties")) return value;
  for (const auto& [key, inner] : schema["properties"].items()) {
    if (!value.contains(key) && inner.contains("default")) value[key] = inner["default"];
    if (value.contains(key)) value[key] = with_defaults(inner, value[key]);
  }
  return value;
}

std::set<std::string> schema_paths(const Json& schema, const std::string& root) {
  std::set<std::string> paths{root};
  if (schema.contains("items")) paths.merge(schema_paths(schema["items"], root + "[]"));
  if (schema.contains("properties"))
    for (const auto& [key, inner] : schema["properties"].items())
      paths.merge(schema_paths(inner, root + "." + key));
  return paths;
}

std::set<std::string> value_paths(const Json& value, const std::string& root) {
  std::set<std::string> paths{root};
  if (value.is_array())
    for (const auto& item : value) paths.merge(value_paths(item, root + "[]"));
  if (value.is_object())
    for (const auto& [key, inner] : value.items())
      paths.merge(value_paths(inner, root + "." + key));
  return paths;
}

std::vector<std::string> parity_findings(const Parity& parity) { return Checker(parity).run(); }

}  // namespace cresset::testing
