#include "worker/train/label_totals.h"

namespace cresset::train {

LabelTotals totals_of(const data::Table& train) {
  LabelTotals totals{.kind = train.label_kind, .names = {}, .rows = {}, .all_rows = train.rows};
  if (train.label_kind == data::LabelKind::kNumbers || train.label_kind == data::LabelKind::kNone)
    return totals;
  if (train.label_kind == data::LabelKind::kFlags) {
    totals.names = train.label_columns;
    totals.rows.resize(totals.names.size());
    for (size_t i = 0; i < train.targets.size(); ++i)
      totals.rows[i % totals.rows.size()] += train.targets[i] > 0;
    return totals;
  }
  for (int64_t code = 0; code < train.classes.size(); ++code)
    totals.names.push_back(train.classes.name(code));
  totals.rows.resize(totals.names.size());
  for (const int64_t code : train.labels) ++totals.rows[static_cast<size_t>(code)];
  return totals;
}

}  // namespace cresset::train
