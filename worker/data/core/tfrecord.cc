#include "worker/data/core/tfrecord.h"

#include <boost/crc.hpp>
#include <cstdint>
#include <cstring>
#include <string>

#include "worker/data/core/little_endian.h"

namespace cresset::data {

namespace {

constexpr size_t kLength = 8;
constexpr size_t kSum = 4;
// CRC-32C (Castagnoli).
using Crc = boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true>;
constexpr uint32_t kMask = 0xA282EAD8;

bool is_sum(std::string_view sum, std::string_view bytes) {
  Crc crc;
  crc.process_bytes(bytes.data(), bytes.size());
  const uint32_t plain = crc.checksum();
  const uint32_t masked = (plain >> 15 | plain << 17) + kMask;
  return little_endian(sum) == masked;
}

}  // namespace

base::Result<std::vector<std::string_view>> split_tfrecords(std::string_view bytes) {
  std::vector<std::string_view> records;
  const auto wrong = [&](const char* why) {
    return base::fail(base::invalid("not readable as TFRecord: record " +
                                    std::to_string(records.size() + 1) + " " + why));
  };
  while (!bytes.empty()) {
    if (bytes.size() < kLength + kSum) return wrong("is cut off");
    if (!is_sum(bytes.substr(kLength, kSum), bytes.substr(0, kLength)))
      return wrong("has a length that its checksum does not fit: the file is damaged, or none");
    const auto length = little_endian(bytes.substr(0, kLength));
    bytes.remove_prefix(kLength + kSum);
    if (bytes.size() < kSum || length > bytes.size() - kSum) return wrong("is cut off");
    const auto record = bytes.substr(0, length);
    if (!is_sum(bytes.substr(length, kSum), record))
      return wrong("does not fit its checksum: the file is damaged");
    records.push_back(record);
    bytes.remove_prefix(length + kSum);
  }
  return records;
}

}  // namespace cresset::data
