#include "operator/base/process_metrics.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <thread>

namespace cresset::base {
namespace {

double value_of(const std::string& name) {
  const std::string text = "\n" + render_process_metrics();
  const size_t at = text.find("\n" + name + " ");
  return at == std::string::npos ? -1 : std::strtod(text.c_str() + at + name.size() + 2, nullptr);
}

TEST(ProcessMetrics, MemoryIsWhatTheKernelSays) {
  std::ifstream file("/proc/self/statm");
  double pages = 0, resident = 0;
  file >> pages >> resident;
  const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
  EXPECT_NEAR(value_of("process_resident_memory_bytes"), resident * page, 8 << 20);
  EXPECT_GE(value_of("process_virtual_memory_bytes"), value_of("process_resident_memory_bytes"));
}

TEST(ProcessMetrics, CpuSecondsGrowWithWork) {
  const double before = value_of("process_cpu_seconds_total");
  ASSERT_GE(before, 0);
  while (value_of("process_cpu_seconds_total") <= before) {
  }
}

TEST(ProcessMetrics, AnOpenFileCounts) {
  const double before = value_of("process_open_fds");
  std::ifstream one("/proc/self/stat"), two("/proc/self/stat");
  EXPECT_EQ(value_of("process_open_fds"), before + 2);
  EXPECT_GT(value_of("process_max_fds"), before);
}

TEST(ProcessMetrics, ItStartedLately) {
  const auto now =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch());
  EXPECT_LE(value_of("process_start_time_seconds"), now.count() + 1);
  EXPECT_GT(value_of("process_start_time_seconds"), now.count() - 3600);
}

TEST(ProcessMetrics, AThreadCounts) {
  std::jthread([] {}).join();  // ThreadSanitizer starts one of its own with the first
  const double before = value_of("process_threads");
  std::jthread waits([](std::stop_token stop) {
    while (!stop.stop_requested()) std::this_thread::yield();
  });
  EXPECT_EQ(value_of("process_threads"), before + 1);
}

}  // namespace
}  // namespace cresset::base
