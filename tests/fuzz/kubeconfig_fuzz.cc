// Any bytes as a kubeconfig, read for its current context and for one that is named: what is taken
// can be used, what is not gets an error that names the file. No file that it names is read.

#include <string>

#include "operator/base/json.h"
#include "operator/kube/client/kubeconfig.h"
#include "operator/net/client/url.h"
#include "tests/fuzz/target.h"

namespace {

using cresset::base::Result;
using cresset::fuzz::kPlanted;
using cresset::fuzz::require;
using cresset::kube::ClusterConfig;

constexpr size_t kLongest = 1024;

Result<std::string> give_pem(const std::string& path) {
  if (path.find("none") != std::string::npos)
    return cresset::base::fail(cresset::base::not_found("opening " + path));
  return "-----BEGIN X-----\nMII=\n-----END X-----\n";
}

void check(const Result<ClusterConfig>& config) {
  if (!config) return require(config.error().message().find("folder/config") == 0);
  require(config->server.starts_with("http"));
  require(cresset::net::parse_url(config->server).has_value());
  require(config->certificate_pem.empty() == config->key_pem.empty());
  require(config->token_file.empty() || config->token_file.find('\0') == std::string::npos);
  if (!config->exec) return;
  const auto& exec = *config->exec;
  require(config->token.empty() && config->token_file.empty() && config->certificate_pem.empty());
  require(!exec.command.empty() && exec.command.find('\0') == std::string::npos);
  for (const auto& argument : exec.arguments) require(argument.find('\0') == std::string::npos);
  for (const auto& [name, value] : exec.environment)
    require(!name.empty() && (name + value).find('\0') == std::string::npos);
  const auto info = cresset::base::parse_json(exec.info);
  require(info.has_value() && cresset::base::text_at(*info, "/apiVersion") == exec.api_version);
}

Result<ClusterConfig> read(const std::string& text, const std::string& context) {
  auto config = cresset::kube::parse_kubeconfig({{"folder/config", text}}, context, give_pem);
  if (kPlanted && config && config->exec && config->exec->command.size() > 30)
    config->exec->command += '\0';
  return config;
}

bool is_broken(const Result<ClusterConfig>& config) {
  return !config && config.error().message().find("broken YAML") != std::string::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > kLongest) return 0;
  const std::string text(cresset::fuzz::view(data, size));
  const auto current = read(text, "");
  check(current);
  if (!is_broken(current)) check(read(text, "away"));
  return 0;
}
