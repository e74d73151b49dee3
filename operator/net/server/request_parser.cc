#include "operator/net/server/request_parser.h"

#include <algorithm>
#include <boost/beast/http/error.hpp>
#include <limits>

#include "operator/net/client/headers.h"
#include "operator/net/client/url.h"

namespace cresset::net {

namespace http = boost::beast::http;

namespace {

// Beast joins the lines of a folded header; its value then begins elsewhere than right behind the
// name, where it stands in what was sent.
bool is_folded(boost::beast::string_view name, boost::beast::string_view value) {
  const char* begins = name.data() + name.size() + 1;  // behind the colon
  while (*begins == ' ' || *begins == '\t') ++begins;
  return begins != value.data();
}

bool is_control(char c) {
  return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f';
}

}  // namespace

RequestParser::RequestParser(size_t max_header_bytes, size_t max_body_bytes,
                             const BodyLimitOf* limit_of)
    : limit_{max_body_bytes, ""}, limit_of_(limit_of) {
  header_limit(static_cast<std::uint32_t>(max_header_bytes));
  // Counted here instead, so that every kind of body is bounded in one place.
  basic_parser::body_limit(std::numeric_limits<std::uint64_t>::max());
  eager(true);
}

void RequestParser::refuse(std::string complaint, Code& error) {
  complaint_ = std::move(complaint);
  error = http::error::bad_value;
}

void RequestParser::on_request_impl(http::verb, Text method, Text target, int version, Code&) {
  request_.method = std::string(method);
  request_.target = std::string(target);
  version_ = version;
}

void RequestParser::on_field_impl(http::field name, Text text, Text value, Code& error) {
  if (is_folded(text, value)) return refuse("a header is folded over several lines", error);
  if (header_done_) return;
  const std::string_view found(value.data(), value.size());
  if (name == http::field::host) ++hosts_;
  if (name == http::field::expect) {
    if (!same_name(found, "100-continue"))
      return refuse("the only Expect that is understood is 100-continue", error);
    wants_continue_ = version_ == 11;
  }
  if (name == http::field::transfer_encoding && (version_ == 10 || !same_name(found, "chunked")))
    return refuse("the only Transfer-Encoding that is understood is chunked, in HTTP/1.1", error);
  request_.headers.emplace_back(std::string(text), std::string(found));
}

void RequestParser::on_header_impl(Code& error) {
  header_done_ = true;
  if (hosts_ != 1 && (version_ == 11 || hosts_ > 1))
    return refuse("a request must have one Host header, found " + std::to_string(hosts_), error);
  split_target(error);
  if (error) return;
  // Whoever sends no body need not be asked about.
  const bool has_body = chunked() || content_length().value_or(0) > 0;
  if (has_body && limit_of_ != nullptr && *limit_of_) limit_ = (*limit_of_)(request_);
  if (content_length().value_or(0) > limit_.bytes) error = http::error::body_limit;
}

void RequestParser::split_target(Code& error) {
  std::string_view target = request_.target;
  if (const size_t scheme = target.find("://");
      scheme != std::string_view::npos && scheme < target.find('/')) {
    const size_t slash = target.find('/', scheme + 3);
    target = slash == std::string_view::npos ? "/" : target.substr(slash);
    request_.target = std::string(target);
    target = request_.target;
  }
  if (!target.starts_with('/') && !(target == "*" && request_.method == "OPTIONS"))
    return refuse("the target of a request must be a path that starts with /", error);
  const size_t mark = std::min(target.find('?'), target.size());
  auto path = percent_decode(target.substr(0, mark));
  if (!path) return refuse("the path of the request: " + path.error().message(), error);
  if (path->find('\0') != std::string::npos)
    return refuse("the path of the request holds a zero byte", error);
  request_.path = std::move(*path);
  if (mark < target.size()) request_.query = std::string(target.substr(mark + 1));
}

// Beast comes here even after on_header_impl refused, with the error still set.
void RequestParser::on_body_init_impl(const boost::optional<std::uint64_t>& length, Code& error) {
  if (!error && length) request_.body.reserve(*length);
}

std::size_t RequestParser::on_body_impl(Text piece, Code& error) {
  if (request_.body.size() + piece.size() > limit_.bytes)
    error = http::error::body_limit;
  else
    request_.body.append(piece.data(), piece.size());
  return piece.size();
}

// Others may end a line where this parser does not, at a bare line feed, and see another chunk.
void RequestParser::on_chunk_header_impl(std::uint64_t size, Text extension, Code& error) {
  if (std::any_of(extension.begin(), extension.end(), is_control))
    return refuse("a chunk extension holds a control character", error);
  if (size > limit_.bytes - request_.body.size()) error = http::error::body_limit;
}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t, Text piece, Code& error) {
  return on_body_impl(piece, error);
}

}  // namespace cresset::net
