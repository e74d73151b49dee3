#pragma once
// What the tests of the serving core share: a session that doubles numbers, and waiters that keep
// their answers.

#include <condition_variable>
#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "worker/serve/core/request_queue.h"
#include "worker/serve/core/session.h"

namespace cresset::serve::testing {

inline Signature two_columns() {
  Signature signature;
  signature.model = "points";
  signature.version = "3";
  signature.inputs = {{"input", DataType::kFp32, {-1, 2}}};
  signature.outputs = {{"sum", DataType::kFp32, {-1}}, {"label", DataType::kInt64, {-1}}};
  return signature;
}

inline Tensor floats(Shape shape, const std::vector<float>& values) {
  std::vector<std::byte> bytes(values.size() * sizeof(float));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return Tensor(DataType::kFp32, std::move(shape), std::move(bytes));
}

template <typename T>
std::vector<T> values_of(const Tensor& tensor) {
  std::vector<T> values(tensor.data.size() / sizeof(T));
  std::memcpy(values.data(), tensor.data.data(), tensor.data.size());
  return values;
}

// sum = x + y of each row, label = sum > 0. Remembers the rows of its batches.
class SumSession : public Session {
 public:
  const Signature& signature() const override { return signature_; }
  base::Result<std::vector<Tensor>> run(std::vector<Tensor> inputs) override {
    {
      std::lock_guard lock(mutex);
      batches.push_back(inputs.front().rows());
    }
    if (const auto hook = std::exchange(before_first_run, nullptr)) hook();
    if (work) work(inputs.front().rows());
    const auto values = values_of<float>(inputs.front());
    if (values.front() == kPoison) throw std::runtime_error("poisoned");
    for (const float value : values)
      if (value == kInvalid) return base::fail(base::invalid("a value is missing"));
    if (values.front() == kLost) return base::fail(base::unavailable("the GPU is lost"));
    std::vector<float> sums;
    std::vector<int64_t> labels;
    for (size_t i = 0; i + 1 < values.size(); i += 2) {
      sums.push_back(values[i] + values[i + 1]);
      labels.push_back(sums.back() > 0 ? 1 : 0);
    }
    const auto rows = static_cast<int64_t>(sums.size());
    std::vector<std::byte> label_bytes(labels.size() * sizeof(int64_t));
    std::memcpy(label_bytes.data(), labels.data(), label_bytes.size());
    std::vector<Tensor> outputs;
    outputs.push_back(floats({rows}, sums));
    outputs.emplace_back(DataType::kInt64, Shape{rows}, std::move(label_bytes));
    return outputs;
  }

  static constexpr float kPoison = -12345;
  static constexpr float kInvalid = -54321;
  static constexpr float kLost = -999;
  std::mutex mutex;
  std::vector<int64_t> batches;
  std::function<void()> before_first_run;
  std::function<void(int64_t rows)> work;  // what every run does besides

 private:
  Signature signature_ = two_columns();
};

// Answers of many requests, waited for by the test.
class Answers {
 public:
  struct Answer {
    std::vector<float> sums;
    std::optional<base::Error> error;
  };
  std::unique_ptr<Waiter> waiter(size_t index) { return std::make_unique<Keeper>(*this, index); }
  // Blocks until `count` answers are there.
  std::vector<std::optional<Answer>> wait(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return done_ >= count; });
    return answers_;
  }

 private:
  class Keeper : public Waiter {
   public:
    Keeper(Answers& answers, size_t index) : answers_(answers), index_(index) {}
    void answered(std::span<const Tensor> outputs) override {
      answers_.keep(index_, {.sums = values_of<float>(outputs[0]), .error = {}});
    }
    void failed(const base::Error& error) override {
      answers_.keep(index_, {.sums = {}, .error = error});
    }

   private:
    Answers& answers_;
    size_t index_;
  };
  void keep(size_t index, Answer answer) {
    std::lock_guard lock(mutex_);
    if (answers_.size() <= index) answers_.resize(index + 1);
    answers_[index] = std::move(answer);
    done_ += 1;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::optional<Answer>> answers_;
  size_t done_ = 0;
};

inline Pending pending_of(const std::vector<float>& row, std::unique_ptr<Waiter> waiter) {
  Pending pending;
  pending.queued.rows = static_cast<int64_t>(row.size() / 2);
  pending.inputs.push_back(floats({pending.queued.rows, 2}, row));
  pending.waiter = std::move(waiter);
  return pending;
}

}  // namespace cresset::serve::testing
