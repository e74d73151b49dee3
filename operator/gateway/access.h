#pragma once
// Access: may this request ask this service? Open: everybody. Keys: a bearer whose SHA-256 is in
// the spec. Namespace: a service-account token of the service's namespace with audience `cresset`,
// checked by a TokenReview (passed in) whose answer is kept for 60 s by the token's hash; the token
// itself is never kept. A check that needs a review runs on a thread of its own, so that no I/O
// thread waits. Any thread.

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "operator/base/clock.h"
#include "operator/base/result.h"
#include "operator/gateway/routes.h"

namespace cresset::gateway {

// The namespace of the service account that a token belongs to; kUnauthorized when it is not valid.
using ReviewToken = std::function<base::Result<std::string>(const std::string& token)>;

class Access {
 public:
  using Done = std::function<void(base::Result<void>)>;  // kUnauthorized or kForbidden with words

  Access(ReviewToken review, base::Clock& clock);
  ~Access();

  // `done` is called once, before check returns when nothing has to be asked.
  void check(const RoutePtr& route, std::string_view authorization, Done done);

 private:
  struct Kept {
    base::Result<std::string> ns;
    base::MonoTime until;
  };
  struct Job {
    RoutePtr route;
    std::string token;
    std::string hash;
    Done done;
  };
  void work(std::stop_token stop);
  void keep(const std::string& hash, base::Result<std::string> ns);

  ReviewToken review_;
  base::Clock& clock_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<std::string, Kept> kept_;
  std::deque<Job> jobs_;
  std::jthread thread_;  // last: joins before the rest goes
};

}  // namespace cresset::gateway
