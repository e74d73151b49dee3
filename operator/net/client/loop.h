#pragma once
// Loop: one thread that runs one asio io_context. Everything of a connection happens on one Loop,
// so that connections need no locks. A client makes its own, a server one for each of its threads;
// a program that is both (the gateway) gives the same Loops to both, so that a request passes
// through without changing threads. Shared by those who use it; `stop` (or the last owner) joins
// the thread, and must not be called from it. All members may be called from any thread.

#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace cresset::net {

class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  boost::asio::io_context& context();
  // True on this loop's own thread.
  bool is_current() const;
  // Runs `work` later on the loop. False, and `work` is dropped, once the loop was stopped.
  bool post(std::function<void()> work);
  // Runs `work` on the loop and returns when it has run; at once when called there, and on the
  // calling thread when the loop was stopped (nobody else runs it then).
  void run_and_wait(const std::function<void()>& work);
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cresset::net
