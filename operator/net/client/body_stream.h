#pragma once
// BodyStream: a bounded queue between the Loop that receives a streamed body and the thread that
// consumes it. The Loop pushes and finishes; one consumer waits and takes. When more than
// kHighWater bytes wait, push says so, and the consumer asks for more after it took them. Private
// to net.

#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "operator/net/client/http_client.h"

namespace cresset::net {

class BodyStream {
 public:
  using Result = tl::expected<Response, ClientError>;

  void header(const Response& response);
  // False: the consumer is behind, push no more until it asked.
  bool push(std::string_view piece);
  void finish(Result result);

  struct Taken {
    std::string piece;          // empty: the stream opened, ended with `result`, or stop was asked
    bool ask_for_more = false;  // the producer waits
    bool opened = false;        // the header came since the last take
    std::optional<Result> result;
  };
  Taken take(std::stop_token stop);
  Response seen_header();

 private:
  static constexpr size_t kHighWater = 1 << 20;

  std::mutex mutex_;
  std::condition_variable_any changed_;
  Response header_;
  std::string pending_;
  bool full_ = false;
  bool opened_ = false;
  std::optional<Result> result_;
};

}  // namespace cresset::net
