#include "operator/cli/yaml.h"

#include <yaml-cpp/yaml.h>

#include "operator/base/yaml_scalar.h"

namespace cresset::cli {

using base::Json;
using base::Result;

namespace {

constexpr int kMaxDepth = 64;
constexpr int kMaxNodes = 100000;

class Converter {
 public:
  Result<YamlDocument> document(const YAML::Node& root) {
    lines_.clear();
    CRESSET_TRY(value, convert(root, "", 0));
    return YamlDocument{std::move(value), std::move(lines_)};
  }

 private:
  Result<Json> convert(const YAML::Node& node, const std::string& path, int depth) {
    const int line = node.Mark().line + 1;
    if (depth > kMaxDepth || ++nodes_ > kMaxNodes)
      return base::fail(base::too_large("line " + std::to_string(line) +
                                        ": the document is nested too deep or too large"));
    lines_.try_emplace(path, line);
    if (node.IsMap()) return map(node, path, depth);
    if (node.IsSequence()) return sequence(node, path, depth);
    if (!node.IsScalar()) return Json(nullptr);
    return node.Tag() == "!" || node.Tag() == "tag:yaml.org,2002:str"
               ? Json(node.Scalar())
               : base::yaml_scalar(node.Scalar());
  }

  Result<Json> map(const YAML::Node& node, const std::string& path, int depth) {
    Json object = Json::object();
    for (const auto& entry : node) {
      const std::string where = "line " + std::to_string(entry.first.Mark().line + 1) + ": ";
      if (!entry.first.IsScalar()) return base::fail(base::invalid(where + "a key must be text"));
      const std::string& key = entry.first.Scalar();
      if (object.contains(key))
        return base::fail(base::invalid(where + "\"" + key + "\" is there twice"));
      const std::string below = path.empty() ? key : path + "." + key;
      lines_[below] = entry.first.Mark().line + 1;
      CRESSET_TRY(value, convert(entry.second, below, depth + 1));
      object[key] = std::move(value);
    }
    return object;
  }

  Result<Json> sequence(const YAML::Node& node, const std::string& path, int depth) {
    Json array = Json::array();
    for (const auto& entry : node) {
      CRESSET_TRY(value,
                  convert(entry, path + "[" + std::to_string(array.size()) + "]", depth + 1));
      array.push_back(std::move(value));
    }
    return array;
  }

  std::map<std::string, int> lines_;
  int nodes_ = 0;  // of all documents
};

}  // namespace

Result<std::vector<YamlDocument>> parse_yaml(const std::string& text) {
  try {
    Converter converter;
    std::vector<YamlDocument> documents;
    for (const auto& root : YAML::LoadAll(text)) {
      CRESSET_TRY(document, converter.document(root));
      if (!document.value.is_null()) documents.push_back(std::move(document));
    }
    return documents;
  } catch (const YAML::Exception& error) {
    const std::string where =
        error.mark.is_null() ? "" : "line " + std::to_string(error.mark.line + 1) + ": ";
    return base::fail(base::invalid(where + "broken YAML: " + error.msg));
  } catch (const std::exception& error) {
    return base::fail(base::invalid(std::string("broken YAML: ") + error.what()));
  }
}

std::string YamlDocument::locate(const std::string& message) const {
  std::string path = message.substr(0, message.find_first_of(" :"));
  while (!path.empty()) {
    if (const auto found = lines.find(path); found != lines.end())
      return "line " + std::to_string(found->second) + ": " + message;
    const size_t cut = path.find_last_of(".[");
    path = cut == std::string::npos ? "" : path.substr(0, cut);
  }
  return message;
}

}  // namespace cresset::cli
