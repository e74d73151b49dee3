#include "operator/kube/core/protobuf.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "operator/base/clock.h"
#include "operator/base/json.h"
#include "operator/kube/core/protobuf_fields.h"
#include "operator/kube/core/protobuf_wire.h"

namespace cresset::kube {

namespace {

using base::Result;

constexpr std::string_view kMagic("k8s\0", 4);

bool is_plain(char c) { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\'; }

std::string quoted(std::string_view text) {
  if (std::all_of(text.begin(), text.end(), is_plain)) return '"' + std::string(text) + '"';
  return base::dump(std::string(text));
}

// One text or message of a message, the last one of that number; "" without one.
Result<std::string_view> bytes_of(std::string_view message, uint32_t number) {
  std::string_view found;
  WireFields fields(message);
  while (const auto* field = fields.next())
    if (field->number == number && field->has_bytes) found = field->bytes;
  CRESSET_CHECK(fields.outcome());
  return found;
}

// Writes one object.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) { out_ += '{'; }
  void end() { out_ += '}'; }

  void text(std::string_view name, std::string_view value) {
    key(name);
    out_ += quoted(value);
  }
  Result<void> fields(std::string_view message, ProtobufFields known);

 private:
  void key(std::string_view name) {
    if (out_.back() != '{') out_ += ',';
    out_ += '"';
    out_ += name;
    out_ += "\":";
  }
  void number(std::string_view name, int64_t value) {
    key(name);
    out_ += std::to_string(value);
  }
  Result<void> one(const ProtobufField& known, const WireField& field);
  Result<void> several(std::string_view message, const ProtobufField& known);
  Result<void> object(std::string_view message, ProtobufFields known);
  Result<void> time(const ProtobufField& known, std::string_view message);
  Result<void> texts(std::string_view message, const ProtobufField& known);

  std::string& out_;
};

bool is_of_several(ProtobufShape shape) {
  return shape == ProtobufShape::kTexts || shape == ProtobufShape::kObjects;
}

// Of a field that stands there twice the last one counts; those of a list may stand apart.
Result<void> Writer::fields(std::string_view message, ProtobufFields known) {
  std::array<std::optional<WireField>, kMostProtobufFields> last;
  WireFields all(message);
  while (const auto* field = all.next())
    for (size_t i = 0; i < known.size(); ++i)
      if (known[i].number == field->number) last[i] = *field;
  CRESSET_CHECK(all.outcome());
  for (size_t i = 0; i < known.size(); ++i) {
    if (!last[i]) continue;
    CRESSET_CHECK(is_of_several(known[i].shape) ? several(message, known[i])
                                                : one(known[i], *last[i]));
  }
  return {};
}

Result<void> Writer::one(const ProtobufField& known, const WireField& field) {
  switch (known.shape) {
    case ProtobufShape::kNumber:
      if (!field.has_bytes) number(known.name, static_cast<int64_t>(field.value));
      return {};
    case ProtobufShape::kFlag:
      if (!field.has_bytes) (key(known.name), out_ += field.value != 0 ? "true" : "false");
      return {};
    case ProtobufShape::kTime:
      return time(known, field.bytes);
    case ProtobufShape::kObject:
      key(known.name);
      return object(field.bytes, known.fields);
    default:
      if (field.has_bytes) text(known.name, field.bytes);
      return {};
  }
}

Result<void> Writer::object(std::string_view message, ProtobufFields known) {
  Writer part(out_);
  CRESSET_CHECK(part.fields(message, known));
  part.end();
  return {};
}

// An empty one is null in JSON.
Result<void> Writer::time(const ProtobufField& known, std::string_view message) {
  // The years 1 to 9999, more than which RFC 3339 cannot say.
  constexpr int64_t kFirst = -62135596800;
  constexpr int64_t kLast = 253402300799;
  std::optional<int64_t> seconds;
  WireFields fields(message);
  while (const auto* field = fields.next())
    if (field->number == 1 && !field->has_bytes) seconds = static_cast<int64_t>(field->value);
  CRESSET_CHECK(fields.outcome());
  if (seconds && *seconds >= kFirst && *seconds <= kLast)
    text(known.name, base::format_time(base::WallTime(std::chrono::seconds(*seconds))));
  return {};
}

Result<void> Writer::several(std::string_view message, const ProtobufField& known) {
  key(known.name);
  if (known.shape == ProtobufShape::kTexts) return texts(message, known);
  out_ += '[';
  WireFields fields(message);
  for (bool first = true; const auto* field = fields.next();) {
    if (field->number != known.number) continue;
    if (!std::exchange(first, false)) out_ += ',';
    CRESSET_CHECK(object(field->bytes, known.fields));
  }
  out_ += ']';
  return {};
}

Result<void> Writer::texts(std::string_view message, const ProtobufField& known) {
  Writer made(out_);
  WireFields fields(message);
  while (const auto* field = fields.next()) {
    if (field->number != known.number) continue;
    CRESSET_TRY(name, bytes_of(field->bytes, 1));
    CRESSET_TRY(value, bytes_of(field->bytes, 2));
    if (out_.back() != '{') out_ += ',';
    out_ += quoted(name) + ':' + quoted(value);
  }
  made.end();
  return {};
}

// runtime.Unknown: what it is and its bytes.
Result<void> write_object(std::string_view bytes, std::string& out) {
  if (!is_protobuf(bytes))
    return base::fail(base::invalid("broken protobuf: no \"k8s\" before it"));
  bytes.remove_prefix(kMagic.size());
  CRESSET_TRY(type, bytes_of(bytes, 1));
  CRESSET_TRY(raw, bytes_of(bytes, 2));
  CRESSET_TRY(encoding, bytes_of(bytes, 3));
  if (!encoding.empty())
    return base::fail(base::unsupported(
        "protobuf in an encoding of its own: " + base::dump(std::string(encoding.substr(0, 64))) +
        "; allowed: none"));
  CRESSET_TRY(api_version, bytes_of(type, 1));
  CRESSET_TRY(kind, bytes_of(type, 2));
  Writer object(out);
  object.text("apiVersion", api_version);
  object.text("kind", kind);
  CRESSET_CHECK(object.fields(raw, protobuf_fields(kind)));
  object.end();
  return {};
}

}  // namespace

bool is_protobuf(std::string_view bytes) { return bytes.starts_with(kMagic); }

Result<std::string> json_of_protobuf(std::string_view bytes) {
  std::string text;
  CRESSET_CHECK(write_object(bytes, text));
  return text;
}

// metav1.WatchEvent, whose object is a runtime.RawExtension.
Result<std::string> json_of_protobuf_event(std::string_view frame) {
  CRESSET_TRY(type, bytes_of(frame, 1));
  CRESSET_TRY(extension, bytes_of(frame, 2));
  CRESSET_TRY(raw, bytes_of(extension, 1));
  std::string text = "{\"type\":" + quoted(type) + ",\"object\":";
  CRESSET_CHECK(write_object(raw, text));
  text += '}';
  return text;
}

}  // namespace cresset::kube
