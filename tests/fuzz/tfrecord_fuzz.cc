// Any bytes as a TFRecord file: they are refused, or their records and what frames them are all of
// them. The same bytes in a frame of our own, whose checksums are reckoned bit by bit, are one
// record. As a tf.train.Example they are refused, or give values that lie within them, the same
// when a field that nobody knows follows, or the message itself once more.

#include <cstring>

#include "tests/fuzz/target.h"
#include "worker/data/core/example.h"
#include "worker/data/core/tfrecord.h"

namespace {

using cresset::data::Example;
using cresset::data::parse_example;
using cresset::data::split_tfrecords;
using cresset::fuzz::kPlanted;
using cresset::fuzz::require;

constexpr size_t kLongest = 512;
constexpr size_t kFrame = 16;

template <typename T>
std::string little_endian(T value) {
  std::string bytes;
  for (size_t i = 0; i < sizeof(T); ++i) bytes += static_cast<char>(value >> (8 * i) & 0xFF);
  return bytes;
}

std::string sum(std::string_view bytes) {
  uint32_t crc = 0xFFFFFFFF;
  for (const char byte : bytes) {
    crc ^= static_cast<uint8_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78 : 0);
  }
  crc = ~crc;
  return little_endian<uint32_t>((crc >> 15 | crc << 17) + 0xA282EAD8);
}

void check_records(const std::string& bytes) {
  if (const auto records = split_tfrecords(bytes)) {
    size_t all = 0;
    for (const auto& record : *records) all += record.size() + kFrame;
    require(all == bytes.size());
  }
  const std::string length = little_endian<uint64_t>(bytes.size());
  const std::string framed = length + sum(length) + bytes + sum(bytes);
  const std::string both = framed + framed;
  const auto records = split_tfrecords(both);
  require(records && records->size() == 2 && records->front() == bytes && records->back() == bytes);
}

bool same(const Example& a, const Example& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    const auto &m = x.second.numbers, &n = y.second.numbers;  // NaN is the same as itself here
    return x.first == y.first && x.second.texts == y.second.texts && m.size() == n.size() &&
           (m.empty() || std::memcmp(m.data(), n.data(), m.size() * sizeof(double)) == 0);
  });
}

void check_example(const std::string& bytes) {
  auto example = parse_example(bytes);
  const std::string more = bytes + "\x48\x01", twice = bytes + bytes;
  const auto with_more = parse_example(more), with_twice = parse_example(twice);
  if (!example) return;
  if (kPlanted && example->contains("") && !example->at("").texts.empty()) example->erase("");
  require(with_more && same(*example, *with_more));
  require(with_twice && same(*example, *with_twice));
  for (const auto& [name, feature] : *example)
    for (const auto& text : feature.texts)
      require(text.data() >= bytes.data() &&
              text.data() + text.size() <= bytes.data() + bytes.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > kLongest) return 0;
  const std::string bytes(cresset::fuzz::view(data, size));
  check_records(bytes);
  check_example(bytes);
  return 0;
}
