#pragma once
// The parts of kubeconfig files: a ConfigDocument is one file, a Section one map in it that knows
// where it stands, so that every error names file and field. Pure; any thread. Private to this
// folder: includes yaml-cpp, whose exceptions its users catch.

#include <yaml-cpp/yaml.h>

#include <string>
#include <vector>

#include "operator/base/result.h"
#include "operator/kube/client/kubeconfig.h"

namespace cresset::kube {

struct ConfigDocument {
  std::string file;
  YAML::Node root;
};

base::Result<ConfigDocument> load_document(const KubeconfigFile& file);

struct Section {
  std::string file;
  std::string path;  // users["admin"].user
  YAML::Node node;

  base::Failure bad(const std::string& key, const std::string& why) const;
  bool has(const std::string& key) const { return node[key] && !node[key].IsNull(); }
  base::Result<std::string> text(const std::string& key) const;
  base::Result<bool> flag(const std::string& key) const;
  // The text of KEY-data (base64), or of the file that KEY names relative to the kubeconfig.
  base::Result<std::string> material(const std::string& key, const ReadFile& read) const;
  // The file behind material(), empty when it is inline.
  std::string file_of(const std::string& key) const;
  std::string beside(const std::string& named) const;

 private:
  base::Result<std::string> pem(const std::string& key, const std::string& content) const;
};

// clusters[name].cluster and the like; the first document that has the name wins.
base::Result<Section> find_section(const std::vector<ConfigDocument>& documents,
                                   const std::string& list, const std::string& kind,
                                   const std::string& name);

}  // namespace cresset::kube
