#include "operator/kube/client/yaml_json.h"

#include "operator/base/yaml_scalar.h"

namespace cresset::kube {

using base::Json;

namespace {

constexpr int kMaxDepth = 64;
constexpr int kMaxNodes = 20000;

class Converter {
 public:
  base::Result<Json> convert(const YAML::Node& node, int depth) {
    if (depth > kMaxDepth || ++nodes_ > kMaxNodes)
      return base::fail(base::too_large("is nested too deep or too large"));
    if (node.IsMap()) return map(node, depth);
    if (node.IsSequence()) return sequence(node, depth);
    if (!node.IsScalar()) return Json(nullptr);
    return node.Tag() == "!" || node.Tag() == "tag:yaml.org,2002:str"
               ? Json(node.Scalar())
               : base::yaml_scalar(node.Scalar());
  }

 private:
  base::Result<Json> map(const YAML::Node& node, int depth) {
    Json object = Json::object();
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) return base::fail(base::invalid("has a key that is not text"));
      CRESSET_TRY(value, convert(entry.second, depth + 1));
      object[entry.first.Scalar()] = std::move(value);
    }
    return object;
  }

  base::Result<Json> sequence(const YAML::Node& node, int depth) {
    Json array = Json::array();
    for (const auto& entry : node) {
      CRESSET_TRY(value, convert(entry, depth + 1));
      array.push_back(std::move(value));
    }
    return array;
  }

  int nodes_ = 0;
};

}  // namespace

base::Result<Json> json_of(const YAML::Node& node) { return Converter().convert(node, 0); }

base::Result<Json> parse_json_or_yaml(const std::string& text) {
  if (auto json = base::parse_json(text)) return json;
  try {
    return json_of(YAML::Load(text));
  } catch (const YAML::Exception& error) {
    const std::string where =
        error.mark.is_null() ? "" : " (line " + std::to_string(error.mark.line + 1) + ")";
    return base::fail(base::invalid("is neither JSON nor YAML" + where));
  }
}

}  // namespace cresset::kube
