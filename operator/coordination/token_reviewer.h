#pragma once
// TokenReviewer: says who holds a bearer token, by asking the API server (TokenReview, audience
// kAudience). Answers are kept by the token's SHA-256, never by the token: good ones for a minute,
// bad ones for a few seconds, at most `max_entries` of them. Blocks while it asks. Any thread.
//
//   CRESSET_TRY(caller, reviewer.review(token));   // kUnauthorized: refused; else try again

#include <chrono>
#include <map>
#include <mutex>
#include <string>

#include "operator/base/clock.h"
#include "operator/base/result.h"
#include "operator/base/uid.h"
#include "operator/kube/client/client.h"

namespace cresset::coordination {

struct Caller {
  std::string ns;
  std::string account;   // service account
  std::string pod_name;  // "" when the token is bound to no pod
  base::Uid pod_uid;
  bool operator==(const Caller&) const = default;
};

struct ReviewerOptions {
  std::chrono::milliseconds keep_good{60000};
  std::chrono::milliseconds keep_bad{5000};
  size_t max_entries = 20000;
};

// A TokenReview with its status, read. kUnauthorized says why.
base::Result<Caller> decode_review(const base::Json& review);
// The token of "Bearer …", or kUnauthorized.
base::Result<std::string> bearer_token(std::string_view authorization);

class TokenReviewer {
 public:
  TokenReviewer(kube::Api& api, base::Clock& clock, ReviewerOptions options = {});
  base::Result<Caller> review(const std::string& token);
  size_t remembered() const;

 private:
  struct Entry {
    base::Result<Caller> answer;
    base::MonoTime until;
  };
  void keep(const std::string& digest, const base::Result<Caller>& answer);

  kube::Api& api_;
  base::Clock& clock_;
  const ReviewerOptions options_;
  mutable std::mutex mutex_;
  std::map<std::string, Entry> entries_;
};

}  // namespace cresset::coordination
