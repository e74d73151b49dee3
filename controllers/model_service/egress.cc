#include "controllers/model_service/egress.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <string_view>
#include <vector>

#include "controllers/common/pod_render.h"
#include "controllers/model_service/deployment.h"

namespace cresset::controllers::model_service {

using base::Json;

namespace {

// The others are where the DNS pods of OpenShift and of Gardener listen, behind port 53 of a
// Service.
constexpr std::array<int, 3> kDnsPorts = {53, 5353, 8053};
// Metadata services that are not at a link-local address.
constexpr char kOfAlibaba[] = "100.100.100.200/32";
constexpr char kOfAmazon[] = "fd00:ec2::254/128";
constexpr char kOfAzure[] = "168.63.129.16/32";
constexpr char kOfGoogle[] = "fd20:ce::254/128";
// Where a pod asks Google's (the first is that of AWS and Azure too), and where GKE has the answer
// come from on the node.
constexpr std::array<const char*, 3> kGoogleIdentity = {"169.254.169.254/32", "169.254.169.252/32",
                                                        kOfGoogle};
constexpr std::array<int, 2> kGoogleIdentityPorts = {80, 988};
constexpr int kHttpPort = 80;
constexpr int kHttpsPort = 443;
constexpr int kMaxPort = 65535;
constexpr size_t kMaxLabel = 63;  // of a name (RFC 1035), and of a namespace

struct Address {
  std::string host;  // in lower case, without brackets; "" = the provider's own
  int port = kHttpsPort;
};

int port_in(std::string_view text, int otherwise) {
  int port = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, port);
  const bool is_port = read.ec == std::errc{} && read.ptr == end && port >= 1 && port <= kMaxPort;
  return is_port ? port : otherwise;
}

// Total: the worker says what is wrong with an endpoint that is none.
Address address_of(std::string_view endpoint) {
  const int usual = endpoint.starts_with("http://") ? kHttpPort : kHttpsPort;
  if (const size_t scheme = endpoint.find("://"); scheme != std::string_view::npos)
    endpoint.remove_prefix(scheme + 3);
  endpoint = endpoint.substr(0, endpoint.find_first_of("/?#"));
  if (const size_t user = endpoint.rfind('@'); user != std::string_view::npos)
    endpoint.remove_prefix(user + 1);
  std::string_view host = endpoint.substr(0, endpoint.find(':'));
  std::string_view rest = endpoint.substr(host.size());
  if (endpoint.starts_with('[')) {
    const size_t close = std::min(endpoint.find(']'), endpoint.size());
    host = endpoint.substr(1, close - 1);
    rest = endpoint.substr(std::min(close + 1, endpoint.size()));
  }
  Address address{std::string(host), usual};
  for (char& c : address.host) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (rest.starts_with(':')) address.port = port_in(rest.substr(1), usual);
  return address;
}

bool is_ip(const std::string& host) {
  in6_addr any{};
  return inet_pton(AF_INET, host.c_str(), &any) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &any) == 1;
}

// Of RFC 1918, of RFC 6598 (100.64.0.0/10) or of RFC 4193 (fc00::/7): it may be a Service's own.
bool is_private_ip(const std::string& host) {
  if (in_addr v4{}; inet_pton(AF_INET, host.c_str(), &v4) == 1) {
    const uint32_t ip = ntohl(v4.s_addr);
    return ip >> 24 == 10 || ip >> 20 == 0xac1 || ip >> 16 == 0xc0a8 || ip >> 22 == 0x191;
  }
  in6_addr v6{};
  return inet_pton(AF_INET6, host.c_str(), &v6) == 1 && (v6.s6_addr[0] & 0xfe) == 0xfc;
}

bool is_namespace(std::string_view text) {
  const auto is_inner = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  return !text.empty() && text.size() <= kMaxLabel && text.front() != '-' && text.back() != '-' &&
         std::all_of(text.begin(), text.end(), is_inner);
}

