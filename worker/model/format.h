#pragma once
// The registry of model formats: who makes a Model of the files of a model directory. load_model
// (model.h) reads and checks the files and takes the format that model.json names by `format`. A
// format is one function and its entry in format.cc. Pure but for the memory it allocates: no
// format fetches anything or runs code of the directory. Bound every size before allocating.

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "worker/model/model.h"
#include "worker/model/model_directory.h"

namespace cresset::model {

inline constexpr std::string_view kBuiltinFormat = "builtin";

struct Format {
  std::string_view name;
  // `card` is model.json; errors name the file below `uri`.
  base::Result<std::unique_ptr<Model>> (*build)(Directory directory, base::Json card,
                                                const std::string& uri) = nullptr;
};

// The first is that of a model.json without `format`, which models had before there were others.
std::span<const Format> formats();

// The formats' functions, each in a file of its own.
// builtin: an architecture of the worker's own and weights.safetensors.
base::Result<std::unique_ptr<Model>> build_builtin(Directory directory, base::Json card,
                                                   const std::string& uri);

}  // namespace cresset::model
