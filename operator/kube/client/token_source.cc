#include "operator/kube/client/token_source.h"

#include "operator/base/file.h"

namespace cresset::kube {

namespace {

// client-go caches for a minute less ten seconds of leeway.
constexpr auto kTokenFresh = std::chrono::seconds(50);
constexpr size_t kMaxTokenBytes = 64 << 10;

}  // namespace

TokenSource::TokenSource(std::string fixed, std::string file, base::Clock& clock)
    : fixed_(std::move(fixed)), file_(std::move(file)), clock_(clock) {}

std::string TokenSource::current() {
  if (file_.empty()) return fixed_;
  std::lock_guard lock(mutex_);
  if (read_at_ && clock_.mono() - *read_at_ < kTokenFresh) return cached_;
  if (auto read = base::read_file(file_, kMaxTokenBytes)) {
    while (!read->empty() && (read->back() == '\n' || read->back() == ' ')) read->pop_back();
    if (!read->empty()) {
      cached_ = std::move(*read);
      read_at_ = clock_.mono();
    }
  }
  return cached_;
}

bool TokenSource::refused(const std::string& token) {
  if (file_.empty()) return false;
  {
    std::lock_guard lock(mutex_);
    if (cached_ != token) return true;
    read_at_.reset();
  }
  return current() != token;
}

}  // namespace cresset::kube
