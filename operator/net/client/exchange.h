#pragma once
// Exchange: one request from its start to its one result: takes or opens a connection, writes,
// parses the answer, reopens a stale kept-alive connection once for what only reads, keeps the
// deadlines, and gives the connection back, or takes those with it that must be as dead. Kept alive
// by its own handlers. All members run on the client's Loop. Private to net.

#include <memory>
#include <optional>

#include "operator/net/client/client_core.h"
#include "operator/net/client/http_client.h"
#include "operator/net/client/response_parser.h"
#include "operator/net/client/url.h"

namespace cresset::net {

class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  using Result = tl::expected<Response, ClientError>;
  // A stream is fed to `sink`, on a connection of its own.
  struct Streaming {
    ResponseParser::Sink sink;
    std::chrono::milliseconds longest;
  };

  Exchange(std::shared_ptr<ClientCore> core, Request request, Url url, HttpClient::Callback done,
           std::optional<Streaming> streaming);
  void start();
  void cancel();
  // Stops reading the stream until resume(), for a consumer that is behind.
  void pause() { paused_ = true; }
  void resume();

 private:
  void open();
  void opened(boost::system::error_code error);
  void write();
  void join_body();
  void wrote(boost::system::error_code error, size_t size);
  void read();
  // read(), of a stream: until its time is over.
  void read_more();
  void received(boost::system::error_code error, size_t size);
  // Feeds what has arrived to the parser; reads on, or ends the exchange.
  void parse();
  bool reopens_after(const boost::system::error_code& error) const;
  void answered();
  void adopt(std::unique_ptr<Connection> connection);
  void deadline_passed();
  void broken(const boost::system::error_code& error);
  // The peer broke off or said nothing in time. What breaks one connection (a firewall that forgot,
  // a node that is gone) breaks those beside it, and idle ones cannot tell.
  void drop_unheard() { core_->pool.drop(origin_, sent_at_); }
  void fail(base::Error error);
  void finish(Result result);
  void new_parser();

  std::shared_ptr<ClientCore> core_;
  Request request_;
  Origin origin_;
  HttpClient::Callback done_;
  std::optional<Streaming> streaming_;
  std::string head_;  // and the body, once that was joined to it
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<Connection> stale_;  // its handlers may still run
  std::optional<ResponseParser> parser_;
  Deadline::Time give_up_;
  Deadline::Time sent_at_;  // on the connection that it has
  Deadline::Time stream_ends_;
  bool reused_ = false;
  bool sent_some_ = false;
  bool written_ = false;
  bool received_some_ = false;
  bool finished_ = false;
  bool paused_ = false;
  int interim_answers_ = 0;
};

// An error for what cannot be put on the wire: a method, header or body that would break it.
base::Result<void> check_request(const Request& request);
// Request line and headers, with Host and Content-Length.
std::string render_head(const Request& request, const Url& url);

}  // namespace cresset::net
