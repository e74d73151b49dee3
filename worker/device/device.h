#pragma once
// Where tensors live and how many threads compute on them. Set once a process, right after the fork
// or at the start of main, before the first tensor: libtorch's pools are the process's own. Today
// the CPU; a GPU gets its own file beside this one.

#include <string>

namespace cresset::device {

// "cpu, AVX512, mkl, 2 threads": for the log.
std::string describe();
// libtorch's pools: `threads` inside an operation, one between operations.
void use_threads(int threads);
// Whether torch may use only operations that give the same bits each time; one that has none for
// what it is asked ends the job by its name.
void use_deterministic_operations(bool on);
// Small floating-point results are rounded to zero, as everybody trains.
void flush_denormals();

}  // namespace cresset::device
