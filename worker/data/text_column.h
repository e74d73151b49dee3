#pragma once
// A column of texts among rows of floats: each row holds the place of its text in a list of those
// that occur, or NaN where it has none, which an empty text counts as. Values; one thread.
//
//   TextColumn city{.column = 3};
//   TextPlaces places(city);
//   row[3] = places.of("Rome");   // 0, and city.texts is {"Rome"}

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace cresset::data {

// Whether a column of this name holds texts, whatever its values look like.
using IsText = std::function<bool(const std::string& column)>;

struct TextColumn {
  size_t column = 0;  // among those of the rows
  std::vector<std::string> texts;
};
using TextColumns = std::vector<TextColumn>;

// Gives each text its place in a column's list, in the order in which they come.
class TextPlaces {
 public:
  static constexpr size_t kMostTexts = size_t{1} << 22;
  static constexpr size_t kMostBytes = size_t{256} << 20;

  explicit TextPlaces(TextColumn& column) : column_(&column) {}
  float of(std::string_view text);
  size_t column() const { return column_->column; }
  // Whether the list has no more than it may with these, which are all different.
  bool has_room_for(const std::vector<std::string>& more) const;
  // Whether the list has more than it may: for whoever adds to it to look at now and then.
  bool too_many() const { return column_->texts.size() > kMostTexts || bytes_ > kMostBytes; }

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  TextColumn* column_;
  size_t bytes_ = 0;
  std::unordered_map<std::string, float, Hash, std::equal_to<>> places_;
};

}  // namespace cresset::data
