#pragma once
// JSON for our kinds and envelopes (nlohmann), behind a check of size, depth and number of elements
// (in memory each is many times the two bytes that it may have as text), with typed access whose
// errors name the field, what was found and what is allowed. Values; any thread. Bulk paths
// (watch caches, tensors) use simdjson in their own files instead.
//
//   CRESSET_TRY(document, parse_json(text, {.max_bytes = 1 << 20}));
//   Reader spec(document.at("spec"), "spec");
//   int epochs = spec.integer("epochs", {.min = 1, .max = 100000}).value_or(10);
//   CRESSET_CHECK(spec.finish());   // the first error met, unknown fields included

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "operator/base/result.h"

namespace cresset::base {

using Json = nlohmann::json;

struct JsonLimits {
  size_t max_bytes = 4 << 20;
  int max_depth = 64;
  size_t max_elements = 0;  // objects, lists and values; 0: one for each eight of max_bytes
  size_t elements() const;
};

Result<Json> parse_json(std::string_view text, JsonLimits limits = {});
// One line, invalid UTF-8 replaced.
std::string dump(const Json& value);
// `text` as it comes back when it was sent by dump(): what is no UTF-8 in it replaced.
std::string valid_utf8(const std::string& text);
// JSON type in the words of Kubernetes: object, array, string, integer, number, boolean, null.
std::string_view type_name(const Json& value);

// The value at a JSON pointer ("/spec/workers/count"), or nullptr.
const Json* find(const Json& value, const std::string& pointer);
// Text, whole number, number or flag at a pointer, or the given default when absent, of another
// type, or (a whole number) beyond 64 bits. For objects that others wrote (pods, nodes); our own
// kinds go through Reader.
std::string text_at(const Json& value, const std::string& pointer, std::string otherwise = "");
int64_t number_at(const Json& value, const std::string& pointer, int64_t otherwise = 0);
double real_at(const Json& value, const std::string& pointer, double otherwise = 0);
bool flag_at(const Json& value, const std::string& pointer, bool otherwise = false);

struct IntegerRange {
  int64_t min = std::numeric_limits<int64_t>::min();
  int64_t max = std::numeric_limits<int64_t>::max();
};
struct NumberRange {
  double min = std::numeric_limits<double>::lowest();
  double max = std::numeric_limits<double>::max();
  bool min_exclusive = false;
};

// Reads one object field by field and keeps the first error. Every getter returns nothing when the
// field is absent (or wrong, which finish() then tells). Not for sharing between threads; must not
// outlive the object it reads.
class Reader {
 public:
  Reader(const Json& object, std::string path);

  std::optional<std::string> text(std::string_view key, size_t max_length = 1024);
  // As text, but not an empty one.
  std::optional<std::string> name(std::string_view key, size_t max_length = 1024);
  std::optional<std::string> one_of(std::string_view key,
                                    std::span<const std::string_view> allowed);
  std::optional<int64_t> integer(std::string_view key, IntegerRange range = {});
  std::optional<double> number(std::string_view key, NumberRange range = {});
  std::optional<bool> flag(std::string_view key);
  std::optional<std::vector<std::string>> texts(std::string_view key, size_t max_items = 1024);
  std::optional<std::vector<int64_t>> integers(std::string_view key, size_t max_items = 1024,
                                               IntegerRange range = {});
  // The raw object or array below `key`; nullptr when absent.
  const Json* object(std::string_view key);
  const Json* array(std::string_view key, size_t max_items = 1024);
  // Anything below `key`, taken as it is.
  const Json* any(std::string_view key);

  // Records "spec.epochs is required" when the field is absent.
  Reader& require(std::string_view key);
  // Records an error of the caller's, if it is the first.
  void add_error(Error error);
  // Takes over the first error of a nested reading.
  void check(const Result<void>& nested);
  const std::string& path() const { return path_; }
  std::string path_of(std::string_view key) const;
  // Whether there is such a field; one that is null is as if it was absent.
  bool has(std::string_view key) const;

  // The first error met; a field that no getter asked for is one (with the known names).
  Result<void> finish();
  // As finish(), but lets unknown fields pass.
  Result<void> finish_lenient() const;

 private:
  const Json* take(std::string_view key);
  void wrong_type(std::string_view key, const Json& found, std::string_view wanted);

  const Json& object_;
  std::string path_;
  std::set<std::string, std::less<>> known_;
  std::optional<Error> error_;
};

}  // namespace cresset::base
