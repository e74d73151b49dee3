#pragma once
// What a header field may look like (RFC 9110, section 5), shared by client and server. Pure
// functions, any thread. `find_header` itself is declared in http_client.h.

#include <string_view>

namespace cresset::net {

// Equal but for the case of ASCII letters.
bool same_name(std::string_view a, std::string_view b);
// A method or a header name: one or more token characters.
bool is_token(std::string_view text);
// No control characters but tab, so that no value can start a line of its own.
bool is_field_value(std::string_view text);

}  // namespace cresset::net
