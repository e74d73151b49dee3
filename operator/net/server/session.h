#pragma once
// Session: one connection of the server, from its handshake to its close. It reads requests one
// after the other (what a client sends ahead waits in the bounded buffer), hands each to the
// handler and writes the answer. One read is always outstanding, so that a client that leaves is
// noticed while its request is being worked on. Everything runs on the session's Loop but `send`
// and `gone`, which any thread may call; the request's Reply and the handlers keep it alive.
// Private to net.

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "operator/net/client/deadline.h"
#include "operator/net/client/loop.h"
#include "operator/net/client/tls.h"
#include "operator/net/client/transport.h"
#include "operator/net/server/request_parser.h"

#include <boost/beast/core/flat_buffer.hpp>

namespace cresset::net {

class Session;

// How many sessions a server has open. Any thread.
class OpenCount {
 public:
  size_t value() const { return value_; }
  void add();
  void remove();
  // False when some are still open after `span`.
  bool wait_for_none(std::chrono::milliseconds span);

 private:
  std::atomic<size_t> value_{0};
  std::mutex mutex_;
  std::condition_variable none_;
};

// What the sessions of one Loop share; touched on that Loop only, but for `open`.
struct SessionGroup {
  std::shared_ptr<Loop> loop;
  std::shared_ptr<const ServerOptions> options;
  Handler handler;
  std::shared_ptr<OpenCount> open;
  std::unordered_map<Session*, std::shared_ptr<Session>> sessions;
  bool draining = false;
};

class Session : public Reply::Sink, public std::enable_shared_from_this<Session> {
 public:
  Session(std::shared_ptr<SessionGroup> group, boost::asio::ip::tcp::socket socket,
          TlsContext secure);
  ~Session() override;

  void start();
  // Closes when idle, else after the answer that is due.
  void drain();
  void close();

  void send(ServerResponse response) override;
  bool gone() const override { return gone_; }

 private:
  enum class State { kReading, kContinuing, kHandling, kWriting, kLingering, kClosed };

  void shake_hands();
  void read();
  void received(boost::system::error_code error, size_t size);
  void parse();
  void refuse(const boost::system::error_code& error);
  void refuse_with(int status, const std::string& why);
  void say_continue();
  void handle();
  void answer(ServerResponse response);
  void wrote(boost::system::error_code error);
  void expect_request();
  void next();
  void linger();
  void deadline_passed();

  std::shared_ptr<SessionGroup> group_;
  std::shared_ptr<Loop> loop_;
  Transport transport_;
  TlsContext secure_;
  boost::beast::flat_buffer input_;
  std::optional<RequestParser> parser_;
  Deadline deadline_;
  State state_ = State::kReading;
  std::string remote_;
  std::string head_;
  ServerResponse response_;
  bool reading_ = false;
  bool head_request_ = false;
  bool keep_alive_ = true;
  bool http_1_0_ = false;
  bool said_continue_ = false;
  bool ended_ = false;    // the client sends no more
  bool refused_ = false;  // bytes of the request may still be on their way
  bool closes_ = false;   // after the answer being written
  size_t lingered_ = 0;
  std::atomic<bool> gone_{false};
};

}  // namespace cresset::net
