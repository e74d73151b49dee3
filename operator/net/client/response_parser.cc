#include "operator/net/client/response_parser.h"

#include <boost/beast/http/error.hpp>
#include <limits>

#include "operator/net/client/headers.h"

namespace cresset::net {

namespace http = boost::beast::http;

ResponseParser::ResponseParser(size_t max_header_bytes, size_t max_body_bytes, bool head,
                               const Sink* sink)
    : max_body_bytes_(max_body_bytes), sink_(sink) {
  header_limit(static_cast<std::uint32_t>(max_header_bytes));
  // Counted here instead: Beast 1.74 takes "no limit" for a limit below every length.
  body_limit(std::numeric_limits<std::uint64_t>::max());
  eager(true);
  skip(head);
}

void ResponseParser::on_response_impl(int code, Text, int, Code&) { response_.status = code; }

void ResponseParser::on_field_impl(http::field name, Text text, Text value, Code& error) {
  if (header_done_) return;
  if (name == http::field::transfer_encoding && !same_name({value.data(), value.size()}, "chunked"))
    error = http::error::bad_transfer_encoding;
  response_.headers.emplace_back(std::string(text), std::string(value));
}

void ResponseParser::on_header_impl(Code& error) {
  header_done_ = true;
  streaming_ = sink_ != nullptr && response_.status / 100 == 2;
  if (streaming_)
    sink_->header(response_);
  else if (!is_done() && content_length().value_or(0) > max_body_bytes_)
    error = http::error::body_limit;
}

// Beast comes here even after on_header_impl refused, with the error still set.
void ResponseParser::on_body_init_impl(const boost::optional<std::uint64_t>& length, Code& error) {
  if (!error && length && !streaming_) response_.body.reserve(*length);
}

std::size_t ResponseParser::on_body_impl(Text piece, Code& error) {
  if (streaming_) {
    behind_ = !sink_->piece({piece.data(), piece.size()});
  } else if (response_.body.size() + piece.size() > max_body_bytes_) {
    error = http::error::body_limit;
  } else {
    response_.body.append(piece.data(), piece.size());
  }
  return piece.size();
}

std::size_t ResponseParser::on_chunk_body_impl(std::uint64_t, Text piece, Code& error) {
  return on_body_impl(piece, error);
}

}  // namespace cresset::net
