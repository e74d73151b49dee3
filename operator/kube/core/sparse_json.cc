#include "operator/kube/core/sparse_json.h"

#include <simdjson.h>

#include <algorithm>
#include <optional>
#include <stdexcept>

namespace cresset::kube {

using base::Json;
using base::Result;
namespace dom = simdjson::dom;

namespace {

using Unread = SparseParser::Unread;

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

Json convert(const dom::element& from, const std::vector<Unread>& unread, Budget& budget);

Json convert_object(const dom::object& from, const std::vector<Unread>& unread, Budget& budget) {
  Json made = Json::object();
  auto& fields = made.get_ref<Json::object_t&>();
  for (const auto field : from) {
    const Unread* known = find(unread, field.key);
    if (known != nullptr && known->below.empty()) continue;
    budget.take(1);
    fields.insert_or_assign(
        std::string(field.key),
        convert(field.value, known == nullptr ? kNothing : known->below, budget));
  }
  return made;
}

Json convert_array(const dom::array& from, const std::vector<Unread>& unread, Budget& budget) {
  Json made = Json::array();
  auto& items = made.get_ref<Json::array_t&>();
  budget.take(from.size());
  items.reserve(from.size());
  for (const auto item : from) items.push_back(convert(item, unread, budget));
  return made;
}

Json convert(const dom::element& from, const std::vector<Unread>& unread, Budget& budget) {
  switch (from.type()) {
    case dom::element_type::OBJECT:
      return convert_object(dom::object(from), unread, budget);
    case dom::element_type::ARRAY:
      return convert_array(dom::array(from), unread, budget);
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

// Nothing when it is not for simdjson: broken, too deep, of too many elements, a number of more
// than 64 bits.
std::optional<Json> parse_fast(std::string_view text, const base::JsonLimits& limits,
                               const std::vector<Unread>& unread) {
  const auto depth = static_cast<size_t>(limits.max_depth);
  thread_local dom::parser kept(kKeptCapacity);
  dom::parser own;
  dom::parser& parser = text.size() < kKeptCapacity ? kept : own;
  try {
    if (parser.max_depth() != depth || parser.capacity() < text.size())
      if (parser.allocate(std::max(text.size(), parser.capacity()), depth)) return std::nullopt;
    Budget budget(limits.elements());
    budget.take(1);
    return convert(parser.parse(text.data(), text.size()), unread, budget);
  } catch (const simdjson::simdjson_error&) {
    return std::nullopt;
  } catch (const std::length_error&) {
    return std::nullopt;
  }
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
  auto parsed = base::parse_json(text, limits);
  if (parsed) leave_out(*parsed, unread_);
  return parsed;
}

}  // namespace cresset::kube
