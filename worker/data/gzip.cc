#include "worker/data/gzip.h"

#include <arrow/buffer.h>
#include <arrow/io/compressed.h>
#include <arrow/io/memory.h>
#include <arrow/util/compression.h>

#include <algorithm>

#include "worker/data/core/little_endian.h"
#include "worker/data/core/zip.h"

namespace cresset::data {

namespace {

constexpr int64_t kPiece = 1 << 20;
constexpr size_t kSizeBytes = 4;

arrow::Result<std::string> unpack(std::string bytes, size_t max_bytes) {
  ARROW_ASSIGN_OR_RAISE(auto codec, arrow::util::Codec::Create(arrow::Compression::GZIP));
  ARROW_ASSIGN_OR_RAISE(auto stream,
                        arrow::io::CompressedInputStream::Make(
                            codec.get(), std::make_shared<arrow::io::BufferReader>(
                                             arrow::Buffer::FromString(std::move(bytes)))));
  std::string text;
  while (text.size() <= max_bytes) {
    const size_t had = text.size();
    text.resize(had + kPiece);
    ARROW_ASSIGN_OR_RAISE(const auto got, stream->Read(kPiece, text.data() + had));
    text.resize(had + static_cast<size_t>(got));
    if (got == 0) return text;
  }
  return arrow::Status::CapacityError("unpacked, it has more than ", max_bytes, " bytes");
}

}  // namespace

// The last member's size modulo 2^32 stands at the end (RFC 1952, 2.3.1): of one member it is all.
size_t gunzipped_size(std::string_view bytes) {
  const size_t told =
      little_endian(bytes.substr(bytes.size() - std::min(bytes.size(), kSizeBytes)));
  return told < bytes.size() ? bytes.size() * kMostDeflateRatio : told;
}

base::Result<std::string> gunzip(std::string bytes, size_t max_bytes) {
  auto text = unpack(std::move(bytes), max_bytes);
  if (text.ok()) return std::move(*text);
  return base::fail(
      base::invalid("not readable as gzip: " + text.status().message().substr(0, 400)));
}

}  // namespace cresset::data
