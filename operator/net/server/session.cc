#include "operator/net/server/session.h"

#include <array>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>

#include "operator/base/address.h"
#include "operator/base/json.h"
#include "operator/net/client/feed.h"
#include "operator/net/server/answer.h"

namespace cresset::net {

namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

constexpr size_t kReadBytes = 8 << 10;
constexpr size_t kMaxReadBytes = 256 << 10;
constexpr size_t kKeptBytes = 64 << 10;       // an idle connection holds no larger buffer
constexpr size_t kMaxLingerBytes = 64 << 20;  // read and dropped after a refusal
constexpr std::chrono::milliseconds kLinger{2000};
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

std::string remote_of(const boost::asio::ip::tcp::socket& socket) {
  error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  if (error) return "";
  return base::host_and_port(endpoint.address().to_string(), endpoint.port());
}

}  // namespace

void OpenCount::add() { ++value_; }

void OpenCount::remove() {
  std::lock_guard lock(mutex_);
  if (--value_ == 0) none_.notify_all();
}

bool OpenCount::wait_for_none(std::chrono::milliseconds span) {
  std::unique_lock lock(mutex_);
  return none_.wait_for(lock, span, [this] { return value_ == 0; });
}

Session::Session(std::shared_ptr<SessionGroup> group, boost::asio::ip::tcp::socket socket,
                 TlsContext secure)
    : group_(std::move(group)),
      loop_(group_->loop),
      transport_(std::move(socket)),
      secure_(std::move(secure)),
      deadline_(loop_->context(), [this] { deadline_passed(); }) {
  group_->open->add();
}

Session::~Session() {
  if (state_ != State::kClosed) group_->open->remove();  // the loop stopped before it could start
}

void Session::start() {
  group_->sessions.emplace(this, shared_from_this());
  remote_ = remote_of(transport_.socket());
  error_code ignored;
  transport_.socket().set_option(boost::asio::ip::tcp::no_delay(true), ignored);
  if (secure_ == nullptr) return next();
  expect_request();
  deadline_.set_in(group_->options->header_timeout);
  transport_.start_tls(*secure_).async_handshake(boost::asio::ssl::stream_base::server,
                                                 [self = shared_from_this()](error_code error) {
                                                   if (error) return self->close();
                                                   if (self->state_ != State::kClosed) self->next();
                                                 });
}

void Session::expect_request() {
  const ServerOptions& options = *group_->options;
  parser_.emplace(options.max_header_bytes, options.max_body_bytes, &options.body_limit_of);
}

void Session::next() {
  if (group_->draining) return close();
  state_ = State::kReading;
  expect_request();
  said_continue_ = false;
  if (input_.size() > 0) {
    deadline_.set_in(group_->options->header_timeout);
    return parse();
  }
  if (ended_) return close();
  deadline_.set_in(group_->options->idle_timeout);
  read();
}

// One read at a time; none while bytes wait, since they would move under it.
void Session::read() {
  if (reading_ || ended_) return;
  reading_ = true;
  size_t wanted = kReadBytes;
  if (state_ == State::kReading && parser_->is_header_done())
    wanted = std::max<size_t>(
        wanted, std::min<uint64_t>(parser_->content_length_remaining().value_or(0), kMaxReadBytes));
  transport_.async_read_some(
      input_.prepare(wanted),
      [self = shared_from_this()](error_code error, size_t size) { self->received(error, size); });
}

void Session::received(error_code error, size_t size) {
  reading_ = false;
  if (state_ == State::kClosed) return;
  if (error) {
    gone_ = true;
    ended_ = true;
    // After a half close the answer still reaches the client.
    const bool answer_due = state_ == State::kHandling || state_ == State::kWriting;
    if (error != boost::asio::error::eof || !answer_due) close();
    return;
  }
  input_.commit(size);
  if (state_ == State::kLingering) {
    lingered_ += size;
    input_.consume(input_.size());
    return lingered_ > kMaxLingerBytes ? close() : read();
  }
  if (state_ != State::kReading) return;
  if (!parser_->got_some()) deadline_.set_in(group_->options->header_timeout);
  parse();
}

void Session::parse() {
  if (const auto error = feed(*parser_, input_)) return refuse(error);
  if (parser_->is_done()) return handle();
  if (input_.size() >= group_->options->max_header_bytes + kReadBytes)
    return refuse(http::error::header_limit);
  if (parser_->is_header_done() && parser_->wants_continue() &&
      !std::exchange(said_continue_, true))
    return say_continue();
  read();
}

