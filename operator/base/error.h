#pragma once
// The one error of the project: a kind that code may branch on, a message for a person, and the
// contexts it passed on its way up ("reading spec.training: ..."). A value: copy and move freely,
// no ownership, any thread. Made and asked by name, so that nobody compares kinds by hand:
//
//   return base::not_found("bucket \"data\" does not exist");
//   if (base::is_retryable(error)) queue.add_later(key, backoff.next());

#include <string>
#include <string_view>

namespace cresset::base {

enum class ErrorKind {
  kInvalid,        // the input is wrong; trying again cannot help
  kNotFound,       // what was named does not exist
  kAlreadyExists,  // a create met an object of that name
  kConflict,       // a precondition (version, uid) did not hold
  kGone,           // the resource version or the member is no longer known (HTTP 410)
  kUnauthorized,   // no or bad credentials (HTTP 401)
  kForbidden,      // known, but not allowed (HTTP 403)
  kTooLarge,       // over a limit (HTTP 413)
  kExhausted,      // throttled or full; try later (HTTP 429)
  kUnavailable,    // the other side cannot be reached or answered 5xx
  kTimeout,        // a deadline passed
  kCancelled,      // we were told to stop
  kUnsupported,    // understood, but this build or server cannot do it
  kInternal,       // a fault of ours
};

class Error {
 public:
  Error(ErrorKind kind, std::string message) : kind_(kind), message_(std::move(message)) {}

  ErrorKind kind() const { return kind_; }
  // The message with its contexts in front: "reading job.yaml: line 3: ...".
  const std::string& message() const { return message_; }
  // "context: message", same kind.
  Error with_context(std::string_view context) const;

  bool operator==(const Error&) const = default;

 private:
  ErrorKind kind_;
  std::string message_;
};

Error invalid(std::string message);
Error not_found(std::string message);
Error already_exists(std::string message);
Error conflict(std::string message);
Error gone(std::string message);
Error unauthorized(std::string message);
Error forbidden(std::string message);
Error too_large(std::string message);
Error exhausted(std::string message);
Error unavailable(std::string message);
Error timed_out(std::string message);
Error cancelled(std::string message);
Error unsupported(std::string message);
Error internal(std::string message);

bool is_invalid(const Error& error);
bool is_not_found(const Error& error);
bool is_already_exists(const Error& error);
bool is_conflict(const Error& error);
bool is_gone(const Error& error);
bool is_unauthorized(const Error& error);
bool is_forbidden(const Error& error);
bool is_cancelled(const Error& error);
// The same call may succeed later: conflict, exhausted, unavailable, timeout.
bool is_retryable(const Error& error);
// Trying again cannot help until the input changes: invalid, too large, unsupported.
bool is_terminal(const Error& error);

// "NotFound": for logs and metrics labels.
std::string_view to_string(ErrorKind kind);

}  // namespace cresset::base
