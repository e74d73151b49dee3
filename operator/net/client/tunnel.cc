#include "operator/net/client/tunnel.h"

#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <memory>

namespace cresset::net {

namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

struct Asking {
  std::string request;
  boost::beast::flat_buffer input;
  http::response_parser<http::empty_body> answer;  // whose header is at most 8 KiB
};

std::string refusal_of(const Asking& asking) {
  const unsigned status = asking.answer.get().result_int();
  // The proxy's own words may be anything.
  if (status / 100 != 2)
    return "it answered " + std::to_string(status) + " " +
           std::string(http::obsolete_reason(asking.answer.get().result()));
  return asking.input.size() > 0 ? "it sent more than an answer" : "";
}

}  // namespace

void open_tunnel(boost::asio::ip::tcp::socket& socket, const std::string& authority,
                 const std::string& authorization, TunnelOpened opened) {
  const auto asking = std::make_shared<Asking>();
  asking->request = "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n";
  if (!authorization.empty()) asking->request += "Proxy-Authorization: " + authorization + "\r\n";
  asking->request += "\r\n";
  asking->answer.skip(true);  // no body follows, whatever the header says
  const auto answered = [asking, opened](error_code error, size_t) {
    if (error) return opened(error, "");
    const std::string refusal = refusal_of(*asking);
    if (!refusal.empty()) error = boost::asio::error::access_denied;
    opened(error, refusal);
  };
  const auto asked = [&socket, asking, opened, answered](error_code error, size_t) {
    if (error) return opened(error, "");
    http::async_read_header(socket, asking->input, asking->answer, answered);
  };
  boost::asio::async_write(socket, boost::asio::buffer(asking->request), asked);
}

}  // namespace cresset::net
