#pragma once
// Deadline: calls back when a moment passes, built so that moving the moment on every request costs
// no timer operation: the timer only ever looks at most kStep ahead and arms itself again when the
// moment has moved. Lives on one Loop and is used only there, by its owner, who calls `clear`
// before it goes. Private to net.

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>

namespace cresset::net {

class Deadline {
 public:
  using Time = std::chrono::steady_clock::time_point;

  Deadline(boost::asio::io_context& context, std::function<void()> passed)
      : state_(std::make_shared<State>(context, std::move(passed))) {}

  void set(Time at) {
    state_->at = at;
    if (!state_->armed || std::min(at, now() + kStep) < state_->armed_at) arm(state_);
  }
  void set_in(std::chrono::milliseconds span) { set(now() + span); }
  void clear() { state_->at = Time::max(); }
  static Time now() { return std::chrono::steady_clock::now(); }

 private:
  static constexpr std::chrono::seconds kStep{5};

  struct State {
    State(boost::asio::io_context& context, std::function<void()> callback)
        : timer(context), passed(std::move(callback)) {}
    boost::asio::steady_timer timer;
    std::function<void()> passed;
    Time at = Time::max();
    Time armed_at;
    bool armed = false;
  };

  static void arm(const std::shared_ptr<State>& state) {
    state->armed = true;
    state->armed_at = std::min(state->at, now() + kStep);
    state->timer.expires_at(state->armed_at);
    state->timer.async_wait([weak = std::weak_ptr(state)](boost::system::error_code error) {
      const auto self = weak.lock();
      if (error || self == nullptr) return;
      self->armed = false;
      if (self->at == Time::max()) return;
      if (now() < self->at) return arm(self);
      self->at = Time::max();
      self->passed();
    });
  }

  std::shared_ptr<State> state_;
};

}  // namespace cresset::net
