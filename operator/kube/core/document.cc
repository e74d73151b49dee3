#include "operator/kube/core/document.h"

#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <utility>

namespace cresset::kube {

namespace dom = simdjson::dom;

namespace {

// An API server takes objects that are nested up to 10,000 deep, within an event or a list.
constexpr int kServerDepth = 10100;
// The parser has fifteen times that as buffers; those of a longer text are not kept for the next.
constexpr size_t kKeptCapacity = 64 << 10;

// Whether `left` elements are enough for `value`; what is below it counts as well.
bool fits(const dom::element& value, size_t& left) {
  if (left == 0) return false;
  --left;
  if (dom::array array; !value.get(array)) {
    for (const auto item : array)
      if (!fits(item, left)) return false;
  } else if (dom::object object; !value.get(object)) {
    for (const auto field : object)
      if (!fits(field.value, left)) return false;
  }
  return true;
}

bool fits(const dom::element& root, std::string_view text, const base::JsonLimits& limits) {
  size_t left = limits.elements();
  // No text has more than an element in two bytes: "[0,0]".
  return text.size() / 2 < left || fits(root, left);
}

}  // namespace

struct Document::Held {
  dom::parser parser;
  std::optional<dom::element> root;  // of the parser
  base::Json json;                   // without one
};

// Of nothing until it reads: where T can only be moved, tl::expected<T> makes a T() and moves over
// it without destroying it, so that what T() had made was lost.
Document::Document() = default;
Document::Document(base::Json value) : held_(std::make_unique<Held>()) {
  held_->json = std::move(value);
}
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;
Document::~Document() = default;

JsonView Document::root() const {
  static const base::Json kNull;
  if (held_ == nullptr) return kNull;
  if (!held_->root) return held_->json;
  return JsonView(std::bit_cast<JsonView::Parsed>(*held_->root));
}

bool Document::read_fast(std::string_view text, const base::JsonLimits& limits) {
  dom::parser& parser = held_->parser;
  if (parser.capacity() > kKeptCapacity) parser = dom::parser();
  const size_t capacity = std::max(text.size(), parser.capacity());
  if (parser.max_depth() != kServerDepth || parser.capacity() < capacity)
    if (parser.allocate(capacity, kServerDepth)) return false;
  dom::element root;
  if (parser.parse(text.data(), text.size()).get(root) || !fits(root, text, limits)) return false;
  held_->root = root;
  return true;
}

base::Result<void> Document::read(std::string_view text, base::JsonLimits limits) {
  if (held_ == nullptr) held_ = std::make_unique<Held>();
  held_->root.reset();
  held_->json = nullptr;
  if (text.size() <= limits.max_bytes && read_fast(text, limits)) return {};
  limits.max_depth = kServerDepth;
  CRESSET_TRY(parsed, base::parse_json(text, limits));
  held_->json = std::move(parsed);
  return {};
}

}  // namespace cresset::kube
