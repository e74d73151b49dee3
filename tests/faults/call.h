#pragma once
// Call: one request to the API server, in the words of Kubernetes: verb, group, resource,
// namespace, name, subresource, query. Pure values; any thread.
//
//   Call call = parse_call("GET", "/api/v1/pods?watch=true");   // call.verb == "watch"

#include <string>
#include <utility>
#include <vector>

namespace cresset::faults {

struct Call {
  std::string method;
  std::string verb;  // get list watch create update patch delete deletecollection; "" = no resource
  std::string prefix;  // /api/v1 or /apis/GROUP/VERSION
  std::string group;
  std::string resource;
  std::string ns;
  std::string name;
  std::string subresource;
  std::string path;                                        // as it came, when it names no resource
  std::vector<std::pair<std::string, std::string>> query;  // as they came, percent-encoded

  bool writes() const;
  // Leases are renewed on their own time, token reviews change nothing: neither is counted.
  bool counts() const { return writes() && resource != "leases" && resource != "tokenreviews"; }
  // A watch that begins with all there is.
  bool streams_list() const;
  const std::string* parameter(const std::string& key) const;
  void set_parameter(const std::string& key, const std::string& value);
  void drop_parameter(const std::string& key);
  // The request's target again, after changes.
  std::string target() const;
};

Call parse_call(const std::string& method, const std::string& target);

}  // namespace cresset::faults
