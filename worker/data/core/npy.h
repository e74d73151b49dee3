#pragma once
// The header of NumPy's .npy files, versions 1 to 3 (numpy.lib.format), as numpy.save writes them:
// what the array's values are and where they lie. Every size is checked against the bytes that
// there are, so that whoever reads by it stays within them. Pickled objects are refused. Pure; the
// views are of the caller's bytes.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "operator/base/result.h"

namespace cresset::data {

// One kind of value, at `offset` of each item.
struct NpyField {
  std::string name;  // "": the array has no named fields
  char kind = 'f';   // f(loat), i(nteger), u(nsigned), b(oolean), U (UCS-4), S (bytes)
  size_t bytes = 0;  // of one value
  bool big_endian = false;
  std::vector<int64_t> shape;  // of the values within an item
  size_t offset = 0;
};

struct NpyArray {
  std::vector<NpyField> fields;
  std::vector<int64_t> shape;
  bool fortran_order = false;
  size_t item_bytes = 0;
  std::string_view items;  // exactly as many as the shape says
};

base::Result<NpyArray> parse_npy(std::string_view bytes);

}  // namespace cresset::data
