#include "operator/base/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <vector>

namespace cresset::base {

namespace {

void line(std::ostream& out, const char* name, const char* type, const char* help, double value) {
  out << "# HELP " << name << ' ' << help << "\n# TYPE " << name << ' ' << type << '\n'
      << name << ' ' << value << '\n';
}

// Fields of /proc/self/stat behind the program's name, which may hold anything; [0] is field 3.
std::vector<std::string> stat_fields() {
  std::ifstream file("/proc/self/stat");
  std::string text{std::istreambuf_iterator<char>(file), {}};
  std::istringstream rest(text.substr(std::min(text.size(), text.rfind(')') + 1)));
  return {std::istream_iterator<std::string>(rest), {}};
}

double boot_time() {
  std::ifstream file("/proc/stat");
  for (std::string word; file >> word;)
    if (double seconds = 0; word == "btime" && file >> seconds) return seconds;
  return 0;
}

double open_files() {
  std::error_code error;
  const std::filesystem::directory_iterator files("/proc/self/fd", error);
  return error ? 0 : static_cast<double>(std::distance(begin(files), end(files)));
}

}  // namespace

std::string render_process_metrics() {
  constexpr size_t kUser = 11, kSystem = 12, kThreads = 17, kStart = 19, kVirtual = 20,
                   kResident = 21;  // proc(5), less the three that stand before
  const auto fields = stat_fields();
  if (fields.size() <= kResident) return "";
  const auto number = [&](size_t field) { return std::strtod(fields[field].c_str(), nullptr); };
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  std::ostringstream out;
  out.precision(17);
  line(out, "process_cpu_seconds_total", "counter", "CPU seconds of user and system",
       (number(kUser) + number(kSystem)) / ticks);
  line(out, "process_resident_memory_bytes", "gauge", "Resident memory",
       number(kResident) * static_cast<double>(sysconf(_SC_PAGESIZE)));
  line(out, "process_virtual_memory_bytes", "gauge", "Virtual memory", number(kVirtual));
  line(out, "process_start_time_seconds", "gauge", "Start of the process, Unix time",
       boot_time() + number(kStart) / ticks);
  line(out, "process_threads", "gauge", "Threads", number(kThreads));
  line(out, "process_open_fds", "gauge", "Open file descriptors", open_files());
  if (rlimit limit{}; getrlimit(RLIMIT_NOFILE, &limit) == 0)
    line(out, "process_max_fds", "gauge", "File descriptors that may be open",
         static_cast<double>(limit.rlim_cur));
  return out.str();
}

}  // namespace cresset::base
