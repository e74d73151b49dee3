#include "tests/faults/wire.h"

#include <boost/asio/connect.hpp>
#include <limits>

namespace cresset::faults {

void UpstreamConnection::open() {
  stream_ = std::make_unique<Tls>(context_, tls_);
  buffer_.clear();
  asio::ip::tcp::resolver resolver(context_);
  asio::connect(stream_->next_layer(), resolver.resolve(upstream_.host, upstream_.port));
  stream_->next_layer().set_option(asio::ip::tcp::no_delay(true));
  stream_->handshake(Tls::client);
}

HttpResponse UpstreamConnection::exchange(HttpRequest request) {
  if (!stream_) open();
  try {
    http::write(*stream_, request);
    http::response_parser<http::string_body> parser;
    parser.body_limit(std::numeric_limits<int64_t>::max());
    http::read(*stream_, buffer_, parser);
    HttpResponse response = parser.release();
    if (!response.keep_alive()) close();
    return response;
  } catch (...) {
    close();
    throw;
  }
}

Tls& UpstreamConnection::begin(const HttpRequest& request) {
  open();
  http::write(*stream_, request);
  return *stream_;
}

}  // namespace cresset::faults
