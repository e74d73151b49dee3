// Any bytes as what a peer sends: the first byte says which side reads them (even: the server, odd:
// the client) and in how large pieces. Read whole or in pieces, a message that is taken is the same
// message; one that is refused is never taken; limits hold.

#include <algorithm>
#include <string>

#include "operator/net/client/feed.h"
#include "operator/net/client/response_parser.h"
#include "operator/net/server/request_parser.h"
#include "tests/fuzz/target.h"

namespace {

using cresset::fuzz::kPlanted;
using cresset::fuzz::require;
using cresset::net::RequestParser;
using cresset::net::ResponseParser;

constexpr size_t kLongest = 1024;
constexpr size_t kMaxBody = 64;
constexpr size_t kMaxHeader = 1 << 20;  // over every input: what a limit does depends on the pieces

struct Outcome {
  bool taken = false;
  bool refused = false;
  std::string message;
  size_t left = 0;
};

void add(std::string& text, const std::vector<std::pair<std::string, std::string>>& headers) {
  for (const auto& [name, value] : headers) text += name + ": " + value + "\n";
}

std::string shown(RequestParser& parser) {
  const auto& request = parser.request();
  require(request.body.size() <= kMaxBody);
  require(request.path.find('\0') == std::string::npos);
  std::string text = request.method + " " + request.target + " " + request.path + " " +
                     request.query + " " + request.body + "\n";
  add(text, request.headers);
  return text;
}

std::string shown(ResponseParser& parser) {
  const auto& response = parser.response();
  require(response.body.size() <= kMaxBody);
  std::string text = std::to_string(response.status) + " " + response.body + "\n";
  add(text, response.headers);
  return text;
}

// As Session and Exchange do it.
template <typename Parser>
Outcome read(Parser parser, std::string_view bytes, size_t step) {
  boost::beast::flat_buffer input;
  while (!bytes.empty() && !parser.is_done()) {
    const std::string_view piece = bytes.substr(0, step);
    bytes.remove_prefix(piece.size());
    std::copy(piece.begin(), piece.end(), static_cast<char*>(input.prepare(piece.size()).data()));
    input.commit(piece.size());
    if (cresset::net::feed(parser, input)) return {.refused = true};
  }
  if (!parser.is_done()) return {};
  size_t left = input.size() + bytes.size();
  if (kPlanted && step == 13 && left > 1) --left;
  return {.taken = true, .message = shown(parser), .left = left};
}

template <typename Make>
void compare(Make make, std::string_view bytes, size_t step) {
  const Outcome whole = read(make(), bytes, bytes.size());
  const Outcome pieces = read(make(), bytes, step);
  require(whole.taken == pieces.taken);
  require(whole.message == pieces.message);
  require(whole.left == pieces.left);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2 || size > kLongest) return 0;
  const auto bytes = cresset::fuzz::view(data + 1, size - 1);
  const size_t step = 1 + data[0] / 2 % 16;
  if (data[0] % 2 == 0)
    compare([] { return RequestParser(kMaxHeader, kMaxBody); }, bytes, step);
  else
    compare([] { return ResponseParser(kMaxHeader, kMaxBody, false, nullptr); }, bytes, step);
  return 0;
}
