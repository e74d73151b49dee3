// Creates and deletes objects over many connections at once, for tests/bench/operator: the bare
// loop that the operator is held against, and the hand that submits many jobs.
//   create_loop KUBECONFIG CONNECTIONS
// opens that many connections, prints "ready", then answers each line of standard input with the
// seconds that it took, from the first request to the last answer:
//   create GROUP VERSION PLURAL FILE     each line of FILE is an object ("core" is the group "")
//   delete GROUP VERSION PLURAL FILE     each line of FILE is NAMESPACE/NAME; without a grace
//   period
// The first error ends the process.

#include <atomic>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iostream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "operator/kube/client/client.h"

namespace cresset {
namespace {

[[noreturn]] void die(const std::string& why) {
  std::fprintf(stderr, "create_loop: %s\n", why.c_str());
  std::_Exit(1);
}

// Calls `one` for each of `count`, `width` at a time; returns the seconds.
double spread(size_t width, size_t count, const std::function<base::Result<void>(size_t)>& one) {
  std::atomic<size_t> next{0};
  const auto begun = std::chrono::steady_clock::now();
  {
    std::vector<std::jthread> threads;
    for (size_t i = 0; i < std::min(width, count); ++i)
      threads.emplace_back([&] {
        for (size_t at = next++; at < count; at = next++)
          if (const auto done = one(at); !done) die(done.error().message());
      });
  }
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream in(path);
  if (!in) die("cannot read " + path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(std::move(line));
  return lines;
}

double create(kube::Client& client, size_t width, const kube::Resource& resource,
              const std::vector<std::string>& lines) {
  std::vector<base::Json> objects;
  for (const auto& line : lines) {
    auto object = base::parse_json(line);
    if (!object) die(object.error().message());
    objects.push_back(std::move(*object));
  }
  return spread(width, objects.size(), [&](size_t i) {
    return client.make(resource, base::text_at(objects[i], "/metadata/namespace"), objects[i]);
  });
}

double remove(kube::Client& client, size_t width, const kube::Resource& resource,
              const std::vector<std::string>& lines) {
  return spread(width, lines.size(), [&](size_t i) {
    const size_t slash = lines[i].find('/');
    return client.remove(resource, {lines[i].substr(0, slash), lines[i].substr(slash + 1)},
                         {.grace_seconds = 0});
  });
}

void serve(kube::Client& client, size_t width) {
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string verb, group, version, plural, path;
    words >> verb >> group >> version >> plural >> path;
    const kube::Resource resource{group == "core" ? "" : group, version, plural, ""};
    if (path.empty() || (verb != "create" && verb != "delete"))
      die("a line is \"create|delete GROUP VERSION PLURAL FILE\", found \"" + line + "\"");
    const auto lines = lines_of(path);
    std::printf("%.6f\n", verb == "create" ? create(client, width, resource, lines)
                                           : remove(client, width, resource, lines));
    std::fflush(stdout);
  }
}

}  // namespace
}  // namespace cresset

int main(int argc, char** argv) {
  using namespace cresset;
  if (argc != 3) die("wants KUBECONFIG CONNECTIONS");
  const auto config = kube::load_config(argv[1]);
  if (!config) die(config.error().message());
  const size_t width = std::stoul(argv[2]);
  kube::Client client(*config, base::silent());
  spread(width, width, [&](size_t) -> base::Result<void> {
    CRESSET_CHECK(client.get_path("/version"));
    return {};
  });
  std::puts("ready");
  std::fflush(stdout);
  serve(client, width);
}
