#include "operator/net/client/exchange.h"

#include <array>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>

#include "operator/net/client/feed.h"

namespace cresset::net {

namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

constexpr int kMaxInterimAnswers = 8;
constexpr size_t kReadBytes = 8 << 10;
constexpr size_t kMaxReadBytes = 256 << 10;
// To copy more than a TLS record has costs more than another record.
constexpr size_t kMaxJoinedBytes = 16 << 10;

// PUT and DELETE may be sent twice by HTTP's rules, but a second one may meet another object than
// the first, and its answer says nothing of the first. Who writes looks before it writes again.
bool is_read(std::string_view method) {
  for (const std::string_view name : {"GET", "HEAD", "OPTIONS"})
    if (method == name) return true;
  return false;
}

std::string millis(std::chrono::milliseconds span) { return std::to_string(span.count()) + " ms"; }

bool is_by_peer(const error_code& error) {
  return error.category() != http::make_error_code(http::error::need_more).category();
}

Deadline::Time end_of(const std::optional<Exchange::Streaming>& streaming) {
  return streaming ? Deadline::now() + streaming->longest : Deadline::Time::max();
}

}  // namespace

Exchange::Exchange(std::shared_ptr<ClientCore> core, Request request, Url url,
                   HttpClient::Callback done, std::optional<Streaming> streaming)
    : core_(std::move(core)),
      request_(std::move(request)),
      done_(std::move(done)),
      streaming_(std::move(streaming)),
      head_(render_head(request_, url)),
      give_up_(Deadline::now() + request_.timeout),
      stream_ends_(end_of(streaming_)) {
  origin_ = {url.tls, std::move(url.host), std::move(url.port)};
}

void Exchange::start() {
  if (core_->closed) return fail(base::cancelled("the HTTP client is closed"));
  core_->running.insert(this);
  auto idle = streaming_ ? nullptr : core_->pool.take(origin_);
  if (idle == nullptr) return open();
  reused_ = true;
  adopt(std::move(idle));
  write();
}

void Exchange::adopt(std::unique_ptr<Connection> connection) {
  connection_ = std::move(connection);
  connection_->on_deadline([this] { deadline_passed(); });
}

void Exchange::open() {
  Secure secure;
  if (origin_.tls) {
    auto made = core_->secure();
    if (!made) return fail(made.error());
    secure = std::move(*made);
  }
  adopt(std::make_unique<Connection>(core_->context, origin_, core_->options.proxy));
  connection_->deadline().set(std::min(give_up_, Deadline::now() + core_->options.connect_timeout));
  connection_->open(secure.context, secure.server_name.empty() ? origin_.host : secure.server_name,
                    secure.skip_verify,
                    [self = shared_from_this()](error_code error) { self->opened(error); });
}

void Exchange::opened(error_code error) {
  if (finished_) return;
  if (error) return fail(connection_->open_error(error));
  write();
}

void Exchange::write() {
  connection_->deadline().set(give_up_);
  new_parser();
  sent_some_ = true;
  sent_at_ = Deadline::now();
  join_body();
  const std::array<boost::asio::const_buffer, 2> buffers{boost::asio::buffer(head_),
                                                         boost::asio::buffer(request_.body)};
  boost::asio::async_write(
      connection_->transport(), buffers,
      [self = shared_from_this(), on = connection_.get()](error_code error, size_t size) {
        if (self->connection_.get() == on) self->wrote(error, size);
      });
  read();
}

// Under TLS each buffer becomes a record and a packet of its own, for each of which the peer wakes.
void Exchange::join_body() {
  if (connection_->transport().has_tls() && request_.body.size() <= kMaxJoinedBytes)
    head_ += std::exchange(request_.body, {});
}

void Exchange::wrote(error_code error, size_t size) {
  // The read that runs beside it sees the broken connection too, or an early answer.
  written_ = !error;
  if (error && size == 0 && !connection_->transport().has_tls()) sent_some_ = false;
}

void Exchange::new_parser() {
  const ClientOptions& options = core_->options;
  parser_.emplace(options.max_header_bytes, options.max_body_bytes, request_.method == "HEAD",
                  streaming_ ? &streaming_->sink : nullptr);
}

