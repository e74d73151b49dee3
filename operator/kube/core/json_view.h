#pragma once
// JsonView: a value of JSON that somebody else holds, to be read: a place in what simdjson has read
// (document.h), or a base::Json. So there is one decoder for what a watch or list sends, of which
// no base::Json is made, and for what comes as one. Lenient, as base::find and base::text_at: what
// is absent or of another type reads as nothing. Of fields of one name the last one counts. Good
// for as long as its holder is, unchanged; the texts as well. A value, the size of four pointers;
// any thread.
//
//   const JsonView status = pod.find("/status");
//   if (status.text_at("/phase") == "Running") …

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "operator/base/json.h"

namespace cresset::kube {

class JsonView {
 public:
  // Deeper than any field of ours, and no deeper than what may be walked by recursion.
  static constexpr int kMaxDepth = 128;

  JsonView() = default;                                 // of nothing
  JsonView(const base::Json& value) : json_(&value) {}  // NOLINT: implicit, as one reads as one
  JsonView(base::Json::initializer_list_t) = delete;    // write base::Json{…}

  // Whether there is a value; null is one.
  explicit operator bool() const { return json_ != nullptr || is_parsed_; }
  bool is_object() const;
  bool is_array() const;
  std::optional<std::string_view> text() const;
  std::optional<bool> flag() const;

  // What is at a JSON pointer ("/spec/nodeName"), and that as a text, number or flag.
  JsonView find(std::string_view pointer) const;
  std::string_view text_at(std::string_view pointer, std::string_view otherwise = "") const;
  int64_t number_at(std::string_view pointer, int64_t otherwise = 0) const;
  bool flag_at(std::string_view pointer, bool otherwise = false) const;

  // Of an array or object: how many there are at most, and each of them, in order.
  size_t size() const;
  void each_item(const std::function<void(const JsonView& item)>& told) const;
  void each_field(
      const std::function<void(std::string_view key, const JsonView& value)>& told) const;

  // A copy. What is nested deeper is left out: whoever can write an object with an open field must
  // not stop those who read all.
  base::Json json(int max_depth = kMaxDepth) const;

 private:
  friend class Document;
  // A simdjson::dom::element as its bytes, so that not everybody compiles simdjson.
  using Parsed = std::array<uint64_t, 2>;
  explicit JsonView(const Parsed& parsed) : parsed_(parsed), is_parsed_(true) {}
  JsonView below(std::string_view key) const;
  base::Json scalar() const;

  const base::Json* json_ = nullptr;
  Parsed parsed_{};
  bool is_parsed_ = false;
};

// A whole object for a decoder that wants it as base::Json; without metadata.managedFields, which
// nobody reads and which are a third of it.
base::Json object_json(const JsonView& object);

}  // namespace cresset::kube
