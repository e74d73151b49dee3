#include "operator/net/server/answer.h"

#include <utility>

#include <boost/beast/http/status.hpp>

#include "operator/net/client/headers.h"

namespace cresset::net {

namespace {

bool is_own_header(std::string_view name) {
  for (const std::string_view own :
       {"content-length", "transfer-encoding", "connection", "content-type"})
    if (same_name(name, own)) return true;
  return false;
}

void add(std::string& head, std::string_view name, std::string_view value) {
  // A value with a line break could start headers of its own: such a header is left out.
  if (is_token(name) && is_field_value(value))
    head.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

bool may_have_body(int status) { return status >= 200 && status != 204 && status != 304; }

std::string_view reason_of(int status) {
  const auto reason =
      boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(status));
  return {reason.data(), reason.size()};
}

void render_answer(const ServerResponse& response, AnswerStyle style, std::string& head) {
  head.clear();
  head.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  head.append(reason_of(response.status)).append("\r\n");
  if (may_have_body(response.status)) {
    if (!response.content_type.empty()) add(head, "Content-Type", response.content_type);
    head.append("Content-Length: ").append(std::to_string(response.body.size())).append("\r\n");
  }
  for (const auto& [name, value] : response.headers)
    if (!is_own_header(name)) add(head, name, value);
  if (style.close)
    head.append("Connection: close\r\n");
  else if (style.http_1_0)
    head.append("Connection: keep-alive\r\n");
  head.append("\r\n");
}

}  // namespace cresset::net
