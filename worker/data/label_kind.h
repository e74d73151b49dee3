#pragma once
// What the columns to predict hold. A value.

namespace cresset::data {

enum class LabelKind {
  kClasses,  // one column of whole numbers or texts
  kNumbers,  // any numbers
  kFlags,    // 0 or 1, or false or true
  kNone,     // there is no such column
};

}  // namespace cresset::data
