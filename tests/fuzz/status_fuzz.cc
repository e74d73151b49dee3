// Any bytes as the answer of an API server that refuses: the first byte is its status, counted from
// 300. The error has the kind that the status and the body's fields ask for, found out here by
// other means, and says what the server said, in bounds.

#include <algorithm>

#include "operator/kube/core/request.h"
#include "tests/fuzz/target.h"

namespace {

using cresset::base::Error;
using cresset::base::ErrorKind;
using cresset::base::Json;
using cresset::fuzz::kPlanted;
using cresset::fuzz::require;

constexpr size_t kLongest = 1024;
constexpr size_t kLongestShown = 600;

std::string text_of(const Json& object, const char* key) {
  if (!object.is_object() || !object.contains(key) || !object[key].is_string()) return "";
  return object[key].get<std::string>();
}

bool says(const Json& status, const char* words) {
  return text_of(status, "message").find(words) != std::string::npos;
}

size_t version_cause(const Json& status) {
  if (!status.is_object()) return 0;
  const Json causes = status.value("details", Json()).is_object()
                          ? status["details"].value("causes", Json())
                          : Json();
  if (!causes.is_array()) return 0;
  const auto found = std::find_if(causes.begin(), causes.end(), [](const Json& cause) {
    return text_of(cause, "reason") == "ResourceVersionTooLarge";
  });
  return found == causes.end() ? 0 : found - causes.begin() + 1;
}

ErrorKind of_server_trouble(int code, const Json& status) {
  if (code == 504 && (version_cause(status) > 0 || says(status, "Too large resource version")))
    return ErrorKind::kGone;
  if (code == 504) return ErrorKind::kTimeout;
  if (says(status, "failed calling webhook")) return ErrorKind::kForbidden;
  return code >= 500 ? ErrorKind::kUnavailable : ErrorKind::kInvalid;
}

ErrorKind expected(int code, const Json& status) {
  switch (code) {
    case 400:
    case 422:
      return ErrorKind::kInvalid;
    case 401:
      return ErrorKind::kUnauthorized;
    case 403:
      return ErrorKind::kForbidden;
    case 404:
      return ErrorKind::kNotFound;
    case 405:
    case 406:
    case 415:
      return ErrorKind::kUnsupported;
    case 409:
      return text_of(status, "reason") == "AlreadyExists" ? ErrorKind::kAlreadyExists
                                                          : ErrorKind::kConflict;
    case 410:
      return ErrorKind::kGone;
    case 413:
      return ErrorKind::kTooLarge;
    case 429:
      return ErrorKind::kExhausted;
    default:
      return of_server_trouble(code, status);
  }
}

Error read(int code, std::string_view body) {
  if (kPlanted && code == 505) return cresset::base::timed_out("?");
  return cresset::kube::status_error(code, body);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1 || size > kLongest) return 0;
  const int code = 300 + data[0];
  const auto body = cresset::fuzz::view(data + 1, size - 1);
  const auto parsed = cresset::base::parse_json(body);
  const Json status = parsed ? *parsed : Json::object();
  const Error error = read(code, body);
  require(error.kind() == expected(code, status));
  require(error.message().ends_with(" (HTTP " + std::to_string(code) + ")"));
  const std::string said = text_of(status, "message");
  require(error.message().starts_with(said));
  require(!said.empty() || error.message().size() <= kLongestShown);
  return 0;
}