// NAME is of namespace `own`; NAME.NS, NAME.NS.svc and NAME.NS.svc.… are of NS, though the first
// may be a name outside as well; "" = of none that can be told.
std::string namespace_of(std::string_view host, const std::string& own) {
  std::vector<std::string_view> labels;
  while (!host.empty()) {
    const size_t dot = std::min(host.find('.'), host.size());
    labels.push_back(host.substr(0, dot));
    host.remove_prefix(std::min(dot + 1, host.size()));
  }
  if (labels.size() == 1) return own;
  if (labels.size() == 2 && is_namespace(labels[1])) return std::string(labels[1]);
  for (size_t i = 2; i < labels.size(); ++i)
    if (labels[i] == "svc" && is_namespace(labels[i - 1])) return std::string(labels[i - 1]);
  return "";
}

// The namespaces whose pods may be behind `host`; null = none are.
Json namespaces_behind(const std::string& host, const std::string& own) {
  if (is_ip(host)) return is_private_ip(host) ? Json::object() : Json();
  const std::string ns = namespace_of(host, own);
  if (ns.empty()) return {};
  return {{"matchLabels", {{"kubernetes.io/metadata.name", ns}}}};
}

Json port_of(int number, const char* protocol) {
  return {{"port", number}, {"protocol", protocol}};
}

Json block(const char* cidr, Json except) {
  Json inside = {{"cidr", cidr}, {"except", std::move(except)}};
  return {{"ipBlock", std::move(inside)}};
}

// What may be behind a Service without a selector too.
Json everywhere_but_metadata(int number) {
  const Json v4 = block("0.0.0.0/0", Json::array({"169.254.0.0/16", kOfAlibaba, kOfAzure}));
  const Json v6 = block("::/0", Json::array({"fe80::/10", kOfAmazon, kOfGoogle}));
  return {{"to", Json::array({v4, v6})}, {"ports", Json::array({port_of(number, "TCP")})}};
}

Json google_identity() {
  Json rule = {{"to", Json::array()}, {"ports", Json::array()}};
  for (const char* cidr : kGoogleIdentity) rule["to"].push_back({{"ipBlock", {{"cidr", cidr}}}});
  for (const int port : kGoogleIdentityPorts) rule["ports"].push_back(port_of(port, "TCP"));
  return rule;
}

}  // namespace

Json egress_rules(const crds::ModelService& service, const std::string& model_uri) {
  const worker_contract::StorageSpec& storage = service.spec.storage;
  Json dns = {{"ports", Json::array()}};
  for (const int port : kDnsPorts)
    for (const char* protocol : {"UDP", "TCP"}) dns["ports"].push_back(port_of(port, protocol));
  Json rules = Json::array({std::move(dns)});
  if (model_uri.starts_with("file://")) return rules;
  const Address store = storage.endpoint.empty() ? Address{} : address_of(storage.endpoint);
  if (Json selector = namespaces_behind(store.host, service.meta.ns); !selector.is_null()) {
    const Json pods = {{"namespaceSelector", std::move(selector)}};
    const Json rule = {{"to", Json::array({pods})}};
    rules.push_back(rule);
  }
  rules.push_back(everywhere_but_metadata(store.port));
  const auto buckets = worker_contract::buckets_of({model_uri});
  if (has_google_identity(storage, buckets, service.spec.pod)) rules.push_back(google_identity());
  return rules;
}

Json make_egress_policy(const crds::ModelService& service, const std::string& revision,
                        Json rules) {
  const std::string& name = service.meta.name;
  Json object = child_of(service, kube::kNetworkPolicies, deployment_name(name, revision),
                         revision_labels(name, revision));
  object["spec"] = {{"podSelector", {{"matchLabels", revision_selector(name, revision)}}},
                    {"policyTypes", Json::array({"Egress"})},
                    {"egress", std::move(rules)}};
  return object;
}

}  // namespace cresset::controllers::model_service
