// fault_proxy: stands between the operator and a real API server and does what a plan says
// (plan.h).
//
//   fault_proxy --upstream https://127.0.0.1:PORT --upstream-ca FILE --plan FILE --trace FILE
//               --pid-file FILE --ca-out FILE [--namespace NS]
//
// Listens on a free port of 127.0.0.1 with a certificate of a CA of its own, which it writes to
// --ca-out, and prints the port. SIGTERM ends it.

#include <csignal>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <thread>

#include "tests/faults/session.h"

namespace cresset::faults {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

void serve_one(World& world, std::shared_ptr<asio::io_context> context,
               asio::ip::tcp::socket socket) {
  try {
    Session(world, *context, std::move(socket), world.certificates.now()).run();
  } catch (const boost::system::system_error&) {
    // A side went away, which is what the plans are about; the trace has what was said before.
  }
}

Upstream upstream_of(const std::string& url) {
  const size_t host = url.find("://") + 3;
  const size_t colon = url.rfind(':');
  return {url.substr(host, colon - host), url.substr(colon + 1)};
}

int run(std::map<std::string, std::string>& options) {
  auto json = base::parse_json(read_file(options["--plan"]));
  auto plan = json ? parse_plan(*json) : tl::unexpected(json.error());
  if (!plan) {
    std::cerr << options["--plan"] << ": " << plan.error().message() << "\n";
    return 2;
  }
  World world(std::move(*plan), {options["--trace"], options["--pid-file"], options["--ca-out"]},
              options["--namespace"], upstream_of(options["--upstream"]));
  world.upstream_tls.add_certificate_authority(asio::buffer(read_file(options["--upstream-ca"])));
  world.upstream_tls.set_verify_mode(asio::ssl::verify_peer);
  asio::io_context context;
  asio::ip::tcp::acceptor acceptor(context, {asio::ip::make_address("127.0.0.1"), 0});
  std::printf("%d\n", acceptor.local_endpoint().port());
  std::fflush(stdout);
  for (;;) {
    auto own = std::make_shared<asio::io_context>();
    auto socket = acceptor.accept(*own);
    std::thread(serve_one, std::ref(world), own, std::move(socket)).detach();
  }
}

}  // namespace
}  // namespace cresset::faults

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  std::map<std::string, std::string> options;
  for (int i = 1; i + 1 < argc; i += 2) options[argv[i]] = argv[i + 1];
  for (const char* needed :
       {"--upstream", "--upstream-ca", "--plan", "--trace", "--pid-file", "--ca-out"})
    if (options[needed].empty()) {
      std::cerr << needed << " is required\n";
      return 2;
    }
  return cresset::faults::run(options);
}
