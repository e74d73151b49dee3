#include "operator/kube/client/kubeconfig.h"

#include <algorithm>
#include <array>

#include "operator/base/file.h"
#include "operator/kube/client/kubeconfig_exec.h"
#include "operator/kube/client/kubeconfig_section.h"
#include "operator/net/client/url.h"

namespace cresset::kube {

namespace {

constexpr size_t kMaxConfigBytes = 1 << 20;

base::Result<void> read_cluster(const Section& cluster, const ReadFile& read,
                                ClusterConfig& config) {
  CRESSET_TRY(server, cluster.text("server"));
  if (!server.starts_with("https://") && !server.starts_with("http://"))
    return cluster.bad("server", "must start with https:// or http://, found \"" +
                                     net::without_user(server) + "\"");
  if (const auto url = net::parse_url(server); !url)
    return cluster.bad("server", "cannot be used: " + url.error().message());
  while (server.ends_with('/')) server.pop_back();
  config.server = server;
  CRESSET_TRY(ca, cluster.material("certificate-authority", read));
  config.ca_pem = ca;
  config.ca_file = cluster.file_of("certificate-authority");
  CRESSET_TRY(name, cluster.text("tls-server-name"));
  config.tls_server_name = name;
  CRESSET_TRY(skip, cluster.flag("insecure-skip-tls-verify"));
  config.insecure_skip_verify = skip;
  CRESSET_TRY(proxy_url, cluster.text("proxy-url"));
  if (proxy_url.empty()) return {};
  auto proxy = net::parse_proxy(proxy_url);
  if (!proxy) return cluster.bad("proxy-url", "cannot be used: " + proxy.error().message());
  config.proxy = std::move(*proxy);
  return {};
}

base::Result<void> refuse_what_is_not_supported(const Section& user) {
  static constexpr std::array kRefused = {"auth-provider", "username",  "password",     "as",
                                          "as-uid",        "as-groups", "as-user-extra"};
  for (const auto* key : kRefused)
    if (user.has(key))
      return user.bad(key,
                      "is not supported; give token, tokenFile, exec, or client-certificate and "
                      "client-key");
  return {};
}

base::Result<void> read_user(const Section& user, const ReadFile& read, ClusterConfig& config) {
  CRESSET_TRY(token, user.text("token"));
  config.token = token;
  CRESSET_TRY(token_file, user.text("tokenFile"));
  if (!token_file.empty()) config.token_file = user.beside(token_file);
  CRESSET_TRY(certificate, user.material("client-certificate", read));
  CRESSET_TRY(key, user.material("client-key", read));
  if (certificate.empty() != key.empty())
    return user.bad(certificate.empty() ? "client-certificate" : "client-key",
                    "is missing; certificate and key come together");
  config.certificate_pem = certificate;
  config.key_pem = key;
  config.certificate_file = user.file_of("client-certificate");
  config.key_file = user.file_of("client-key");
  return {};
}

base::Result<std::string> current_context(const std::vector<ConfigDocument>& documents) {
  for (const auto& document : documents) {
    CRESSET_TRY(current, (Section{document.file, "", document.root}.text("current-context")));
    if (!current.empty()) return current;
  }
  return base::fail(base::invalid(documents.front().file + ": current-context is required"));
}

base::Result<ClusterConfig> assemble(const std::vector<ConfigDocument>& documents, std::string name,
                                     const ReadFile& read) {
  if (name.empty()) {
    CRESSET_TRY(current, current_context(documents));
    name = current;
  }
  CRESSET_TRY(context, find_section(documents, "contexts", "context", name));
  CRESSET_TRY(cluster_name, context.text("cluster"));
  CRESSET_TRY(user_name, context.text("user"));
  CRESSET_TRY(ns, context.text("namespace"));
  ClusterConfig config;
  if (!ns.empty()) config.default_namespace = ns;
  CRESSET_TRY(cluster, find_section(documents, "clusters", "cluster", cluster_name));
  CRESSET_CHECK(read_cluster(cluster, read, config));
  if (user_name.empty()) return config;
  CRESSET_TRY(user, find_section(documents, "users", "user", user_name));
  CRESSET_CHECK(refuse_what_is_not_supported(user));
  if (user.has("exec")) {
    CRESSET_TRY(plugin, read_exec(user, cluster, config));
    config.exec = std::move(plugin);
  } else {
    CRESSET_CHECK(read_user(user, read, config));
  }
  return config;
}

base::Result<std::vector<KubeconfigFile>> read_all(const std::string& path) {
  std::vector<KubeconfigFile> files;
  for (size_t start = 0; start <= path.size();) {
    const size_t end = std::min(path.find(':', start), path.size());
    if (end > start) {
      const std::string name = path.substr(start, end - start);
      CRESSET_TRY(text, base::read_file(name, kMaxConfigBytes));
      files.push_back({name, std::move(text)});
    }
    start = end + 1;
  }
  return files;
}

}  // namespace

base::Result<ClusterConfig> parse_kubeconfig(const std::vector<KubeconfigFile>& files,
                                             const std::string& context, const ReadFile& read) {
  if (files.empty()) return base::fail(base::invalid("the path of the kubeconfig is empty"));
  std::vector<ConfigDocument> documents;
  for (const auto& file : files) {
    CRESSET_TRY(document, load_document(file));
    documents.push_back(std::move(document));
  }
  try {
    return assemble(documents, context, read);
  } catch (const YAML::Exception& error) {
    return base::fail(base::invalid(files.front().name + ": " + error.what()));
  }
}

base::Result<ClusterConfig> by_the_usual_proxy(ClusterConfig config,
                                               const net::ProxyVariables& variables) {
  if (config.proxy) return config;
  CRESSET_TRY(url, net::parse_url(config.server));
  CRESSET_TRY(proxy, net::proxy_for(url, variables));
  config.proxy = std::move(proxy);
  return config;
}

base::Result<ClusterConfig> config_from_kubeconfig(const std::string& path,
                                                   const std::string& context) {
  CRESSET_TRY(files, read_all(path));
  CRESSET_TRY(config, parse_kubeconfig(files, context, [](const std::string& file) {
                return base::read_file(file, kMaxConfigBytes);
              }));
  return by_the_usual_proxy(std::move(config), net::proxy_variables());
}

}  // namespace cresset::kube
