#include "worker/data/text_column.h"

#include <limits>

namespace cresset::data {

float TextPlaces::of(std::string_view text) {
  if (text.empty()) return std::numeric_limits<float>::quiet_NaN();
  if (const auto found = places_.find(text); found != places_.end()) return found->second;
  const auto place = static_cast<float>(column_->texts.size());
  column_->texts.emplace_back(text);
  places_.emplace(text, place);
  bytes_ += text.size();
  return place;
}

bool TextPlaces::has_room_for(const std::vector<std::string>& more) const {
  size_t count = column_->texts.size(), bytes = bytes_;
  for (const auto& text : more) {
    if (places_.contains(text)) continue;
    ++count;
    bytes += text.size();
  }
  return count <= kMostTexts && bytes <= kMostBytes;
}

}  // namespace cresset::data
