#pragma once
// How a ServerResponse is put on the wire. Pure functions. Private to net.

#include <string>
#include <string_view>

#include "operator/net/server/http_server.h"

namespace cresset::net {

struct AnswerStyle {
  bool head = false;      // asked by HEAD: lengths as for GET, no body
  bool close = false;     // say that the connection closes
  bool http_1_0 = false;  // say that it does not close
};

// Writes status line and headers into `head`, replacing what it held.
void render_answer(const ServerResponse& response, AnswerStyle style, std::string& head);
// Whether this status may have a body at all.
bool may_have_body(int status);
std::string_view reason_of(int status);

}  // namespace cresset::net