void Session::say_continue() {
  state_ = State::kContinuing;
  boost::asio::async_write(transport_, boost::asio::buffer(kContinue),
                           [self = shared_from_this()](error_code error, size_t) {
                             if (error) return self->close();
                             if (self->state_ != State::kContinuing) return;
                             self->state_ = State::kReading;
                             self->read();
                           });
}

void Session::refuse(const error_code& error) {
  const ServerOptions& options = *group_->options;
  if (error == http::error::body_limit) {
    const BodyLimit& limit = parser_->body_limit();
    return refuse_with(413, "the body of the request is over the limit of " +
                                std::to_string(limit.bytes) + " bytes" +
                                (limit.whose.empty() ? "" : ", which is " + limit.whose));
  }
  if (error == http::error::header_limit)
    return refuse_with(431, "the headers of the request are over the limit of " +
                                std::to_string(options.max_header_bytes) + " bytes");
  const std::string& complaint = parser_->complaint();
  refuse_with(400, "broken HTTP request: " + (complaint.empty() ? error.message() : complaint));
}

void Session::refuse_with(int status, const std::string& why) {
  refused_ = true;
  keep_alive_ = false;
  head_request_ = parser_->request().method == "HEAD";
  state_ = State::kHandling;
  answer({.status = status,
          .content_type = "application/json",
          .body = base::dump(base::Json{{"error", why}})});
}

void Session::handle() {
  state_ = State::kHandling;
  deadline_.clear();
  keep_alive_ = parser_->keep_alive();
  http_1_0_ = parser_->is_http_1_0();
  ServerRequest request = std::move(parser_->request());
  head_request_ = request.method == "HEAD";
  request.remote = remote_;
  if (input_.size() == 0) {
    if (input_.capacity() > kKeptBytes) input_.shrink_to_fit();
    read();
  }
  Reply reply(shared_from_this());
  try {
    group_->handler(std::move(request), std::move(reply));
  } catch (const std::exception&) {
    // The Reply went with the exception, and answered 500.
  }
}

void Session::send(ServerResponse response) {
  if (loop_->is_current()) return answer(std::move(response));
  loop_->post([self = shared_from_this(), response = std::move(response)]() mutable {
    self->answer(std::move(response));
  });
}

void Session::answer(ServerResponse response) {
  if (state_ != State::kHandling) return;
  state_ = State::kWriting;
  response_ = std::move(response);
  closes_ = response_.close || !keep_alive_ || group_->draining || ended_;
  render_answer(response_, {.close = closes_, .http_1_0 = http_1_0_}, head_);
  const bool with_body = !head_request_ && may_have_body(response_.status);
  deadline_.set_in(group_->options->idle_timeout);
  const std::array<boost::asio::const_buffer, 2> buffers{
      boost::asio::buffer(head_),
      with_body ? boost::asio::buffer(response_.body) : boost::asio::const_buffer()};
  boost::asio::async_write(
      transport_, buffers,
      [self = shared_from_this()](error_code error, size_t) { self->wrote(error); });
}

void Session::wrote(error_code error) {
  if (state_ != State::kWriting) return;
  if (error) return close();
  response_ = {};
  if (refused_) return linger();
  if (closes_) return close();
  next();
}

// Closing with unread bytes would reset the connection and lose the answer.
void Session::linger() {
  state_ = State::kLingering;
  error_code ignored;
  transport_.socket().shutdown(boost::asio::socket_base::shutdown_send, ignored);
  deadline_.set_in(kLinger);
  if (ended_) return close();
  input_.consume(reading_ ? 0 : input_.size());
  read();
}

void Session::deadline_passed() {
  const auto self = shared_from_this();
  if (state_ == State::kReading && parser_->got_some() && !ended_)
    return refuse_with(408, "the request was not complete within " +
                                std::to_string(group_->options->header_timeout.count()) + " ms");
  close();
}

void Session::drain() {
  if (state_ == State::kLingering || (state_ == State::kReading && !parser_->got_some())) close();
}

void Session::close() {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  gone_ = true;
  deadline_.clear();
  transport_.close();
  const auto self = shared_from_this();
  group_->sessions.erase(this);
  group_->open->remove();
}

}  // namespace cresset::net
