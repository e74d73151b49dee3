#include "operator/kube/core/request.h"

namespace cresset::kube {

namespace {

constexpr size_t kShownBytes = 512;

// What metav1.Status says, or the first bytes of an answer that is none (a proxy's page).
std::string message_of(const base::Json& status, int http_status, std::string_view body) {
  std::string message = base::text_at(status, "/message");
  if (message.empty()) message = std::string(body.substr(0, kShownBytes));
  if (message.empty()) message = "no message";
  return message + " (HTTP " + std::to_string(http_status) + ")";
}

// The server's cache is behind the version that was asked for: as with 410, only a list without a
// version helps (client-go's reflector treats both alike).
bool is_version_too_large(const base::Json& status) {
  const auto* causes = base::find(status, "/details/causes");
  if (causes != nullptr && causes->is_array())
    for (const auto& cause : *causes)
      if (base::text_at(cause, "/reason") == "ResourceVersionTooLarge") return true;
  return base::text_at(status, "/message").find("Too large resource version") != std::string::npos;
}

// Such a webhook refuses for those who made it: the object's owner is to hear of it, as of a
// webhook that says no, since no other replica of the API server would answer better.
bool is_webhook_away(const base::Json& status) {
  return base::text_at(status, "/message").find("failed calling webhook") != std::string::npos;
}

base::Error of_conflict(const base::Json& status, std::string message) {
  if (base::text_at(status, "/reason") == "AlreadyExists")
    return base::already_exists(std::move(message));
  return base::conflict(std::move(message));
}

}  // namespace

base::Error status_error(int http_status, std::string_view body) {
  const auto parsed = base::parse_json(body);
  const base::Json status = parsed ? *parsed : base::Json::object();
  std::string message = message_of(status, http_status, body);
  switch (http_status) {
    case 400:
    case 422:
      return base::invalid(std::move(message));
    case 401:
      return base::unauthorized(std::move(message));
    case 403:
      return base::forbidden(std::move(message));
    case 404:
      return base::not_found(std::move(message));
    case 409:
      return of_conflict(status, std::move(message));
    case 410:
      return base::gone(std::move(message));
    case 405:
    case 406:
    case 415:
      return base::unsupported(std::move(message));
    case 413:
      return base::too_large(std::move(message));
    case 429:
      return base::exhausted(std::move(message));
    case 504:
      if (is_version_too_large(status)) return base::gone(std::move(message));
      return base::timed_out(std::move(message));
    default:
      if (is_webhook_away(status)) return base::forbidden(std::move(message));
      return http_status >= 500 ? base::unavailable(std::move(message))
                                : base::invalid(std::move(message));
  }
}

}  // namespace cresset::kube
