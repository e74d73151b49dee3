#include "worker/model/format.h"

#include <algorithm>
#include <array>

#include "worker/data/store.h"

namespace cresset::model {

using base::Result;

namespace {

constexpr size_t kMaxCard = size_t{64} << 20;

constexpr std::array kFormats{Format{kBuiltinFormat, build_builtin}};

Result<Format> format_of(const base::Json& card, const std::string& where) {
  const base::Json* named = base::find(card, "/format");
  if (named == nullptr) return kFormats.front();
  const auto found = std::find_if(kFormats.begin(), kFormats.end(), [named](const Format& format) {
    return named->is_string() && named->get_ref<const std::string&>() == format.name;
  });
  if (found != kFormats.end()) return *found;
  std::string names;
  for (const auto& format : kFormats)
    names += (names.empty() ? "" : ", ") + std::string(format.name);
  return base::fail(base::invalid(where + ": format is " + base::dump(*named).substr(0, 64) +
                                  ", allowed are: " + names));
}

}  // namespace

std::span<const Format> formats() { return kFormats; }

Result<std::unique_ptr<Model>> load_model(data::Store& store, const std::string& uri,
                                          const std::string& digest) {
  CRESSET_TRY(directory, read_directory(store, uri, digest));
  const auto text = directory.files.find(kModelFile);
  if (text == directory.files.end())
    return base::fail(base::invalid(uri + ": the manifest names no " + kModelFile));
  const std::string where = data::join(uri, kModelFile);
  auto card = base::parse_json(text->second, {.max_bytes = kMaxCard, .max_depth = 16});
  if (!card) return base::fail(card.error().with_context(where));
  CRESSET_TRY(format, format_of(*card, where));
  return format.build(std::move(directory), std::move(*card), uri);
}

}  // namespace cresset::model
