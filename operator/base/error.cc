#include "operator/base/error.h"

namespace cresset::base {

Error Error::with_context(std::string_view context) const {
  return Error(kind_, std::string(context) + ": " + message_);
}

Error invalid(std::string message) { return {ErrorKind::kInvalid, std::move(message)}; }
Error not_found(std::string message) { return {ErrorKind::kNotFound, std::move(message)}; }
Error already_exists(std::string message) {
  return {ErrorKind::kAlreadyExists, std::move(message)};
}
Error conflict(std::string message) { return {ErrorKind::kConflict, std::move(message)}; }
Error gone(std::string message) { return {ErrorKind::kGone, std::move(message)}; }
Error unauthorized(std::string message) { return {ErrorKind::kUnauthorized, std::move(message)}; }
Error forbidden(std::string message) { return {ErrorKind::kForbidden, std::move(message)}; }
Error too_large(std::string message) { return {ErrorKind::kTooLarge, std::move(message)}; }
Error exhausted(std::string message) { return {ErrorKind::kExhausted, std::move(message)}; }
Error unavailable(std::string message) { return {ErrorKind::kUnavailable, std::move(message)}; }
Error timed_out(std::string message) { return {ErrorKind::kTimeout, std::move(message)}; }
Error cancelled(std::string message) { return {ErrorKind::kCancelled, std::move(message)}; }
Error unsupported(std::string message) { return {ErrorKind::kUnsupported, std::move(message)}; }
Error internal(std::string message) { return {ErrorKind::kInternal, std::move(message)}; }

bool is_invalid(const Error& error) { return error.kind() == ErrorKind::kInvalid; }
bool is_not_found(const Error& error) { return error.kind() == ErrorKind::kNotFound; }
bool is_already_exists(const Error& error) { return error.kind() == ErrorKind::kAlreadyExists; }
bool is_conflict(const Error& error) { return error.kind() == ErrorKind::kConflict; }
bool is_gone(const Error& error) { return error.kind() == ErrorKind::kGone; }
bool is_unauthorized(const Error& error) { return error.kind() == ErrorKind::kUnauthorized; }
bool is_forbidden(const Error& error) { return error.kind() == ErrorKind::kForbidden; }
bool is_cancelled(const Error& error) { return error.kind() == ErrorKind::kCancelled; }

bool is_retryable(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::kConflict:
    case ErrorKind::kExhausted:
    case ErrorKind::kUnavailable:
    case ErrorKind::kTimeout:
      return true;
    default:
      return false;
  }
}

bool is_terminal(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::kInvalid:
    case ErrorKind::kTooLarge:
    case ErrorKind::kUnsupported:
      return true;
    default:
      return false;
  }
}

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInvalid:
      return "Invalid";
    case ErrorKind::kNotFound:
      return "NotFound";
    case ErrorKind::kAlreadyExists:
      return "AlreadyExists";
    case ErrorKind::kConflict:
      return "Conflict";
    case ErrorKind::kGone:
      return "Gone";
    case ErrorKind::kUnauthorized:
      return "Unauthorized";
    case ErrorKind::kForbidden:
      return "Forbidden";
    case ErrorKind::kTooLarge:
      return "TooLarge";
    case ErrorKind::kExhausted:
      return "Exhausted";
    case ErrorKind::kUnavailable:
      return "Unavailable";
    case ErrorKind::kTimeout:
      return "Timeout";
    case ErrorKind::kCancelled:
      return "Cancelled";
    case ErrorKind::kUnsupported:
      return "Unsupported";
    case ErrorKind::kInternal:
      return "Internal";
  }
  return "Internal";
}

}  // namespace cresset::base
