#pragma once
// How a process that computes the same step over and over treats memory that it freed. glibc hands
// large blocks back to the kernel, which gives them again as empty pages, one fault each: of a step
// of a small transformer 2,400 of them, a tenth of its time (docs/benchmarks.md). For the loop of
// training alone; a process that loads and forgets models gives memory back.

namespace cresset::device {

// Gives back what is free now, and from here on keeps for the next allocation whatever is freed, of
// any size: what the process holds is its largest use. Any thread, once, for the whole process.
// After mallopt(3), M_MMAP_MAX and M_TRIM_THRESHOLD.
void keep_freed_memory();

}  // namespace cresset::device
