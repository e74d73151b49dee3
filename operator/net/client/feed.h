#pragma once
// feed: gives a parser (RequestParser, ResponseParser) what has arrived, as far as it takes it, and
// works around what Beast 1.74 gets wrong about it. One Loop. Private to net.

#include <utility>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>

namespace cresset::net {

// Beast asserts that a last chunk which it has seen in part ("0\r\n") comes with at least so many
// bytes when it is shown again; the shortest whole one has as many.
inline constexpr size_t kLastChunkBytes = 5;

// An error is final. Without one the parser is done, or it wants more bytes than there are. The
// parser remembers by hold_back that what is left of a chunk's head is too short to be shown again.
template <typename Parser>
boost::system::error_code feed(Parser& parser, boost::beast::flat_buffer& input) {
  namespace http = boost::beast::http;
  if (parser.holds_back() && input.size() < kLastChunkBytes) return {};
  parser.hold_back(false);
  while (input.size() > 0 && !parser.is_done()) {
    boost::system::error_code error;
    input.consume(parser.put(input.data(), error));
    if (error == http::error::need_more) {
      parser.hold_back(parser.is_header_done() && parser.chunked());
      return {};
    }
    if (error) return error;
  }
  return {};
}

}  // namespace cresset::net
