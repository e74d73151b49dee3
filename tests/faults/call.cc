#include "tests/faults/call.h"

#include <algorithm>

namespace cresset::faults {

namespace {

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(at, begin), text.size());
    if (end > begin) parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

void parse_query(Call& call, const std::string& text) {
  for (const auto& part : split(text, '&')) {
    const size_t equals = std::min(part.find('='), part.size());
    call.query.emplace_back(part.substr(0, equals),
                            equals < part.size() ? part.substr(equals + 1) : "");
  }
}

std::string verb_of(const Call& call) {
  if (call.method == "POST") return "create";
  if (call.method == "PUT") return "update";
  if (call.method == "PATCH") return "patch";
  if (call.method == "DELETE") return call.name.empty() ? "deletecollection" : "delete";
  if (!call.name.empty()) return "get";
  const std::string* watch = call.parameter("watch");
  return watch != nullptr && (*watch == "true" || *watch == "1") ? "watch" : "list";
}

}  // namespace

bool Call::writes() const {
  return verb == "create" || verb == "update" || verb == "patch" || verb == "delete" ||
         verb == "deletecollection";
}

bool Call::streams_list() const {
  const std::string* initial = parameter("sendInitialEvents");
  return verb == "watch" && initial != nullptr && *initial == "true";
}

const std::string* Call::parameter(const std::string& key) const {
  for (const auto& [name, value] : query)
    if (name == key) return &value;
  return nullptr;
}

void Call::drop_parameter(const std::string& key) {
  std::erase_if(query, [&](const auto& entry) { return entry.first == key; });
}

void Call::set_parameter(const std::string& key, const std::string& value) {
  drop_parameter(key);
  query.emplace_back(key, value);
}

std::string Call::target() const {
  std::string text = path;
  if (!resource.empty()) {
    text = prefix;
    if (!ns.empty()) text += "/namespaces/" + ns;
    text += "/" + resource;
    if (!name.empty()) text += "/" + name;
    if (!subresource.empty()) text += "/" + subresource;
  }
  char separator = '?';
  for (const auto& [key, value] : query) {
    text += separator + key + "=" + value;
    separator = '&';
  }
  return text;
}

Call parse_call(const std::string& method, const std::string& target) {
  Call call{.method = method};
  const size_t question = std::min(target.find('?'), target.size());
  call.path = target.substr(0, question);
  if (question < target.size()) parse_query(call, target.substr(question + 1));
  auto parts = split(call.path, '/');
  const size_t head = !parts.empty() && parts[0] == "apis" ? 3 : 2;
  if (parts.size() <= head || (parts[0] != "api" && parts[0] != "apis")) return call;
  call.group = head == 3 ? parts[1] : "";
  call.prefix = "/" + parts[0] + "/" + parts[1] + (head == 3 ? "/" + parts[2] : "");
  size_t at = head;
  if (parts[at] == "namespaces" && parts.size() > at + 2) {
    call.ns = parts[at + 1];
    at += 2;
  }
  call.resource = parts[at];
  if (at + 1 < parts.size()) call.name = parts[at + 1];
  if (at + 2 < parts.size()) call.subresource = parts[at + 2];
  call.verb = verb_of(call);
  return call;
}

}  // namespace cresset::faults
