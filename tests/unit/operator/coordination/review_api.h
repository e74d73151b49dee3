#pragma once
// ReviewApi: a FakeApi that knows tokens, as the API server's TokenReview does. Any thread; owned
// by the test.

#include <map>

#include "tests/support/fake_api.h"

namespace cresset::coordination {

struct KnownToken {
  std::string user;  // "system:serviceaccount:NS:NAME"
  std::string pod_name;
  std::string pod_uid;
  std::string audience = "cresset";
};

class ReviewApi : public testing::FakeApi {
 public:
  std::map<std::string, KnownToken> tokens;  // set before use

  base::Result<base::Json> create(const kube::Resource& resource, const std::string& ns,
                                  const base::Json& object) override {
    if (!(resource == kube::kTokenReviews)) return FakeApi::create(resource, ns, object);
    ++reviews_;
    if (down_) return base::fail(base::unavailable("connection refused"));
    return reviewed(object);
  }
  int reviews() const { return reviews_; }
  void set_down(bool down) { down_ = down; }

 private:
  base::Json reviewed(base::Json review) const {
    const auto found = tokens.find(base::text_at(review, "/spec/token"));
    const auto& wanted = review["spec"]["audiences"];
    if (found == tokens.end() || wanted != base::Json::array({found->second.audience})) {
      review["status"] = {{"authenticated", false}, {"error", "invalid bearer token"}};
      return review;
    }
    const KnownToken& token = found->second;
    base::Json extra = base::Json::object();
    if (!token.pod_name.empty())
      extra = {{"authentication.kubernetes.io/pod-name", {token.pod_name}},
               {"authentication.kubernetes.io/pod-uid", {token.pod_uid}}};
    review["status"] = {{"authenticated", true},
                        {"audiences", {token.audience}},
                        {"user", {{"username", token.user}, {"extra", extra}}}};
    return review;
  }

  std::atomic<int> reviews_ = 0;
  std::atomic<bool> down_ = false;
};

}  // namespace cresset::coordination
