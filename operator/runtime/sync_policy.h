#pragma once
// SyncPolicy: what a Reflector asks next, from which version, and whether at once. The rules are
// client-go's reflector's (1.35): begin by a watch that sends all there is, or by a list if that
// failed; then watch from the last version seen; a 410 ("too old", "too large") begins anew at the
// newest version, never at an older one than was seen. So does a watch that failed twice at one
// version with what no repeat helps: an event that cannot be read would come for ever. Pure; the
// reflector's thread.
//
//   switch (policy.next()) {…}   policy.synced(version) / policy.saw(version) / policy.failed(…)

#include <optional>
#include <string>
#include <string_view>

#include "operator/base/clock.h"
#include "operator/base/error.h"

namespace cresset::runtime {

class SyncPolicy {
 public:
  enum class Ask {
    kStream,  // a watch with initial events
    kList,
    kWatch,
  };

  Ask next() const;
  // To ask from: the newest if empty. (Not "0", which may be of any age: a restart would plan again
  // from a past that is over.)
  const std::string& version() const { return version_; }

  // Whether something of `version`, told by a watch, is of before what was seen already: a watch
  // tells versions in their order, so it comes from one that told a part once more. Versions of one
  // kind can be compared as numbers (KEP-5504, promised from 1.35 on, true of etcd's before); of
  // others nothing is past.
  bool is_past(std::string_view version) const;
  // All that there is at `version` was told.
  void synced(const std::string& version);
  // An event or bookmark after that; "" when it did not say.
  void saw(const std::string& version);
  // What was asked ended with an error. Whether the next may be asked without a wait.
  bool failed(const base::Error& error, base::MonoTime now);

 private:
  bool may_begin_anew_at_once(base::MonoTime now);

  bool must_list_ = true;
  bool by_list_ = false;
  std::string version_;
  int hopeless_ = 0;  // watches from version_ that no repeat helps
  std::optional<base::MonoTime> begun_anew_;
};

}  // namespace cresset::runtime
