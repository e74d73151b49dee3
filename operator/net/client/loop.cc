#include "operator/net/client/loop.h"

#include <utility>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <mutex>
#include <thread>

namespace cresset::net {

namespace {

thread_local const void* current_loop = nullptr;

}  // namespace

struct Loop::Impl {
  boost::asio::io_context context{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{
      context.get_executor()};
  std::mutex mutex;
  bool stopped = false;
  std::thread thread;
};

Loop::Loop() : impl_(std::make_unique<Impl>()) {
  impl_->thread = std::thread([impl = impl_.get()] {
    current_loop = impl;
    impl->context.run();
  });
}

Loop::~Loop() { stop(); }

boost::asio::io_context& Loop::context() { return impl_->context; }

bool Loop::is_current() const { return current_loop == impl_.get(); }

bool Loop::post(std::function<void()> work) {
  std::lock_guard lock(impl_->mutex);
  if (impl_->stopped) return false;
  boost::asio::post(impl_->context, std::move(work));
  return true;
}

void Loop::run_and_wait(const std::function<void()>& work) {
  if (is_current()) return work();
  auto done = std::make_shared<std::promise<void>>();
  auto finished = done->get_future();
  const bool posted = post([&work, done] {
    work();
    done->set_value();
  });
  if (!posted) return work();
  finished.wait();
}

void Loop::stop() {
  {
    std::lock_guard lock(impl_->mutex);
    if (impl_->stopped) return;
    impl_->stopped = true;
  }
  impl_->work.reset();
  impl_->context.stop();
  impl_->thread.join();
  // What was queued when the thread left still runs, so that no handler keeps its owner alive.
  impl_->context.restart();
  impl_->context.poll();
}

}  // namespace cresset::net
