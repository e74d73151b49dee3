#pragma once
// Where the rows of a file stand in it, for the words of errors: "row 7", or with the number that
// its format counts by, "row 7 (line 9)". Rows are counted as they are read, a header and rows that
// the format could not read not included. Numbers that follow each other are kept as one run. A
// value; pure.
//
//   RowNumbers numbers("line");
//   numbers.add(2), numbers.add(4);
//   numbers.place(1);   // "row 2 (line 4)"

#include <cstdint>
#include <string>
#include <vector>

namespace cresset::data {

class RowNumbers {
 public:
  // Of a format that counts by nothing but rows.
  RowNumbers() = default;
  // `what` lives as long as the program.
  explicit RowNumbers(const char* what) : what_(what) {}

  // The number of the next row; greater than those before it.
  void add(int64_t number);
  int64_t rows() const { return rows_; }
  // Of a row counted from 0; beyond those that were added they go on one by one.
  int64_t number(int64_t row) const;
  // Without a number where none was added.
  std::string place(int64_t row) const;

 private:
  struct Run {
    int64_t row;
    int64_t number;
  };

  const char* what_ = nullptr;
  std::vector<Run> runs_;  // ascending
  int64_t rows_ = 0;
};

}  // namespace cresset::data
