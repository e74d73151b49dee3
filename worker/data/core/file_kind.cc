#include "worker/data/core/file_kind.h"

#include <array>

namespace cresset::data {

namespace {

struct Ending {
  std::string_view text;
  FileKind kind;
};
constexpr std::array kEndings{Ending{".parquet", FileKind::kParquet},
                              Ending{".csv", FileKind::kCsv}};

}  // namespace

base::Result<FileKind> file_kind(const std::string& name) {
  std::string allowed;
  for (const auto& ending : kEndings) {
    if (name.ends_with(ending.text)) return ending.kind;
    const bool last = &ending == &kEndings.back();
    allowed += (allowed.empty() ? "" : last ? " or " : ", ") + std::string(ending.text);
  }
  return base::fail(base::invalid(name + ": allowed are names that end in " + allowed));
}

}  // namespace cresset::data
