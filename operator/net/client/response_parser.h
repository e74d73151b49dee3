#pragma once
// ResponseParser: Beast's strict HTTP/1.1 parser with the answer written straight into a Response.
// Trailers are dropped, any transfer coding but "chunked" is refused, the body is bounded. One
// answer each. One Loop. Private to net.

#include <utility>

#include <boost/beast/http/basic_parser.hpp>
#include <functional>
#include <string_view>

#include "operator/net/client/http_client.h"

namespace cresset::net {

class ResponseParser : public boost::beast::http::basic_parser<false> {
 public:
  // Takes a 2xx answer instead of Response::body: first its status and headers, then each piece.
  // False from `piece` says that its consumer is behind; the piece was taken all the same.
  struct Sink {
    std::function<void(const Response&)> header;
    std::function<bool(std::string_view)> piece;
  };

  ResponseParser(size_t max_header_bytes, size_t max_body_bytes, bool head, const Sink* sink);
  Response& response() { return response_; }
  // The body goes to the sink: the header is whole and its status is 2xx.
  bool streaming() const { return streaming_; }
  bool behind() const { return behind_; }

  // For feed().
  bool holds_back() const { return holds_back_; }
  void hold_back(bool value) { holds_back_ = value; }

 private:
  using Text = boost::beast::string_view;
  using Code = boost::beast::error_code;
  void on_request_impl(boost::beast::http::verb, Text, Text, int, Code&) override {}
  void on_response_impl(int code, Text reason, int version, Code& error) override;
  void on_field_impl(boost::beast::http::field name, Text text, Text value, Code& error) override;
  void on_header_impl(Code& error) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, Code& error) override;
  std::size_t on_body_impl(Text piece, Code& error) override;
  void on_chunk_header_impl(std::uint64_t, Text, Code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, Text piece, Code& error) override;
  void on_finish_impl(Code&) override {}

  size_t max_body_bytes_;
  const Sink* sink_;
  bool header_done_ = false;
  bool holds_back_ = false;
  bool streaming_ = false;
  bool behind_ = false;
  Response response_;
};

}  // namespace cresset::net
