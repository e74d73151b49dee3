// Any bytes as a watch: the first says in how large pieces they come, and where they are cut in
// two. However they are cut, the same events come out, the same lines are passed over, and the
// stream ends with the same error or none.

#include <vector>

#include "operator/kube/core/request.h"
#include "tests/fuzz/target.h"

namespace {

using cresset::fuzz::kPlanted;
using cresset::fuzz::require;
using cresset::kube::WatchDecoder;
using cresset::kube::WatchEvent;

constexpr size_t kLongest = 1024;
constexpr size_t kMaxEvent = 256;

class Reading {
 public:
  // False when the stream is over.
  bool feed(std::string_view piece) {
    if (kPlanted && piece.starts_with('\n') && last_ == '\r') piece.remove_prefix(1);
    if (!piece.empty()) last_ = piece.back();
    const auto fed = decoder_.feed(piece, [this](const WatchEvent& event) {
      text_ += std::to_string(static_cast<int>(event.type));
      text_ += cresset::base::dump(event.object.json());
      text_ += cresset::kube::ends_initial_events(event) ? "!\n" : "\n";
      require(event.object.is_object());
    });
    if (!fed) text_ += fed.error().message();
    return fed.has_value();
  }
  std::string told() const { return text_ + " " + std::to_string(decoder_.skipped()); }

 private:
  WatchDecoder decoder_{kMaxEvent};
  std::string text_;
  char last_ = 0;
};

std::string read(std::string_view bytes, size_t step) {
  Reading reading;
  while (!bytes.empty()) {
    const auto piece = bytes.substr(0, step);
    if (!reading.feed(piece)) break;
    bytes.remove_prefix(piece.size());
  }
  return reading.told();
}

std::string read_cut(std::string_view bytes, size_t cut) {
  Reading reading;
  if (reading.feed(bytes.substr(0, cut))) reading.feed(bytes.substr(cut));
  return reading.told();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2 || size > kLongest) return 0;
  const auto bytes = cresset::fuzz::view(data + 1, size - 1);
  const std::string whole = read(bytes, bytes.size());
  require(read(bytes, 1 + data[0] % 32) == whole);
  require(read_cut(bytes, data[0] * bytes.size() / 256) == whole);
  return 0;
}
