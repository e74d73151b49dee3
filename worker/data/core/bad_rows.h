#pragma once
// The rows of a job's data that cannot be used (spec.training.data.badRows): how many may be passed
// over, how many were, and which were the first. Rows of a block are gathered first, so that one
// with two wrong values counts once. Filled by the thread that reads; pure.
//
//   bad.begin_file("spec.training.data.train.uri: ", "s3://data/a.csv");
//   CRESSET_CHECK(bad.add(row, [&] { return place(row) + ": found \"abc\", allowed are numbers";
//   })); for (int64_t row : bad.finish_block()) …   // ascending; they are to be left out

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "operator/base/result.h"

namespace cresset::data {

class BadRows {
 public:
  // What is wrong with a row. Asked of the first ones alone, and at finish_block() at the latest.
  using Why = std::function<std::string()>;

  explicit BadRows(int64_t limit = 0) : limit_(limit) {}

  // What is added from here on is of the file at `uri`; errors begin with `field`.
  void begin_file(std::string field, std::string uri);

  // `row` of the block that is read cannot be used. An error, whole as it is told, once that makes
  // more than the limit.
  base::Result<void> add(int64_t row, Why why);
  // One that is in no block.
  base::Result<void> add(const Why& why);
  std::vector<int64_t> finish_block();
  // Those of another process, after one's own; `first` are the first ten of its `count`.
  base::Result<void> merge(int64_t count, const std::vector<std::string>& first);

  // Whether an error is of add(), and so whole.
  bool is_told(const base::Error& error) const { return told_ == error.message(); }
  int64_t count() const { return count_; }
  // Whether so many more are within the limit.
  bool has_room_for(int64_t more) const { return count_ + more <= limit_; }
  // None yet, with the same limit.
  BadRows of_another_reader() const { return BadRows(limit_); }
  // "s3://data/a.csv: column …" of the first ten.
  const std::vector<std::string>& first() const { return first_; }

 private:
  void keep(const Why& why);
  base::Result<void> check();

  int64_t limit_;
  int64_t count_ = 0;
  std::string field_;
  std::string uri_;
  std::vector<std::string> first_;
  std::map<int64_t, Why> block_;
  std::string told_;
};

}  // namespace cresset::data
