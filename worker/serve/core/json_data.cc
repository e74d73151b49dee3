#include <cstring>
#include <limits>
#include <type_traits>

#include "worker/serve/core/json_fields.h"

namespace cresset::serve::fields {

namespace {

// One element of C++ type T out of JSON, or the reason why not.
template <typename T>
simdjson::error_code read_element(Value& value, T& out) {
  if constexpr (std::is_same_v<T, bool>) {
    return value.get_bool().get(out);
  } else if constexpr (std::is_floating_point_v<T>) {
    double wide = 0;
    if (const auto code = value.get_double().get(wide)) return code;
    if (wide > static_cast<double>(std::numeric_limits<T>::max()) ||
        wide < static_cast<double>(std::numeric_limits<T>::lowest()))
      return simdjson::NUMBER_OUT_OF_RANGE;
    out = static_cast<T>(wide);
    return simdjson::SUCCESS;
  } else {
    using Wide = std::conditional_t<std::is_signed_v<T>, int64_t, uint64_t>;
    Wide wide = 0;
    simdjson::error_code code;
    if constexpr (std::is_signed_v<T>) {
      code = value.get_int64().get(wide);
    } else {
      code = value.get_uint64().get(wide);
    }
    if (code) return code;
    if (wide > std::numeric_limits<T>::max() || wide < std::numeric_limits<T>::min())
      return simdjson::NUMBER_OUT_OF_RANGE;
    out = static_cast<T>(wide);
    return simdjson::SUCCESS;
  }
}

template <typename T>
class Filler {
 public:
  Filler(Source& source, const Shape& shape, DataType type, std::string_view what)
      : source_(source), shape_(shape), type_(type), what_(what) {}

  base::Result<void> flat(Array& list, int64_t count, T* out) {
    int64_t at = 0;
    for (auto element : list) {
      Value value;
      if (const auto code = element.get(value)) return base::fail(broken(source_, code));
      CRESSET_CHECK(put(value, at, count, out));
      ++at;
    }
    return at == count ? base::Result<void>{} : base::fail(wrong_count(at, count));
  }

  // Flat or nested is decided by the first element.
  base::Result<void> fill(Array& list, size_t level, int64_t count, T* out) {
    if (level + 1 >= shape_.size()) return flat(list, count, out);
    const int64_t length = shape_[level];
    const int64_t stride = length == 0 ? 0 : count / length;
    int64_t at = 0;
    bool lists = false;
    for (auto element : list) {
      Value value;
      if (const auto code = element.get(value)) return base::fail(broken(source_, code));
      bool is_list = false;
      if (at == 0 || lists) {  // what follows a number need not be looked at twice
        simdjson::ondemand::json_type kind;
        if (const auto code = value.type().get(kind)) return base::fail(broken(source_, code));
        is_list = kind == simdjson::ondemand::json_type::array;
      }
      if (at == 0) lists = is_list;
      if (is_list != lists || (!is_list && level > 0)) return base::fail(wrong_nesting());
      if (!is_list) {
        CRESSET_CHECK(put(value, at++, count, out));
        continue;
      }
      if (at == length) return base::fail(wrong_count(at + 1, length));
      CRESSET_TRY(inner, array(source_, value, what_));
      CRESSET_CHECK(fill(inner, level + 1, stride, out + at++ * stride));
    }
    const int64_t wanted = lists || level > 0 ? length : count;
    return at == wanted ? base::Result<void>{} : base::fail(wrong_count(at, wanted));
  }

 private:
  base::Result<void> put(Value& value, int64_t at, int64_t count, T* out) {
    if (at == count) return base::fail(wrong_count(at + 1, count));
    const auto code = read_element(value, out[at]);
    if (code == simdjson::SUCCESS) return {};
    return base::fail(unfit(source_, code, value.raw_json_token(),
                            std::string(what_) + " data[" + std::to_string(at) + "]",
                            "of type " + std::string(to_string(type_))));
  }
  base::Error wrong_count(int64_t found, int64_t wanted) const {
    return base::invalid(
        std::string(what_) + " data has " +
        (found > wanted ? "more than " + std::to_string(wanted) : std::to_string(found)) +
        " values where shape " + to_string(shape_) + " wants " + std::to_string(wanted));
  }
  base::Error wrong_nesting() const {
    return base::invalid(std::string(what_) + " data must be flat or nested as shape " +
                         to_string(shape_) + " says");
  }

  Source& source_;
  const Shape& shape_;
  const DataType type_;
  const std::string_view what_;
};

template <typename T>
base::Result<std::vector<std::byte>> numbers(Source& source, Array& data, DataType type,
                                             const Shape& shape, int64_t count,
                                             std::string_view what) {
  std::vector<std::byte> bytes(static_cast<size_t>(count) * sizeof(T));
  Filler<T> filler(source, shape, type, what);
  CRESSET_CHECK(filler.fill(data, 0, count, reinterpret_cast<T*>(bytes.data())));
  return bytes;
}

base::Result<void> texts(Source& source, Array& data, size_t depth, int64_t& left,
                         std::vector<std::byte>& bytes, std::string_view what) {
  for (auto element : data) {
    Value value;
    if (const auto code = element.get(value)) return base::fail(broken(source, code));
    simdjson::ondemand::json_type kind;
    if (const auto code = value.type().get(kind)) return base::fail(broken(source, code));
    if (kind == simdjson::ondemand::json_type::array && depth > 1) {
      CRESSET_TRY(inner, array(source, value, what));
      CRESSET_CHECK(texts(source, inner, depth - 1, left, bytes, what));
      continue;
    }
    if (left-- == 0)
      return base::fail(base::invalid(std::string(what) + " data has more values than its shape"));
    CRESSET_TRY(item, text(source, value, std::string(what) + " data", size_t{1} << 30));
    append_element(bytes, item);
  }
  return {};
}

}  // namespace

base::Result<std::vector<std::byte>> tensor_data(Source& source, Array data, DataType type,
                                                 const Shape& shape, int64_t count,
                                                 std::string_view what) {
  const auto as = [&]<typename T>(T) { return numbers<T>(source, data, type, shape, count, what); };
  switch (type) {
    case DataType::kBool:
      return as(bool{});
    case DataType::kUint8:
      return as(uint8_t{});
    case DataType::kUint16:
      return as(uint16_t{});
    case DataType::kUint32:
      return as(uint32_t{});
    case DataType::kUint64:
      return as(uint64_t{});
    case DataType::kInt8:
      return as(int8_t{});
    case DataType::kInt16:
      return as(int16_t{});
    case DataType::kInt32:
      return as(int32_t{});
    case DataType::kInt64:
      return as(int64_t{});
    case DataType::kFp32:
      return as(float{});
    case DataType::kFp64:
      return as(double{});
    case DataType::kFp16:
    case DataType::kBf16:
      return base::fail(base::invalid(std::string(what) + " is " + std::string(to_string(type)) +
                                      ", which JSON cannot hold; send it as binary data"));
    case DataType::kBytes:
      break;
  }
  std::vector<std::byte> bytes;
  int64_t left = count;
  CRESSET_CHECK(texts(source, data, shape.size(), left, bytes, what));
  if (left > 0)
    return base::fail(base::invalid(std::string(what) + " data has " +
                                    std::to_string(count - left) + " values where shape " +
                                    to_string(shape) + " wants " + std::to_string(count)));
  return bytes;
}

}  // namespace cresset::serve::fields
