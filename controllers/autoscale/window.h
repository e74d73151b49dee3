#pragma once
// Window: the recent past of one service's load, as its gateways told it. Each gateway is a step
// function of time (a line covers the period before it; the newest one holds until the next, at
// most `stale_after`); the sum of them is averaged over the stable window and over its short end.
// A gateway that falls silent without its load having ended makes the window incomplete until its
// lines have left it: what is not known is never read as zero. After
// a silence of all gateways the window begins anew. Pure: time comes in, nothing is
// read. A value for one thread (LoadBoard locks around it); bounded: at most about 60 steps a
// gateway.
//
//   Window window({.stable = 60s});
//   window.add("gateway-0", {.value = 12.5, .period = 1s, .active = true}, now);
//   if (auto load = window.at(now)) decide(..., *load);

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "operator/base/clock.h"

namespace cresset::autoscale {

struct WindowShape {
  std::chrono::milliseconds stable{60000};
  std::chrono::milliseconds stale_after{5000};

  // The short end that surges are seen in: a tenth, as Knative's panic window, but at least 2 s.
  std::chrono::milliseconds recent() const;
  bool operator==(const WindowShape&) const = default;
};

// What one gateway says about one service, its revisions summed.
struct Sample {
  double value = 0;  // of the metric, a mean over the period
  std::chrono::milliseconds period{1000};
  int64_t waiting = 0;  // held back in the gateway right now
  bool active = false;  // a request was there in this period
};

struct Load {
  double mean = 0;    // over the stable window, or as much of it as was seen
  double recent = 0;  // over its short end
  double peak = 0;    // the highest `recent` within the stable window
  int64_t waiting = 0;
  bool complete = false;             // the whole window was seen, of every gateway
  std::chrono::milliseconds idle{};  // since the last request, or since the first line
  bool seen_request = false;         // since the first line
  bool operator==(const Load&) const = default;
};

class Window {
 public:
  explicit Window(WindowShape shape) : shape_(shape) {}

  const WindowShape& shape() const { return shape_; }
  // Another shape keeps what is known.
  void reshape(WindowShape shape) { shape_ = shape; }
  // `now` may stand still or go back: it is then taken as the newest time known.
  void add(const std::string& gateway, const Sample& sample, base::MonoTime now);
  // Nothing when no gateway has spoken within `stale_after`.
  std::optional<Load> at(base::MonoTime now) const;

 private:
  struct Step {
    base::MonoTime from, to;
    double value;
  };
  struct Gateway {
    std::deque<Step> steps;
    int64_t waiting = 0;
    base::MonoTime heard;
  };
  struct Recent {
    base::MonoTime at;
    double value;
  };

  void begin_anew();
  void forget(base::MonoTime now);
  double mean_over(base::MonoTime from, base::MonoTime to) const;
  bool gap_since(base::MonoTime from, base::MonoTime now) const;

  WindowShape shape_;
  std::map<std::string, Gateway> gateways_;
  std::deque<Recent> recents_;
  std::optional<base::MonoTime> first_, last_active_, gap_;
  base::MonoTime newest_{};
};

}  // namespace cresset::autoscale
