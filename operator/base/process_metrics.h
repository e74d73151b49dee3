#pragma once
// What the process itself costs, in the Prometheus text format and under the names of Prometheus'
// client libraries ("Writing client libraries", Process metrics), so that stock boards show it:
// process_cpu_seconds_total, _resident_memory_bytes, _virtual_memory_bytes, _start_time_seconds,
// _open_fds, _max_fds, _threads. Read from /proc/self when asked; any thread.

#include <string>

namespace cresset::base {

// What cannot be read is left out.
std::string render_process_metrics();

}  // namespace cresset::base
