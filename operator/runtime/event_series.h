#pragma once
// EventSeries: decides which write an observed event costs. The first one creates an Event, the
// second equal one makes it a series, later ones are counted in memory and written every half hour
// or when the series has been quiet for six minutes (client-go's tools/events has the same
// numbers). Pure bookkeeping: no I/O, no clock of its own, no lock; one thread.

#include <list>
#include <map>
#include <string>
#include <vector>

#include "operator/base/clock.h"
#include "operator/runtime/event_recorder.h"

namespace cresset::runtime {

struct EventWrite {
  kube::ObjectKey key;
  bool create = true;
  base::Json object;  // the whole Event
  base::Json patch;   // its series, when it is there already (create == false)
};

class EventSeries {
 public:
  EventSeries(std::string component, std::string instance)
      : component_(std::move(component)), instance_(std::move(instance)) {}

  // At most one write.
  std::vector<EventWrite> observe(const ObjectReference& about, const EventNote& note,
                                  base::WallTime wall, base::MonoTime now);
  // Writes the counts of series that went quiet, and forgets them.
  std::vector<EventWrite> sweep(base::MonoTime now);
  size_t size() const { return series_.size(); }

 private:
  struct Series {
    kube::ObjectKey key;
    base::Json object;
    int count = 1;
    int written = 1;
    base::WallTime seen_wall;
    base::MonoTime seen;
    base::MonoTime written_at;
  };

  base::Json render(const kube::ObjectKey& key, const ObjectReference& about, const EventNote& note,
                    base::WallTime wall) const;
  static EventWrite patch_of(Series& series, base::MonoTime now);
  void forget_oldest();

  std::string component_;
  std::string instance_;
  std::map<std::string, Series> series_;
};

}  // namespace cresset::runtime
