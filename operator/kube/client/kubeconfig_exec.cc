#include "operator/kube/client/kubeconfig_exec.h"

#include <array>

#include "operator/base/clean_text.h"
#include "operator/base/digest.h"
#include "operator/kube/client/yaml_json.h"

namespace cresset::kube {

using base::Json;

namespace {

constexpr size_t kMaxHint = 2048;
constexpr const char* kV1 = "client.authentication.k8s.io/v1";
constexpr const char* kV1Beta1 = "client.authentication.k8s.io/v1beta1";
// The name under which a cluster keeps what it tells plugins.
constexpr const char* kExtension = "client.authentication.k8s.io/exec";

base::Result<void> refuse_another_credential(const Section& user) {
  static constexpr std::array kOthers = {
      "token",      "tokenFile",      "client-certificate", "client-certificate-data",
      "client-key", "client-key-data"};
  for (const auto* key : kOthers)
    if (user.has(key)) return user.bad("exec", std::string("and ") + key + " exclude each other");
  return {};
}

base::Result<std::string> read_version(const Section& exec) {
  CRESSET_TRY(version, exec.text("apiVersion"));
  if (version != kV1 && version != kV1Beta1)
    return exec.bad("apiVersion", std::string("must be ") + kV1 + " or " + kV1Beta1 + ", found \"" +
                                      version + "\"");
  return version;
}

base::Result<void> check_interaction(const Section& exec, const std::string& version) {
  CRESSET_TRY(mode, exec.text("interactiveMode"));
  if (mode == "Never" || mode == "IfAvailable" || (mode.empty() && version == kV1Beta1)) return {};
  if (mode == "Always")
    return exec.bad("interactiveMode",
                    "is Always, but there is no terminal that the plugin could ask on; Never and "
                    "IfAvailable are allowed");
  return exec.bad("interactiveMode", "must be Never or IfAvailable, found \"" + mode + "\"");
}

// A name is looked for in the PATH; a relative path begins at the kubeconfig's folder.
base::Result<std::string> read_command(const Section& exec) {
  CRESSET_TRY(command, exec.text("command"));
  if (command.empty()) return exec.bad("command", "is required");
  if (command.find('/') == std::string::npos) return command;
  std::string path = exec.beside(command);
  return path.find('/') == std::string::npos ? "./" + path : path;
}

base::Result<std::vector<std::string>> read_arguments(const Section& exec) {
  std::vector<std::string> arguments;
  if (!exec.has("args")) return arguments;
  if (!exec.node["args"].IsSequence()) return exec.bad("args", "must be a list of strings");
  for (const auto& item : exec.node["args"]) {
    const std::string at = "args[" + std::to_string(arguments.size()) + "]";
    if (!item.IsScalar()) return exec.bad(at, "must be a string");
    if (item.Scalar().find('\0') != std::string::npos)
      return exec.bad(at, "must not hold a zero byte");
    arguments.push_back(item.Scalar());
  }
  return arguments;
}

base::Result<void> read_environment(const Section& exec, ExecPlugin& plugin) {
  if (!exec.has("env")) return {};
  if (!exec.node["env"].IsSequence()) return exec.bad("env", "must be a list of name and value");
  for (const auto& item : exec.node["env"]) {
    const std::string at = "env[" + std::to_string(plugin.environment.size()) + "]";
    if (!item.IsMap()) return exec.bad(at, "must have name and value");
    const Section entry{exec.file, exec.path + "." + at, item};
    CRESSET_TRY(name, entry.text("name"));
    CRESSET_TRY(value, entry.text("value"));
    if (name.empty() || name.find('=') != std::string::npos)
      return entry.bad("name", "must be the name of a variable, without =");
    plugin.environment.emplace_back(name, value);
  }
  return {};
}

base::Result<Json> read_extension(const Section& cluster) {
  const YAML::Node extensions = cluster.node["extensions"];
  if (!extensions || !extensions.IsSequence()) return Json(nullptr);
  for (const auto& item : extensions) {
    if (!item.IsMap() || !item["name"] || !item["name"].IsScalar()) continue;
    if (item["name"].Scalar() != kExtension || !item["extension"]) continue;
    auto extension = json_of(item["extension"]);
    if (!extension)
      return cluster.bad("extensions[\"" + std::string(kExtension) + "\"]",
                         extension.error().message());
    return extension;
  }
  return Json(nullptr);
}

base::Result<std::string> render_info(const Section& exec, const Section& cluster,
                                      const ClusterConfig& config, const std::string& version) {
  Json info{
      {"kind", "ExecCredential"}, {"apiVersion", version}, {"spec", {{"interactive", false}}}};
  CRESSET_TRY(wants_cluster, exec.flag("provideClusterInfo"));
  if (!wants_cluster) return base::dump(info);
  Json told{{"server", config.server}};
  if (!config.tls_server_name.empty()) told["tls-server-name"] = config.tls_server_name;
  if (config.insecure_skip_verify) told["insecure-skip-tls-verify"] = true;
  CRESSET_TRY(proxy_url, cluster.text("proxy-url"));
  if (!proxy_url.empty()) told["proxy-url"] = proxy_url;
  if (!config.ca_pem.empty()) told["certificate-authority-data"] = base::base64(config.ca_pem);
  CRESSET_TRY(extension, read_extension(cluster));
  if (!extension.is_null()) told["config"] = std::move(extension);
  info["spec"]["cluster"] = std::move(told);
  return base::dump(info);
}

}  // namespace

base::Result<ExecPlugin> read_exec(const Section& user, const Section& cluster,
                                   const ClusterConfig& config) {
  if (!user.node["exec"].IsMap()) return user.bad("exec", "must be a map");
  CRESSET_CHECK(refuse_another_credential(user));
  const Section exec{user.file, user.path + ".exec", user.node["exec"]};
  ExecPlugin plugin{.where = exec.file + ": " + exec.path};
  CRESSET_TRY(version, read_version(exec));
  CRESSET_CHECK(check_interaction(exec, version));
  CRESSET_TRY(command, read_command(exec));
  CRESSET_TRY(arguments, read_arguments(exec));
  CRESSET_CHECK(read_environment(exec, plugin));
  CRESSET_TRY(info, render_info(exec, cluster, config, version));
  CRESSET_TRY(hint, exec.text("installHint"));
  plugin.api_version = std::move(version);
  plugin.command = std::move(command);
  plugin.arguments = std::move(arguments);
  plugin.info = std::move(info);
  plugin.install_hint = base::clean_end(hint, kMaxHint);
  return plugin;
}

}  // namespace cresset::kube
