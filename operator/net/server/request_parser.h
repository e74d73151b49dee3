#pragma once
// RequestParser: Beast's strict HTTP/1.1 parser with the request written straight into a
// ServerRequest. On top of Beast it refuses transfer codings other than "chunked", a missing or
// second Host, targets that are no path, folded headers, and chunk extensions with control
// characters; trailers are dropped; the body is bounded, a chunk by the length that it announces.
// One request each. One Loop. Private to net.

#include <utility>

#include <boost/beast/http/basic_parser.hpp>
#include <string>
#include <string_view>

#include "operator/net/server/http_server.h"

namespace cresset::net {

class RequestParser : public boost::beast::http::basic_parser<true> {
 public:
  // `limit_of` may be empty, and outlives the parser.
  RequestParser(size_t max_header_bytes, size_t max_body_bytes,
                const BodyLimitOf* limit_of = nullptr);
  ServerRequest& request() { return request_; }
  bool wants_continue() const { return wants_continue_; }
  bool is_http_1_0() const { return version_ == 10; }
  // What a person reads when put() failed for a reason that Beast has no code for.
  const std::string& complaint() const { return complaint_; }

  const BodyLimit& body_limit() const { return limit_; }

  // For feed().
  bool holds_back() const { return holds_back_; }
  void hold_back(bool value) { holds_back_ = value; }

 private:
  using Text = boost::beast::string_view;
  using Code = boost::beast::error_code;
  void on_request_impl(boost::beast::http::verb, Text method, Text target, int version,
                       Code& error) override;
  void on_response_impl(int, Text, int, Code&) override {}
  void on_field_impl(boost::beast::http::field name, Text text, Text value, Code& error) override;
  void on_header_impl(Code& error) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, Code& error) override;
  std::size_t on_body_impl(Text piece, Code& error) override;
  void on_chunk_header_impl(std::uint64_t size, Text extension, Code& error) override;
  std::size_t on_chunk_body_impl(std::uint64_t, Text piece, Code& error) override;
  void on_finish_impl(Code&) override {}
  void split_target(Code& error);
  void refuse(std::string complaint, Code& error);

  BodyLimit limit_;
  const BodyLimitOf* limit_of_;
  int version_ = 11;
  int hosts_ = 0;
  bool header_done_ = false;
  bool holds_back_ = false;
  bool wants_continue_ = false;
  std::string complaint_;
  ServerRequest request_;
};

}  // namespace cresset::net
