#pragma once
// Outage: how long the API server has served nothing of one thing that it is asked for again and
// again (the lists and watches of a reflector, the lease). It begins with the first failure after
// something was served, and ends with the next thing that is: an answer, what a watch tells, or a
// watch that has been open for kLived. That one was taken says nothing, for a server may take them
// all and end them at once; one that is quiet for longer than a bound may be, since there are no
// bookmarks, does not fail. What readiness looks at; liveness never does. Pure: time is an
// argument. Not synchronised; its owner is.
//
//   outage.note(api.list(…), clock.mono());  if (outage.is_long(clock.mono())) …outage.told(…)

#include <optional>
#include <string>

#include "operator/base/clock.h"
#include "operator/base/error.h"
#include "operator/base/result.h"

namespace cresset::runtime {

class Outage {
 public:
  // As long as controller-runtime waits for a cache to be filled.
  static constexpr std::chrono::minutes kBound{2};
  // A watch that was open for that long was served, whatever it told and however it ended.
  static constexpr std::chrono::seconds kLived{10};

  template <typename T>
  void note(const base::Result<T>& outcome, base::MonoTime now) {
    if (outcome)
      served();
    else
      failed(outcome.error(), now);
  }
  void served();
  void failed(const base::Error& error, base::MonoTime now);
  // A watch was taken, and came to an end that is no failure. What it tells between is served().
  void opened(base::MonoTime now);
  void ended(base::MonoTime now);

  // Why nothing was served since something last was; nothing when nothing failed since.
  const std::optional<base::Error>& last() const { return last_; }
  bool is_long(base::MonoTime now) const;
  // "the API server has served no `what` for 5 minutes; last: …", of one that is long.
  std::string told(const std::string& what, base::MonoTime now) const;

 private:
  bool has_lived(base::MonoTime now) const { return open_ && now - *open_ >= kLived; }

  std::optional<base::Error> last_;
  base::MonoTime since_{};              // while there is a last_
  std::optional<base::MonoTime> open_;  // since when a watch is that told nothing yet
};

}  // namespace cresset::runtime
