#pragma once
// Log: one JSON line an event on standard error: {"time","level","message", key-values}. A Log is a
// small value that carries context (kind, namespace, name, rank) and is passed down; copy it
// freely, any thread may write. The message is a constant; what varies goes into the key-values.
// Log where a thing is handled, once. Levels: error = a human must look; warn = degraded; info = a
// state changed; debug = each pass.
//
// What a piece of work is about goes into a LogScope: then whatever is called on its way says so
// too, though its Log was made long before and knows nothing of it (the API server's client).
//
//   Log log = root.with({{"namespace", ns}, {"name", name}});
//   log.info("pod created", {{"pod", pod}});

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cresset::base {

// A key and its value, rendered as a JSON string or number.
class Field {
 public:
  Field(std::string_view key, std::string_view value);
  Field(std::string_view key, const std::string& value) : Field(key, std::string_view(value)) {}
  Field(std::string_view key, const char* value) : Field(key, std::string_view(value)) {}
  Field(std::string_view key, int64_t value);
  Field(std::string_view key, int value) : Field(key, static_cast<int64_t>(value)) {}
  Field(std::string_view key, size_t value) : Field(key, static_cast<int64_t>(value)) {}
  Field(std::string_view key, double value);
  Field(std::string_view key, bool value);
  // ,"key":value
  const std::string& rendered() const { return rendered_; }

 private:
  std::string rendered_;
};

// Of a LogScope; a value, so that a thread can hand its own to one that helps it.
class LogFields {
 public:
  LogFields() = default;
  LogFields(std::initializer_list<Field> fields);
  // Those of all scopes that this thread is in.
  static LogFields of_this_thread();
  // As in a line, after others.
  const std::string& rendered() const { return rendered_; }

 private:
  friend class LogScope;
  std::string rendered_;
};

// While it lives, every line that its thread writes, by any Log, has these fields beside those of
// the scopes around it. A Log that writes in it has none of their keys. On the stack of its thread.
class LogScope {
 public:
  explicit LogScope(const LogFields& fields);
  ~LogScope();
  LogScope(const LogScope&) = delete;
  LogScope& operator=(const LogScope&) = delete;

 private:
  const LogFields* const outer_;
  LogFields fields_;  // with those of the scopes around it
};

enum class LogLevel { kDebug, kInfo, kWarn, kError };

class Log {
 public:
  // Where lines go: stderr by default; a test passes its own.
  using Sink = std::function<void(LogLevel, const std::string& line)>;
  explicit Log(LogLevel least = LogLevel::kInfo);
  Log(LogLevel least, Sink sink);

  Log with(std::initializer_list<Field> fields) const;
  void debug(std::string_view message, std::initializer_list<Field> fields = {}) const;
  void info(std::string_view message, std::initializer_list<Field> fields = {}) const;
  void warn(std::string_view message, std::initializer_list<Field> fields = {}) const;
  void error(std::string_view message, std::initializer_list<Field> fields = {}) const;

 private:
  void write(LogLevel level, std::string_view message, std::initializer_list<Field> fields) const;

  LogLevel least_;
  std::shared_ptr<const Sink> sink_;
  std::string context_;
};

// A Log that drops everything, for tests that do not look.
Log silent();

}  // namespace cresset::base
