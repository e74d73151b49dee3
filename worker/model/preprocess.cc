#include "worker/model/preprocess.h"

#include <algorithm>
#include <cmath>

namespace cresset::model {

using base::Result;

namespace {

int64_t product(const std::vector<int64_t>& shape) {
  int64_t product = 1;
  for (int64_t size : shape) product *= size;
  return product;
}

Result<void> check_shape(const std::vector<int64_t>& shape, size_t values, bool takes_texts,
                         const std::string& path) {
  if (product(shape) == static_cast<int64_t>(values)) return {};
  std::string text;
  for (int64_t size : shape) text += (text.empty() ? "" : " × ") + std::to_string(size);
  return base::fail(
      base::invalid(path + ".reshape.shape: " + text + " = " + std::to_string(product(shape)) +
                    " values, but there are " + std::to_string(values) +
                    (takes_texts ? " values in a row after the other steps" : " feature columns")));
}

}  // namespace

size_t Preprocessing::width_of(size_t column) const {
  const auto& taken = taken_[column];
  if (!taken) return 1;
  return std::visit([&](const auto& step) { return step.width(taken->index); },
                    text_steps_[taken->step]);
}

size_t Preprocessing::width() const {
  size_t width = 0;
  for (size_t c = 0; c < columns_.size(); ++c) width += width_of(c);
  return width;
}

// Once all steps know how many values they make.
Result<void> Preprocessing::settle_shape() {
  for (const auto& step : text_steps_)
    if (!std::visit([](const auto& one) { return one.knows_width(); }, step)) return {};
  const size_t values = width();
  if (values > kMaxColumns)
    return base::fail(base::invalid(path_ + ": a row has " + std::to_string(values) +
                                    " values after the steps, allowed are " +
                                    std::to_string(kMaxColumns)));
  sample_shape_ = {static_cast<int64_t>(values)};
  if (reshape_.empty()) return {};
  sample_shape_ = reshape_;
  return check_shape(reshape_, values, takes_texts(), reshape_path_);
}

std::optional<Channels> Preprocessing::channels() const {
  if (takes_texts() || sample_shape_.size() != 3 || steps_.size() > 1) return std::nullopt;
  const auto count = static_cast<size_t>(sample_shape_.front());
  if (steps_.empty()) return Channels{std::vector<float>(count, 0), std::vector<float>(count, 1)};
  const auto* normalize = std::get_if<Normalize>(&steps_.front());
  return normalize != nullptr ? normalize->whole_channels(count) : std::nullopt;
}

std::vector<bool> Preprocessing::counted() const {
  std::vector<bool> counted(columns_.size()), bent(columns_.size());
  const auto look = [&](const auto& step) {
    for (const size_t c : step.columns.indices) {
      if (step.counts() || (step.averages() && bent[c])) counted[c] = true;
      if (step.kBends) bent[c] = true;
    }
  };
  for (const auto& step : steps_) std::visit(look, step);
  return counted;
}

std::set<size_t> Preprocessing::counted_texts() const {
  std::set<size_t> counted;
  const auto look = [&](const auto& step) {
    if (step.kLearns) counted.insert(step.columns.indices.begin(), step.columns.indices.end());
  };
  for (const auto& step : text_steps_) std::visit(look, step);
  return counted;
}

Result<void> Preprocessing::fit(const Summaries& summaries) {
  std::vector<ColumnSummary> columns;
  for (size_t c = 0; c < columns_.size(); ++c) columns.push_back(summaries.column(c));
  const auto learn = [&](auto& step) -> Result<void> {
    for (size_t i = 0; i < step.columns.indices.size(); ++i)
      CRESSET_CHECK(step.learn(i, columns[step.columns.indices[i]]));
    return {};
  };
  for (auto& step : steps_) CRESSET_CHECK(std::visit(learn, step));
  for (size_t c = 0; c < columns_.size(); ++c) {
    const double missing = columns[c].moments.missing;
    if (missing > 0 && !holds_texts(c))
      return base::fail(base::invalid(path_ + ": column \"" + columns_[c] + "\" misses " +
                                      std::to_string(static_cast<int64_t>(missing)) +
                                      " values in the training rows; add an impute step for it"));
  }
  CRESSET_CHECK(learn_texts(summaries));
  prepare();
  return settle_shape();
}

namespace {

Result<void> check_kept(size_t bytes, const std::string& field, const char* hint) {
  if (bytes <= kMostBytesOfTexts) return {};
  return base::fail(base::invalid(field + ": the texts that are kept up to here take " +
                                  std::to_string(bytes) + " bytes of model.json, allowed are " +
                                  std::to_string(kMostBytesOfTexts) + hint));
}

size_t stored_bytes(const auto& step) { return base::dump(step.encode()).size(); }

}  // namespace

// But for vocabularies, which are not learnt.
Result<void> Preprocessing::learn_texts(const Summaries& summaries) {
  size_t kept = 0;
  const auto learn = [&](auto& step) -> Result<void> {
    if (!step.kLearns) return {};
    for (size_t i = 0; i < step.columns.indices.size(); ++i)
      CRESSET_CHECK(step.learn(i, summaries.texts(step.columns.indices[i])));
    kept += stored_bytes(step);
    return check_kept(kept, step.columns.path,
                      "; hash keeps none, maxCategories and maxSize keep fewer");
  };
  for (auto& step : text_steps_) CRESSET_CHECK(std::visit(learn, step));
  return {};
}

Result<void> Preprocessing::read_vocabularies(data::Store& store) {
  size_t kept = 0;
  for (const auto& step : text_steps_)
    if (!std::holds_alternative<Tokenize>(step))
      kept += std::visit([](const auto& one) { return stored_bytes(one); }, step);
  for (auto& step : text_steps_) {
    auto* tokenize = std::get_if<Tokenize>(&step);
    if (tokenize == nullptr) continue;
    CRESSET_CHECK(tokenize->read(store));
    kept += stored_bytes(*tokenize);
    CRESSET_CHECK(check_kept(kept, tokenize->field(), ""));
  }
  return {};
}

std::vector<const Tokenize*> Preprocessing::tokenizers() const {
  std::vector<const Tokenize*> found;
  for (const auto& step : text_steps_)
    if (const auto* tokenize = std::get_if<Tokenize>(&step)) found.push_back(tokenize);
  return found;
}

const Tokenize* Preprocessing::packing() const {
  for (const auto* step : tokenizers())
    if (step->packed) return step;
  return nullptr;
}

void Preprocessing::prepare() {
  for (auto& step : steps_) std::visit([&](auto& one) { one.prepare(columns_.size()); }, step);
  for (auto& step : text_steps_) std::visit([](auto& one) { one.prepare(); }, step);
}

Result<void> Preprocessing::apply(float* rows, int64_t count) const {
  const size_t width = columns_.size();
  const auto apply_one = [&](const auto& step) { return step.apply({rows, count, width}); };
  for (const auto& step : steps_) CRESSET_CHECK(std::visit(apply_one, step));
  for (int64_t i = 0; i < count * static_cast<int64_t>(width); ++i) {
    if (std::isfinite(rows[i]) || holds_texts(static_cast<size_t>(i) % width)) continue;
    return base::fail(
        base::invalid("row " + std::to_string(i / static_cast<int64_t>(width)) + ", column \"" +
                      columns_[static_cast<size_t>(i) % width] +
                      "\" is missing or not finite, and the model has no impute step for it"));
  }
  return {};
}

Result<void> Preprocessing::check_texts(const std::vector<data::TextColumn>& texts) const {
  auto given = texts.begin();
  for (size_t c = 0; c < columns_.size(); ++c) {
    const bool is_given = given != texts.end() && given->column == c;
    if (is_given != holds_texts(c))
      return base::fail(base::invalid(
          "column \"" + columns_[c] + "\" holds " +
          (is_given ? "texts, which no step takes" : "no texts, which a step takes it to hold")));
    if (is_given) ++given;
  }
  if (given == texts.end()) return {};
  return base::fail(base::invalid("found texts of column " + std::to_string(given->column) +
                                  ", allowed are columns in their order, below " +
                                  std::to_string(columns_.size())));
}

Result<std::vector<float>> Preprocessing::transform(std::vector<float> rows, int64_t count,
                                                    const std::vector<data::TextColumn>& texts,
                                                    int64_t* cut) const {
  if (count == 0) return rows;
  CRESSET_CHECK(check_texts(texts));
  CRESSET_CHECK(apply(rows.data(), count));
  if (!takes_texts()) return rows;
  const auto values = static_cast<int64_t>(width());
  if (count > kMostValues / values)
    return base::fail(base::too_large(std::to_string(count) + " rows of " + std::to_string(values) +
                                      " values after the steps are too many, allowed are " +
                                      std::to_string(kMostValues) + " values"));
  return expand(rows, count, texts, cut);
}

namespace {

// Where the values of a column go: from `from`, `stride` apart, to `into`.
struct Way {
  const float* from;
  size_t stride;
  float* into;
  size_t width;  // of the rows that it goes to
  size_t count;
};

void copy_column(const Way& way) {
  for (size_t row = 0; row < way.count; ++row)
    way.into[row * way.width] = way.from[row * way.stride];
}

// Calls put(which of the texts, where its values go) for each row; nothing: it has none.
template <typename Put>
Result<void> each_text(const std::string& column, size_t texts, const Way& way, const Put& put) {
  for (size_t row = 0; row < way.count; ++row) {
    const float text = way.from[row * way.stride];
    float* into = way.into + row * way.width;
    if (std::isnan(text)) {
      put(std::nullopt, into);
      continue;
    }
    if (!(text >= 0 && text < static_cast<float>(texts)))
      return base::fail(base::invalid("row " + std::to_string(row) + ", column \"" + column +
                                      "\": found the text " + base::dump(base::Json(text)) +
                                      ", allowed are those below " + std::to_string(texts)));
    put(static_cast<size_t>(text), into);
  }
  return {};
}

// Each text is looked up once.
template <typename OneStep>
Result<void> place_column(const OneStep& step, size_t i, const std::vector<std::string>& texts,
                          const Way& way, int64_t*) {
  std::vector<std::optional<int64_t>> places;
  for (const auto& text : texts) places.push_back(step.place(i, text));
  const auto put = [&](std::optional<size_t> text, float* into) {
    const auto place = text ? places[*text] : std::nullopt;
    if (!place) return;
    if (OneStep::kMarks)
      into[*place] = 1;
    else
      *into = static_cast<float>(*place);
  };
  return each_text(step.columns.names[i], texts.size(), way, put);
}

// Each text that a row has is divided once: others are those of other rows, which share the list.
Result<void> place_column(const Tokenize& step, size_t i, const std::vector<std::string>& texts,
                          const Way& way, int64_t* cut) {
  std::vector<std::optional<text::TokenIds>> ids(texts.size());
  const auto none = step.tokens("");
  const auto ids_of = [&](size_t text) -> const text::TokenIds& {
    if (!ids[text]) ids[text] = step.tokens(texts[text]);
    return *ids[text];
  };
  const auto put = [&](std::optional<size_t> text, float* into) {
    const auto& own = text ? ids_of(*text) : none;
    if (cut != nullptr && own.cut) ++*cut;
    std::fill(std::copy(own.ids.begin(), own.ids.end(), into), into + step.max_length,
              static_cast<float>(step.pieces->padding()));
  };
  return each_text(step.columns.names[i], texts.size(), way, put);
}

}  // namespace

Result<std::vector<float>> Preprocessing::expand(const std::vector<float>& rows, int64_t count,
                                                 const std::vector<data::TextColumn>& texts,
                                                 int64_t* cut) const {
  const size_t width = this->width();
  std::vector<float> expanded(static_cast<size_t>(count) * width);
  float* into = expanded.data();
  auto column = texts.begin();
  for (size_t c = 0; c < columns_.size(); into += width_of(c++)) {
    const Way way{rows.data() + c, columns_.size(), into, width, static_cast<size_t>(count)};
    if (const auto& taken = taken_[c]; !taken)
      copy_column(way);
    else
      CRESSET_CHECK(std::visit(
          [&](const auto& step) {
            return place_column(step, taken->index, (column++)->texts, way, cut);
          },
          text_steps_[taken->step]));
  }
  return expanded;
}

std::vector<std::string> Preprocessing::value_names() const {
  std::vector<std::string> names;
  for (size_t c = 0; c < columns_.size(); ++c) {
    const auto& taken = taken_[c];
    for (size_t k = 0; k < width_of(c); ++k)
      names.push_back(taken
                          ? std::visit([&](const auto& step) { return step.name(taken->index, k); },
                                       text_steps_[taken->step])
                          : columns_[c]);
  }
  return names;
}

}  // namespace cresset::model
