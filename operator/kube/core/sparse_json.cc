#include "operator/kube/core/sparse_json.h"

#include <simdjson.h>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

namespace cresset::kube {

using base::Json;
using base::Result;
namespace dom = simdjson::dom;

namespace {

using Unread = SparseParser::Unread;

// An API server takes objects that are nested up to 10,000 deep, within an event or a list.
constexpr int kServerDepth = 10100;
// Above this a parser's buffers are not kept for the next text.
constexpr size_t kKeptCapacity = 1 << 20;
const std::vector<Unread> kNothing;

const Unread* find(const std::vector<Unread>& unread, std::string_view name) {
  const auto found = std::find_if(unread.begin(), unread.end(),
                                  [&](const Unread& one) { return one.name == name; });
  return found == unread.end() ? nullptr : &*found;
}

// How many elements may still be made.
class Budget {
 public:
  explicit Budget(size_t elements) : left_(elements) {}
  void take(size_t elements) {
    if (elements > left_) throw std::length_error("too many elements");
    left_ -= elements;
  }

 private:
  size_t left_;
};

// What goes with a text all the way down.
struct Bounds {
  Budget budget;
  int left_out_depth;
  bool leaves_out(const dom::element& element, int depth) const {
    return depth >= left_out_depth && (element.is_object() || element.is_array());
  }
};

Json convert(const dom::element& from, const std::vector<Unread>& unread, Bounds& bounds,
             int depth);

Json convert_object(const dom::object& from, const std::vector<Unread>& unread, Bounds& bounds,
                    int depth) {
  Json made = Json::object();
  auto& fields = made.get_ref<Json::object_t&>();
  for (const auto field : from) {
    const Unread* known = find(unread, field.key);
    if (known != nullptr && known->below.empty()) continue;
    bounds.budget.take(1);
    if (bounds.leaves_out(field.value, depth + 1)) continue;
    fields.insert_or_assign(
        std::string(field.key),
        convert(field.value, known == nullptr ? kNothing : known->below, bounds, depth + 1));
  }
  return made;
}

Json convert_array(const dom::array& from, const std::vector<Unread>& unread, Bounds& bounds,
                   int depth) {
  Json made = Json::array();
  auto& items = made.get_ref<Json::array_t&>();
  bounds.budget.take(from.size());
  items.reserve(from.size());
  for (const auto item : from)
    if (!bounds.leaves_out(item, depth + 1))
      items.push_back(convert(item, unread, bounds, depth + 1));
  return made;
}

Json convert(const dom::element& from, const std::vector<Unread>& unread, Bounds& bounds,
             int depth) {
  switch (from.type()) {
    case dom::element_type::OBJECT:
      return convert_object(dom::object(from), unread, bounds, depth);
    case dom::element_type::ARRAY:
      return convert_array(dom::array(from), unread, bounds, depth);
    case dom::element_type::STRING:
      return std::string(std::string_view(from));
    case dom::element_type::INT64:
      return int64_t(from);
    case dom::element_type::UINT64:
      return uint64_t(from);
    case dom::element_type::DOUBLE:
      return double(from);
    case dom::element_type::BOOL:
      return bool(from);
    case dom::element_type::NULL_VALUE:
      break;
  }
  return nullptr;
}

// Nothing when it is not for simdjson: broken, of too many elements, a number of more than 64 bits.
std::optional<Json> parse_fast(std::string_view text, const base::JsonLimits& limits,
                               const std::vector<Unread>& unread) {
  thread_local dom::parser kept(kKeptCapacity);
  dom::parser own;
  dom::parser& parser = text.size() < kKeptCapacity ? kept : own;
  try {
    if (parser.max_depth() != kServerDepth || parser.capacity() < text.size())
      if (parser.allocate(std::max(text.size(), parser.capacity()), kServerDepth))
        return std::nullopt;
    Bounds bounds{Budget(limits.elements()), limits.max_depth};
    bounds.budget.take(1);
    return convert(parser.parse(text.data(), text.size()), unread, bounds, 0);
  } catch (const simdjson::simdjson_error&) {
    return std::nullopt;
  } catch (const std::length_error&) {
    return std::nullopt;
  }
}

// As Bounds::leaves_out, of what is parsed already.
void leave_out_deeper(Json& from, int room) {
  const auto is_too_deep = [room](const Json& value) { return room <= 1 && value.is_structured(); };
  if (from.is_array()) {
    auto& items = from.get_ref<Json::array_t&>();
    std::erase_if(items, is_too_deep);
  } else if (from.is_object()) {
    auto& fields = from.get_ref<Json::object_t&>();
    std::erase_if(fields, [&](const auto& field) { return is_too_deep(field.second); });
  }
  if (from.is_structured())
    for (auto& value : from) leave_out_deeper(value, room - 1);
}

void leave_out(Json& from, const std::vector<Unread>& unread) {
  if (from.is_array())
    for (auto& item : from) leave_out(item, unread);
  if (!from.is_object()) return;
  for (const auto& one : unread) {
    const auto found = from.find(one.name);
    if (found == from.end()) continue;
    if (one.below.empty())
      from.erase(found);
    else
      leave_out(*found, one.below);
  }
}

void add(std::vector<Unread>& unread, std::string_view pointer) {
  const size_t end = pointer.find('/', 1);
  const std::string name(pointer.substr(1, end == pointer.npos ? end : end - 1));
  auto known = std::find_if(unread.begin(), unread.end(),
                            [&](const Unread& one) { return one.name == name; });
  if (known == unread.end()) known = unread.insert(unread.end(), {name, {}});
  if (end != pointer.npos) add(known->below, pointer.substr(end));
}

}  // namespace

std::vector<std::string> below(const std::string& place, std::vector<std::string> pointers) {
  for (auto& pointer : pointers) pointer.insert(0, place);
  return pointers;
}

SparseParser::SparseParser(const std::vector<std::string>& unread) {
  for (const auto& pointer : unread) add(unread_, pointer);
}

Result<Json> SparseParser::parse(std::string_view text, base::JsonLimits limits) const {
  if (text.size() <= limits.max_bytes)
    if (auto parsed = parse_fast(text, limits, unread_)) return std::move(*parsed);
  const int most = std::exchange(limits.max_depth, kServerDepth);
  auto parsed = base::parse_json(text, limits);
  if (!parsed) return parsed;
  leave_out_deeper(*parsed, most);
  leave_out(*parsed, unread_);
  return parsed;
}

}  // namespace cresset::kube
