#pragma once
// From which files the rows of a table are and where they stand there, whatever was left out or
// picked since. Rows that follow each other in a file are kept as one run, so most tables need as
// many runs as they have files. A value, cheap to copy but for the runs; pure.
//
//   RowOrigins origins;
//   origins.begin_file("s3://data/a.csv", numbers);
//   origins.add(0, 5), origins.add(6, 4);   // without the sixth row
//   origins.at(5);                          // {"s3://data/a.csv", "row 7 (line 8)"}

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "worker/data/core/row_numbers.h"

namespace cresset::data {

struct RowOrigin {
  std::string uri;
  std::string place;  // row_numbers.h
  bool operator==(const RowOrigin&) const = default;
};

class RowOrigins {
 public:
  // Of which file the rows are that are added from here on.
  void begin_file(std::string uri, RowNumbers numbers);
  // The next `count` rows of the table are those of the file from `first` on, counted from 0.
  void add(int64_t first, int64_t count);
  // Those of another table, whose rows follow.
  void append(const RowOrigins& next);
  // Of the rows at `indices` alone, in that order.
  RowOrigins take(const std::vector<int64_t>& indices) const;
  int64_t rows() const { return rows_; }
  // Of a row of the table, counted from 0, that was added.
  RowOrigin at(int64_t row) const;

 private:
  struct File {
    std::string uri;
    RowNumbers numbers;
  };
  struct Run {
    int64_t row;    // of the table
    int64_t first;  // of the file
    size_t file;
  };
  const Run& run_of(int64_t row) const;
  void add(size_t file, int64_t first, int64_t count);

  // Tables whose rows were taken from another share its files.
  std::shared_ptr<std::vector<File>> files_ = std::make_shared<std::vector<File>>();
  std::vector<Run> runs_;  // ascending
  int64_t rows_ = 0;
};

}  // namespace cresset::data
