#include "tests/faults/watch_pump.h"

#include <boost/asio/write.hpp>

namespace cresset::faults {

namespace {

using Parser = http::response_parser<http::buffer_body>;

// A watch that was refused is an answer like any other.
void pass_refusal(Tls& upstream, boost::beast::flat_buffer& buffer, Parser& head,
                  Tls& operator_side) {
  http::response_parser<http::string_body> whole(std::move(head));
  http::read(upstream, buffer, whole);
  HttpResponse response = whole.release();
  response.prepare_payload();
  http::write(operator_side, response);
}

void write_chunk(Tls& operator_side, const std::string& piece) {
  asio::write(operator_side, http::make_chunk(asio::buffer(piece)));
}

class Pump {
 public:
  Pump(World& world, const Watch& watch, asio::io_context& context, Tls& upstream,
       Tls& operator_side)
      : filter_(world, watch),
        context_(context),
        upstream_(upstream),
        operator_side_(operator_side) {}
  ~Pump() {
    boost::system::error_code ignored;
    upstream_.next_layer().close(ignored);
    operator_side_.next_layer().cancel(ignored);
    context_.restart();
    context_.run();  // what was begun ends, cancelled
  }

  void run() {
    parser_.body_limit(boost::none);
    http::read_header(upstream_, buffer_, parser_);
    const bool silent = filter_.silent();
    if (!silent && parser_.get().result() != http::status::ok)
      return pass_refusal(upstream_, buffer_, parser_, operator_side_);
    if (!silent) write_header();
    operator_side_.next_layer().async_wait(asio::ip::tcp::socket::wait_read,
                                           [this](auto error) { operator_left_ = !error; });
    read_more();
    flush();
    while (!operator_left_ && goes_on()) {
      context_.restart();
      if (const auto due = filter_.next())
        context_.run_one_until(*due);
      else
        context_.run_one();
      flush();
    }
    if (!operator_left_ && done_) asio::write(operator_side_, http::make_chunk_last());
  }

 private:
  bool goes_on() const {
    return filter_.silent() || (!filter_.ended() && (!done_ || filter_.next()));
  }

  void write_header() {
    http::response<http::empty_body> head;
    head.result(parser_.get().result());
    head.set(http::field::content_type, parser_.get()[http::field::content_type]);
    head.chunked(true);
    http::response_serializer<http::empty_body> serializer(head);
    http::write_header(operator_side_, serializer);
  }

  void read_more() {
    parser_.get().body().data = bytes_;
    parser_.get().body().size = sizeof(bytes_);
    http::async_read_some(upstream_, buffer_, parser_, [this](auto error, size_t) {
      filter_.feed({bytes_, sizeof(bytes_) - parser_.get().body().size});
      done_ = parser_.is_done() || (error && error != http::error::need_buffer);
      if (!done_) read_more();
    });
  }

  void flush() {
    for (const auto& piece : filter_.take(std::chrono::steady_clock::now()))
      write_chunk(operator_side_, piece);
  }

  WatchFilter filter_;
  asio::io_context& context_;
  Tls& upstream_;
  Tls& operator_side_;
  Parser parser_;
  boost::beast::flat_buffer buffer_;
  char bytes_[16384];
  bool operator_left_ = false;
  bool done_ = false;
};

}  // namespace

void pump_watch(World& world, const Watch& watch, asio::io_context& context, Tls& upstream,
                Tls& operator_side) {
  Pump(world, watch, context, upstream, operator_side).run();
}

}  // namespace cresset::faults
