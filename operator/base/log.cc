#include "operator/base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>

#include "operator/base/clock.h"

namespace cresset::base {

namespace {

std::string quoted(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// A pointer, so that a thread has nothing to destroy while others still log at its end.
thread_local const LogFields* fields_of_this_thread = nullptr;

std::string_view name_of(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarn:
      return "warn";
    case LogLevel::kError:
      return "error";
  }
  return "error";
}

Log::Sink standard_error() {
  auto logger = std::make_shared<spdlog::logger>("cresset",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_pattern("%v");
  return [logger](LogLevel, const std::string& line) { logger->log(spdlog::level::info, line); };
}

}  // namespace

Field::Field(std::string_view key, std::string_view value)
    : rendered_("," + quoted(key) + ":" + quoted(value)) {}
Field::Field(std::string_view key, int64_t value)
    : rendered_("," + quoted(key) + ":" + std::to_string(value)) {}
Field::Field(std::string_view key, double value)
    : rendered_("," + quoted(key) + ":" + nlohmann::json(value).dump()) {}
Field::Field(std::string_view key, bool value)
    : rendered_("," + quoted(key) + (value ? ":true" : ":false")) {}

LogFields::LogFields(std::initializer_list<Field> fields) {
  for (const Field& field : fields) rendered_ += field.rendered();
}

LogFields LogFields::of_this_thread() {
  return fields_of_this_thread == nullptr ? LogFields() : *fields_of_this_thread;
}

LogScope::LogScope(const LogFields& fields)
    : outer_(fields_of_this_thread), fields_(LogFields::of_this_thread()) {
  fields_.rendered_ += fields.rendered_;
  fields_of_this_thread = &fields_;
}
LogScope::~LogScope() { fields_of_this_thread = outer_; }

Log::Log(LogLevel least) : Log(least, standard_error()) {}
Log::Log(LogLevel least, Sink sink)
    : least_(least), sink_(std::make_shared<const Sink>(std::move(sink))) {}

Log Log::with(std::initializer_list<Field> fields) const {
  Log child = *this;
  for (const Field& field : fields) child.context_ += field.rendered();
  return child;
}

void Log::debug(std::string_view message, std::initializer_list<Field> fields) const {
  write(LogLevel::kDebug, message, fields);
}
void Log::info(std::string_view message, std::initializer_list<Field> fields) const {
  write(LogLevel::kInfo, message, fields);
}
void Log::warn(std::string_view message, std::initializer_list<Field> fields) const {
  write(LogLevel::kWarn, message, fields);
}
void Log::error(std::string_view message, std::initializer_list<Field> fields) const {
  write(LogLevel::kError, message, fields);
}

void Log::write(LogLevel level, std::string_view message,
                std::initializer_list<Field> fields) const {
  if (level < least_) return;
  std::string line = "{\"time\":\"" + format_micro_time(SystemClock().wall()) + "\",\"level\":\"" +
                     std::string(name_of(level)) + "\",\"message\":" + quoted(message) + context_;
  if (fields_of_this_thread != nullptr) line += fields_of_this_thread->rendered();
  for (const Field& field : fields) line += field.rendered();
  line += "}";
  (*sink_)(level, line);
}

Log silent() {
  return Log(LogLevel::kError, [](LogLevel, const std::string&) {});
}

}  // namespace cresset::base
