#pragma once
// TokenSource: the bearer token of a client, re-read from its file about once a minute, because the
// kubelet rotates it. A file that cannot be read or is empty keeps the old token. After a 401 the
// token that the request carried is dropped, so that the next call reads the file again. Any
// thread.

#include <mutex>
#include <optional>
#include <string>

#include "operator/base/clock.h"

namespace cresset::kube {

class TokenSource {
 public:
  // `file` wins over `fixed`; both empty: no token.
  TokenSource(std::string fixed, std::string file, base::Clock& clock);
  std::string current();
  // Whether another token may be had by asking again.
  bool refused(const std::string& token);

 private:
  const std::string fixed_;
  const std::string file_;
  base::Clock& clock_;
  std::mutex mutex_;
  std::string cached_;
  std::optional<base::MonoTime> read_at_;
};

}  // namespace cresset::kube
