#pragma once
// What the flags of `cresset operator` and `cresset gateway` say, and the checks that name a flag.
// Values. Part of the composition root, as every main_*.h and .cc here.

#include <cstdint>
#include <string>
#include <vector>

#include "operator/base/log.h"
#include "operator/base/result.h"

namespace cresset {

struct Address {
  std::string host;
  uint16_t port = 0;
};
// "0.0.0.0:8080" or "[::]:8080"; the error names `flag`.
base::Result<Address> parse_address(const std::string& flag, const std::string& text);

inline constexpr char kWatchNamespace[] = "--watch-namespace";
inline constexpr char kExtraCaFile[] = "--extra-ca-file";

struct OperatorOptions {
  std::string kubeconfig;
  std::string extra_ca_file;
  std::string ns;        // the operator's own
  std::string pod_name;  // in events and logs; who holds the lease
  std::string pod_ip;    // "": the others of this Deployment cannot reach this one by address
  std::vector<std::string> namespaces;  // where it works; none: in the whole cluster
  int lease_seconds = 15;
  std::string metrics_address = "0.0.0.0:8080";
  std::string coordination_address = "0.0.0.0:8443";
  std::string coordination_url;  // what worker pods are told; "": the Service's name
  std::string gateway_url;       // what ModelServices show
  std::string worker_image;
  std::string worker_cuda_image;
  std::string image_pull_policy = "IfNotPresent";
  base::LogLevel log_level = base::LogLevel::kInfo;
};

struct GatewayFlags {
  std::string kubeconfig;
  std::string extra_ca_file;
  std::string ns;
  std::vector<std::string> namespaces;  // whose services it serves; none: those of all
  std::string pod_name;
  std::string address = "0.0.0.0";
  uint16_t port = 8080;
  std::string leader_url;  // "" = no load reports
  std::string leader_ca;
  std::string token_file;
  size_t max_request_bytes = 64 << 20;
  size_t buffer_bytes = 64 << 20;
  int buffer_seconds = 60;
  base::LogLevel log_level = base::LogLevel::kInfo;
};

// Exit codes of the process.
inline constexpr int kSuccess = 0;
inline constexpr int kFailure = 1;
inline constexpr int kUsage = 2;

int run_operator(OperatorOptions options);
int run_gateway(const GatewayFlags& flags);

}  // namespace cresset
