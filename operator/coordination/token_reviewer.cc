#include "operator/coordination/token_reviewer.h"

#include <algorithm>

#include "crds/worker_contract/names.h"
#include "operator/base/digest.h"

namespace cresset::coordination {

using base::Json;
using base::Result;

namespace {

constexpr std::string_view kAccountPrefix = "system:serviceaccount:";
constexpr size_t kMaxTokenBytes = 16 << 10;

std::string extra(const Json& user, const char* key) {
  const Json* extras = base::find(user, "/extra");
  if (extras == nullptr || !extras->is_object()) return "";
  const auto values = extras->find(key);
  if (values == extras->end() || !values->is_array() || values->empty()) return "";
  return values->front().is_string() ? values->front().get<std::string>() : "";
}

bool for_us(const Json& review) {
  const Json* audiences = base::find(review, "/status/audiences");
  return audiences != nullptr && audiences->is_array() &&
         std::any_of(audiences->begin(), audiences->end(), [](const Json& audience) {
           return audience == Json(worker_contract::kAudience);
         });
}

}  // namespace

Result<Caller> decode_review(const Json& review) {
  if (!base::flag_at(review, "/status/authenticated"))
    return base::fail(base::unauthorized("the API server refused the token: " +
                                         base::text_at(review, "/status/error", "not valid")));
  if (!for_us(review))
    return base::fail(base::unauthorized(std::string("the token is not meant for us: audience \"") +
                                         worker_contract::kAudience + "\" is wanted"));
  const Json& user = review.at("status").at("user");
  const std::string name = base::text_at(user, "/username");
  const size_t colon = name.find(':', kAccountPrefix.size());
  if (!name.starts_with(kAccountPrefix) || colon == std::string::npos)
    return base::fail(
        base::unauthorized("a service account is wanted, the token is of \"" + name + "\""));
  return Caller{.ns = name.substr(kAccountPrefix.size(), colon - kAccountPrefix.size()),
                .account = name.substr(colon + 1),
                .pod_name = extra(user, "authentication.kubernetes.io/pod-name"),
                .pod_uid = base::Uid(extra(user, "authentication.kubernetes.io/pod-uid"))};
}

Result<std::string> bearer_token(std::string_view authorization) {
  constexpr std::string_view kScheme = "Bearer ";
  if (!authorization.starts_with(kScheme) || authorization.size() == kScheme.size())
    return base::fail(
        base::unauthorized("a service account token is wanted: Authorization: Bearer TOKEN"));
  if (authorization.size() > kMaxTokenBytes)
    return base::fail(base::unauthorized("the token is longer than 16 KiB"));
  return std::string(authorization.substr(kScheme.size()));
}

TokenReviewer::TokenReviewer(kube::Api& api, base::Clock& clock, ReviewerOptions options)
    : api_(api), clock_(clock), options_(options) {}

Result<Caller> TokenReviewer::review(const std::string& token) {
  const std::string digest = base::sha256(token);
  {
    std::lock_guard lock(mutex_);
    const auto found = entries_.find(digest);
    if (found != entries_.end() && clock_.mono() < found->second.until) return found->second.answer;
  }
  const auto review =
      api_.create(kube::kTokenReviews, "",
                  {{"apiVersion", kube::kTokenReviews.api_version()},
                   {"kind", kube::kTokenReviews.kind},
                   {"spec", {{"token", token}, {"audiences", {worker_contract::kAudience}}}}});
  if (!review) {
    const auto& error = review.error();
    return base::fail(
        base::unavailable("the API server could not be asked about the token: " + error.message()));
  }
  auto answer = decode_review(*review);
  keep(digest, answer);
  return answer;
}

void TokenReviewer::keep(const std::string& digest, const Result<Caller>& answer) {
  const auto now = clock_.mono();
  std::lock_guard lock(mutex_);
  if (entries_.size() >= options_.max_entries)
    std::erase_if(entries_, [&](const auto& entry) { return entry.second.until <= now; });
  if (entries_.size() >= options_.max_entries) entries_.clear();
  const auto span = answer ? options_.keep_good : options_.keep_bad;
  entries_.insert_or_assign(digest, Entry{answer, now + span});
}

size_t TokenReviewer::remembered() const {
  std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace cresset::coordination
