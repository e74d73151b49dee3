#pragma once
// Session: one connection of the operator: reads requests, does what the plan says about each,
// passes it to the API server and the answer back. Blocks in run(), on a thread of its own; ends
// with the connection. One that is half open passes nothing more until the operator leaves.

#include "tests/faults/world.h"

namespace cresset::faults {

class Session {
 public:
  Session(World& world, asio::io_context& context, asio::ip::tcp::socket socket,
          const Certificates::Shown& shown);
  ~Session();
  void run();

 private:
  // False: the connection is to be closed.
  bool serve(HttpRequest request);
  // What is done to the connection, or to all, instead of an answer.
  bool breaks_off(const std::vector<Rule>& rules);
  bool serve_call(HttpRequest& request, Call& call, int64_t id);
  void serve_watch(HttpRequest& request, Call& call, int64_t id, const std::vector<Rule>& rules);
  void note_request(const HttpRequest& request, const Call& call, int64_t id);
  HttpResponse forward(const HttpRequest& request, const Call& call, int64_t id,
                       const Rule* duplicate);
  bool answer(const Rule& rule, unsigned version);
  bool tell(HttpResponse& response);
  // Half open, until the operator leaves.
  void hang();
  int connection() { return operator_side_.next_layer().native_handle(); }
  // The past that this list or watch is shown, if it is.
  std::optional<Past> past_of(const Call& call);
  void show_past(Call& call);
  // The initial events of a watch that begins in the past and goes on from there.
  std::string begin_in_past(Call& call, HttpRequest like);
  void note_past(const Call& call, const std::string& version);
  std::string version_now(const HttpRequest& like);
  void apply_mutants(HttpRequest& request, const Call& call);

  World& world_;
  asio::io_context& context_;      // this session's own
  const std::string certificate_;  // why it is to be refused; "" = it is not
  Tls operator_side_;
  boost::beast::flat_buffer buffer_;
  UpstreamConnection upstream_;
};

}  // namespace cresset::faults
