#pragma once
// On how many threads tables are read, Arrow's pool among them. Of the whole process: to be called
// before a table is read, by one thread.
//
//   data::use_threads(device::compute_threads(…));

namespace cresset::data {

// At least one; else as many as the machine has cores, which a container need not have.
void use_threads(int threads);

}  // namespace cresset::data
