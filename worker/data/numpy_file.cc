// NumPy's arrays as columns. Rows go along the first axis. An array of one axis is a column; what
// further axes hold in each row is a list, in the order of C. In .npz each array is a column by its
// name; in .npy it is the column "x", or each of its fields is one.
#include <arrow/api.h>
#include <arrow/util/float16.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <functional>
#include <numeric>

#include "worker/data/core/npy.h"
#include "worker/data/core/zip.h"
#include "worker/data/data_file.h"

namespace cresset::data {

using base::Result;
using ArrayResult = Result<std::shared_ptr<arrow::Array>>;

namespace {

constexpr char kOnlyColumn[] = "x";
constexpr std::string_view kNpyEnd = ".npy";

// Sizes of what a row has of a field, outermost first.
std::vector<int64_t> axes_of_row(const NpyArray& array, const NpyField& field) {
  std::vector<int64_t> axes(array.shape.begin() + 1, array.shape.end());
  axes.insert(axes.end(), field.shape.begin(), field.shape.end());
  return axes;
}

Result<void> check_width(const NpyArray& array, const NpyField& field) {
  int64_t width = 1;
  for (const int64_t size : axes_of_row(array, field)) {
    if (size > kMostColumns / width) return base::fail(too_many_columns());
    width *= std::max<int64_t>(size, 1);
  }
  for (const int64_t size : axes_of_row(array, field))
    if (size == 0)
      return base::fail(
          base::invalid("the array \"" + field.name + "\" has no values in its rows"));
  return {};
}

// Where the values of a field lie, of an array with rows: value `i` of row `row`, both from 0.
class Values {
 public:
  // `bytes` are those that the array was parsed of.
  Values(std::shared_ptr<arrow::Buffer> bytes, const NpyArray& array, const NpyField& field)
      : bytes_(std::move(bytes)), array_(array), field_(field) {
    rows_ = array.shape.front();
    const std::vector<int64_t> inner(array.shape.begin() + 1, array.shape.end());
    is_list_ = !inner.empty() || !field.shape.empty();
    for (const int64_t size : field.shape) within_ *= size;
    for (const int64_t size : inner) outer_ *= size;
    place_outer(inner);
  }

  int64_t rows() const { return rows_; }
  int64_t width() const { return outer_ * within_; }
  bool is_list() const { return is_list_; }

  const char* at(int64_t row, int64_t i) const {
    const int64_t item = array_.fortran_order
                             ? row + rows_ * fortran_[static_cast<size_t>(i / within_)]
                             : row * outer_ + i / within_;
    return array_.items.data() + static_cast<size_t>(item) * array_.item_bytes + field_.offset +
           static_cast<size_t>(i % within_) * field_.bytes;
  }

  // Whether they lie one after another, at places that are good for numbers of their size.
  bool is_in_place() const {
    return (!array_.fortran_order || outer_ == 1) &&
           field_.bytes * static_cast<size_t>(within_) == array_.item_bytes &&
           reinterpret_cast<std::uintptr_t>(array_.items.data()) % field_.bytes == 0;
  }
  // All of them as they lie there.
  std::shared_ptr<arrow::Array> in_place(const std::shared_ptr<arrow::DataType>& type) const {
    const auto begin = reinterpret_cast<const uint8_t*>(array_.items.data()) - bytes_->data();
    const auto values =
        arrow::SliceBuffer(bytes_, begin, static_cast<int64_t>(array_.items.size()));
    return arrow::MakeArray(arrow::ArrayData::Make(type, rows() * width(), {nullptr, values}, 0));
  }

 private:
  // Where, column by column, an item of a row stands that C has at each place.
  void place_outer(const std::vector<int64_t>& inner) {
    if (!array_.fortran_order) return;
    for (int64_t i = 0; i < outer_; ++i) {
      int64_t rest = i, place = 0;
      for (size_t axis = inner.size(); axis-- > 0; rest /= inner[axis])
        place += rest % inner[axis] *
                 std::accumulate(inner.begin(), inner.begin() + static_cast<std::ptrdiff_t>(axis),
                                 int64_t{1}, std::multiplies<>());
      fortran_.push_back(place);
    }
  }

