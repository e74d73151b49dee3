#pragma once
// What a scan learns of labels that are not held: which classes there are and how many rows each
// has, or mean and deviation of numbers, or how many rows a flag holds for. Each rank adds the rows
// that it scans, then all are merged, in one order on every rank. A value; one thread.
//
//   LabelScan own(kind, columns);  CRESSET_CHECK(own.add(rows));
//   CRESSET_CHECK(all.merge(own.encode()));   // of each rank
//   all.classes();  all.targets();  all.totals(classes);

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "operator/base/json.h"
#include "operator/base/result.h"
#include "worker/data/read_files.h"
#include "worker/data/table.h"
#include "worker/model/card.h"
#include "worker/model/moments.h"
#include "worker/train/label_totals.h"

namespace cresset::train {

class LabelScan {
 public:
  LabelScan(data::LabelKind kind, std::vector<std::string> columns);

  // Errors begin with the column.
  base::Result<void> add(const data::FileRows& rows);
  base::Json encode() const;
  base::Result<void> merge(const base::Json& other);

  data::Classes classes() const;
  // As fit_targets(), but for rounding.
  std::vector<model::Target> targets() const;
  // Of rows whose codes are those of `classes`.
  LabelTotals totals(const data::Classes& classes) const;

 private:
  base::Result<void> add_classes(const data::RawLabels& labels);
  void add_columns(const std::vector<double>& values);
  base::Result<void> check(bool integers);
  base::Result<void> check_values() const;

  data::LabelKind kind_;
  std::vector<std::string> columns_;
  int64_t rows_ = 0;
  bool integers_ = true;  // of classes
  std::map<int64_t, int64_t> numbers_;
  std::map<std::string, int64_t> texts_;
  std::vector<model::ColumnMoments> moments_;  // of numbers
  std::vector<int64_t> holding_;               // rows, of flags
};

}  // namespace cresset::train
