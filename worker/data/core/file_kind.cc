#include "worker/data/core/file_kind.h"

#include <array>
#include <optional>

namespace cresset::data {

namespace {

struct Ending {
  std::string_view text;
  FileFormat format;
};
constexpr std::array kEndings{
    Ending{".parquet", FileFormat::kParquet},   Ending{".csv", FileFormat::kCsv},
    Ending{".jsonl", FileFormat::kJsonLines},   Ending{".ndjson", FileFormat::kJsonLines},
    Ending{".npy", FileFormat::kNpy},           Ending{".npz", FileFormat::kNpz},
    Ending{".tfrecord", FileFormat::kTfRecord}, Ending{".tfrecords", FileFormat::kTfRecord},
    Ending{".png", FileFormat::kPng},           Ending{".jpg", FileFormat::kJpeg},
    Ending{".jpeg", FileFormat::kJpeg}};
constexpr std::string_view kGzip = ".gz";

bool may_be_compressed(FileFormat format) {
  return format == FileFormat::kCsv || format == FileFormat::kJsonLines ||
         format == FileFormat::kTfRecord;
}

std::optional<FileFormat> format_of(std::string_view name) {
  for (const auto& ending : kEndings)
    if (name.ends_with(ending.text)) return ending.format;
  return std::nullopt;
}

// "train.tfrecord-00003-of-00010" without what follows the format.
std::string_view without_shard(std::string_view name) {
  constexpr std::string_view kNumbers = "0123456789";
  const size_t of = name.rfind("-of-");
  const size_t dash = of == name.npos || of == 0 ? name.npos : name.rfind('-', of - 1);
  if (dash == name.npos) return name;
  const auto digits = [&](std::string_view text) {
    return !text.empty() && text.find_first_not_of(kNumbers) == text.npos;
  };
  const bool shard = digits(name.substr(dash + 1, of - dash - 1)) && digits(name.substr(of + 4));
  return shard ? name.substr(0, dash) : name;
}

}  // namespace

base::Result<FileKind> file_kind(const std::string& name) {
  if (const auto format = format_of(name)) return FileKind{*format};
  std::string_view inner = name;
  if (inner.ends_with(kGzip)) inner.remove_suffix(kGzip.size());
  if (const auto format = format_of(inner); format && may_be_compressed(*format))
    return FileKind{*format, true};
  if (format_of(without_shard(name)) == FileFormat::kTfRecord)
    return FileKind{FileFormat::kTfRecord};
  std::string allowed;
  for (const auto& ending : kEndings)
    allowed += (allowed.empty() ? "" : ", ") + std::string(ending.text);
  return base::fail(base::invalid(name + ": allowed are names that end in " + allowed +
                                  ", or in .gz after .csv, .jsonl, .ndjson or .tfrecord"));
}

}  // namespace cresset::data
