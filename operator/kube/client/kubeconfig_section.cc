#include "operator/kube/client/kubeconfig_section.h"

#include <filesystem>

#include "operator/base/digest.h"

namespace cresset::kube {

base::Result<ConfigDocument> load_document(const KubeconfigFile& file) {
  try {
    const auto root = YAML::Load(file.text);
    if (!root.IsMap())
      return base::fail(
          base::invalid(file.name + ": must be a map with clusters, users and contexts"));
    return ConfigDocument{file.name, root};
  } catch (const YAML::Exception& error) {
    return base::fail(base::invalid(file.name + ": broken YAML: " + error.what()));
  }
}

base::Failure Section::bad(const std::string& key, const std::string& why) const {
  return base::fail(
      base::invalid(file + ": " + path + (path.empty() ? "" : ".") + key + " " + why));
}

base::Result<std::string> Section::text(const std::string& key) const {
  if (!has(key)) return std::string();
  if (!node[key].IsScalar()) return bad(key, "must be a string");
  std::string value = node[key].Scalar();
  if (value.find('\0') != std::string::npos) return bad(key, "must not hold a zero byte");
  return value;
}

base::Result<bool> Section::flag(const std::string& key) const {
  CRESSET_TRY(value, text(key));
  if (value.empty() || value == "false") return false;
  if (value == "true") return true;
  return bad(key, "must be true or false, found \"" + value + "\"");
}

base::Result<std::string> Section::material(const std::string& key, const ReadFile& read) const {
  CRESSET_TRY(data, text(key + "-data"));
  if (!data.empty()) {
    const auto decoded = base::from_base64(data);
    if (!decoded) return bad(key + "-data", "must be base64");
    return pem(key + "-data", *decoded);
  }
  CRESSET_TRY(named, text(key));
  if (named.empty()) return std::string();
  const auto content = read(beside(named));
  if (!content) return bad(key, "cannot be read: " + content.error().message());
  return pem(key, *content);
}

std::string Section::file_of(const std::string& key) const {
  const auto data = text(key + "-data");
  const auto named = text(key);
  return named && data && data->empty() && !named->empty() ? beside(*named) : "";
}

std::string Section::beside(const std::string& named) const {
  return (std::filesystem::path(file).parent_path() / named).string();
}

base::Result<std::string> Section::pem(const std::string& key, const std::string& content) const {
  if (content.find("-----BEGIN ") == std::string::npos)
    return bad(key, "must hold PEM, which starts with -----BEGIN");
  return content;
}

base::Result<Section> find_section(const std::vector<ConfigDocument>& documents,
                                   const std::string& list, const std::string& kind,
                                   const std::string& name) {
  std::string known;
  for (const auto& document : documents) {
    const YAML::Node items = document.root[list];
    if (!items || !items.IsSequence()) continue;
    for (const auto& item : items) {
      if (!item.IsMap() || !item["name"] || !item["name"].IsScalar()) continue;
      if (item["name"].Scalar() != name) {
        known += (known.empty() ? "" : ", ") + item["name"].Scalar();
        continue;
      }
      const std::string path = list + "[\"" + name + "\"]." + kind;
      if (!item[kind] || !item[kind].IsMap())
        return base::fail(base::invalid(document.file + ": " + path + " must be a map"));
      return Section{document.file, path, item[kind]};
    }
  }
  return base::fail(base::invalid(documents.front().file + ": " + list + " has no \"" + name +
                                  "\"; it has " + (known.empty() ? "none" : known)));
}

}  // namespace cresset::kube