  std::shared_ptr<arrow::Buffer> bytes_;
  const NpyArray& array_;
  const NpyField& field_;
  int64_t rows_ = 1;
  int64_t outer_ = 1;   // items in a row
  int64_t within_ = 1;  // values in an item
  bool is_list_ = false;
  std::vector<int64_t> fortran_;
};

template <typename T>
T swapped(const char* from, bool big_endian) {
  std::array<char, sizeof(T)> bytes;
  std::memcpy(bytes.data(), from, sizeof(T));
  if (big_endian) std::reverse(bytes.begin(), bytes.end());
  return std::bit_cast<T>(bytes);
}

template <typename Builder, typename Read>
ArrayResult build(const Values& values, Builder builder, const Read& read) {
  arrow::Status status = builder.Reserve(values.rows() * values.width());
  for (int64_t row = 0; row < values.rows() && status.ok(); ++row)
    for (int64_t i = 0; i < values.width() && status.ok(); ++i)
      status = builder.Append(read(values.at(row, i)));
  std::shared_ptr<arrow::Array> array;
  if (status.ok()) status = builder.Finish(&array);
  if (!status.ok()) return base::fail(base::too_large(status.message()));
  return array;
}

template <typename T, typename Builder>
ArrayResult build_plain(const Values& values, const NpyField& field) {
  if (values.is_in_place() && !field.big_endian)
    return values.in_place(arrow::CTypeTraits<T>::type_singleton());
  return build(values, Builder(),
               [&](const char* from) { return swapped<T>(from, field.big_endian); });
}

void append_utf8(uint32_t code, std::string& text) {
  if (code < 0x80) return text.push_back(static_cast<char>(code));
  const int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  text.push_back(static_cast<char>((0xFF00 >> (more + 1) & 0xFF) | (code >> (6 * more) & 0x3F)));
  for (int i = more - 1; i >= 0; --i)
    text.push_back(static_cast<char>(0x80 | (code >> (6 * i) & 0x3F)));
}

// Texts are filled up with zeros to the width of the longest.
std::string text_at(const char* from, const NpyField& field) {
  std::string text;
  if (field.kind == 'S') {
    text.assign(from, field.bytes);
    text.erase(text.find_last_not_of('\0') + 1);
    return text;
  }
  for (size_t i = 0; i < field.bytes; i += 4)
    append_utf8(swapped<uint32_t>(from + i, field.big_endian), text);
  text.erase(text.find_last_not_of('\0') + 1);
  return text;
}

ArrayResult build_texts(const Values& values, const NpyField& field) {
  CRESSET_TRY(array, build(values, arrow::StringBuilder(),
                           [&](const char* from) { return text_at(from, field); }));
  const auto& texts = static_cast<const arrow::StringArray&>(*array);
  for (int64_t i = 0; i < texts.length(); ++i)
    if (const auto text = texts.GetView(i); !simdjson::validate_utf8(text.data(), text.size()))
      return base::fail(base::invalid("text " + std::to_string(i + 1) + " of the array \"" +
                                      field.name + "\" is no UTF-8"));
  return array;
}

ArrayResult build_any(const Values& values, const NpyField& field) {
  const bool is_signed = field.kind == 'i';
  switch (field.kind == 'f' ? field.bytes + 8 : field.bytes) {
    case 10:
      return build(values, arrow::FloatBuilder(), [&](const char* from) {
        return arrow::util::Float16::FromBits(swapped<uint16_t>(from, field.big_endian)).ToFloat();
      });
    case 12:
      return build_plain<float, arrow::FloatBuilder>(values, field);
    case 16:
      return build_plain<double, arrow::DoubleBuilder>(values, field);
    case 1:
      return is_signed ? build_plain<int8_t, arrow::Int8Builder>(values, field)
                       : build_plain<uint8_t, arrow::UInt8Builder>(values, field);
    case 2:
      return is_signed ? build_plain<int16_t, arrow::Int16Builder>(values, field)
                       : build_plain<uint16_t, arrow::UInt16Builder>(values, field);
    case 4:
      return is_signed ? build_plain<int32_t, arrow::Int32Builder>(values, field)
                       : build_plain<uint32_t, arrow::UInt32Builder>(values, field);
    default:
      return is_signed ? build_plain<int64_t, arrow::Int64Builder>(values, field)
                       : build_plain<uint64_t, arrow::UInt64Builder>(values, field);
  }
}

// The columns of one array go to the others, which must have as many rows.
class Columns {
 public:
  Result<void> add(const std::string& name, std::string content) {
    const std::shared_ptr<arrow::Buffer> bytes = arrow::Buffer::FromString(std::move(content));
    CRESSET_TRY(array, parse_npy(std::string_view(*bytes)));
    if (array.shape.empty())
      return base::fail(base::invalid("the array \"" + name +
                                      "\" is a single value, allowed are "
                                      "arrays with a row for each sample"));
    if (!arrays_.empty() && arrays_.front()->length() != array.shape.front())
      return base::fail(base::invalid(
          "the array \"" + name + "\" has " + std::to_string(array.shape.front()) + " rows, \"" +
          fields_.front()->name() + "\" has " + std::to_string(arrays_.front()->length())));
    for (auto& field : array.fields) {
      if (field.name.empty()) field.name = name;
      CRESSET_CHECK(check_width(array, field));
      CRESSET_CHECK(add(Values(bytes, array, field), field));
    }
    return {};
  }

  OpenedFile finish() const {
    return WholeFile::make(arrow::Table::Make(arrow::schema(fields_), arrays_));
  }

 private:
  Result<void> add(const Values& values, const NpyField& field) {
    const bool text = field.kind == 'U' || field.kind == 'S';
    CRESSET_TRY(array, text ? build_texts(values, field) : build_any(values, field));
    if (values.is_list()) {
      auto lists =
          arrow::FixedSizeListArray::FromArrays(array, static_cast<int32_t>(values.width()));
      if (!lists.ok()) return base::fail(base::too_large(lists.status().message()));
      array = *lists;
    }
    fields_.push_back(arrow::field(field.name, array->type()));
    arrays_.push_back(std::move(array));
    return {};
  }

  arrow::FieldVector fields_;
  arrow::ArrayVector arrays_;
};

}  // namespace

OpenedFile open_npy(std::string bytes) {
  Columns columns;
  CRESSET_CHECK(columns.add(kOnlyColumn, std::move(bytes)));
  return columns.finish();
}

OpenedFile open_npz(const std::string& bytes, size_t max_bytes) {
  CRESSET_TRY(files, unzip(bytes, max_bytes));
  Columns columns;
  for (auto& [name, content] : files) {
    if (!name.ends_with(kNpyEnd))
      return base::fail(base::invalid("it holds " + name + ", allowed are arrays, NAME.npy"));
    name.resize(name.size() - kNpyEnd.size());
    if (auto added = columns.add(name, std::move(content)); !added)
      return base::fail(added.error().with_context(name));
  }
  return columns.finish();
}

}  // namespace cresset::data