void Exchange::read() {
  size_t wanted = kReadBytes;
  if (parser_->is_header_done())
    wanted = std::max<size_t>(
        wanted, std::min<uint64_t>(parser_->content_length_remaining().value_or(0), kMaxReadBytes));
  connection_->transport().async_read_some(
      connection_->input().prepare(wanted),
      [self = shared_from_this(), on = connection_.get()](error_code error, size_t size) {
        if (self->connection_.get() == on) self->received(error, size);
      });
}

void Exchange::received(error_code error, size_t size) {
  if (finished_) return;
  if (error) {
    const bool whole = parser_->got_some() && parser_->is_header_done() && parser_->need_eof();
    if (error != boost::asio::error::eof || !whole) return broken(error);
    parser_->put_eof(error);
    return error ? broken(error) : answered();
  }
  received_some_ = true;
  connection_->input().commit(size);
  parse();
}

void Exchange::parse() {
  auto& input = connection_->input();
  if (const auto error = feed(*parser_, input)) return broken(error);
  while (parser_->is_done()) {
    if (parser_->response().status / 100 != 1) return answered();
    if (++interim_answers_ > kMaxInterimAnswers) return broken(http::error::bad_status);
    new_parser();
    if (const auto error = feed(*parser_, input)) return broken(error);
  }
  if (input.size() >= core_->options.max_header_bytes + kReadBytes)
    return broken(http::error::header_limit);
  if (!parser_->streaming()) return read();
  if (parser_->behind()) {
    paused_ = true;
    connection_->deadline().clear();
  } else {
    read_more();
  }
}

void Exchange::read_more() {
  connection_->deadline().set(stream_ends_);
  read();
}

void Exchange::resume() {
  if (finished_ || !std::exchange(paused_, false)) return;
  read_more();
}

void Exchange::answered() {
  Response response = std::move(parser_->response());
  const bool reusable =
      parser_->keep_alive() && written_ && connection_->input().size() == 0 && !streaming_;
  if (reusable && core_->is_current(connection_->secure())) core_->pool.put(std::move(connection_));
  finish(std::move(response));
}

bool Exchange::reopens_after(const error_code& error) const {
  return is_by_peer(error) && reused_ && !received_some_ &&
         (!sent_some_ || is_read(request_.method));
}

void Exchange::broken(const error_code& error) {
  if (is_by_peer(error)) drop_unheard();
  if (reopens_after(error)) {
    connection_->close();
    stale_ = std::move(connection_);
    reused_ = false;
    sent_some_ = false;
    written_ = false;
    return open();
  }
  const ClientOptions& options = core_->options;
  if (error == http::error::body_limit)
    return fail(base::too_large("the answer of " + origin_.text() + " is over the limit of " +
                                std::to_string(options.max_body_bytes) + " bytes"));
  if (error == http::error::header_limit)
    return fail(base::too_large("the headers of the answer of " + origin_.text() +
                                " are over the limit of " +
                                std::to_string(options.max_header_bytes) + " bytes"));
  const bool cut =
      error == boost::asio::error::eof || error == boost::asio::ssl::error::stream_truncated;
  const std::string why = cut ? "the connection was closed" : error.message();
  fail(base::unavailable((received_some_ ? "within the answer of " : "waiting for an answer of ") +
                         origin_.text() + ": " + why));
}

void Exchange::deadline_passed() {
  if (parser_ && parser_->streaming()) return answered();
  if (sent_some_) drop_unheard();
  if (!sent_some_ && Deadline::now() < give_up_)
    return fail(base::timed_out(connection_->doing() + " took longer than " +
                                millis(core_->options.connect_timeout)));
  fail(base::timed_out("no answer from " + origin_.text() + " in " + millis(request_.timeout)));
}

void Exchange::cancel() {
  fail(base::cancelled("the request to " + origin_.text() + " was cancelled"));
}

void Exchange::fail(base::Error error) {
  finish(tl::unexpected(ClientError{std::move(error), !sent_some_}));
}

void Exchange::finish(Result result) {
  if (std::exchange(finished_, true)) return;
  const auto self = shared_from_this();
  core_->running.erase(this);
  if (connection_ != nullptr) connection_->close();
  const auto done = std::exchange(done_, nullptr);
  done(std::move(result));
}

}  // namespace cresset::net
