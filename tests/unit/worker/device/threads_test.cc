#include "worker/device/threads.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace cresset::device {
namespace {

class Threads : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(root_); }
  void TearDown() override { std::filesystem::remove_all(root_); }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(root_ + "/" + name) << text;
  }

  const std::string root_ = testing::TempDir() + "threads_test";
};

TEST_F(Threads, WithoutALimitTheCoresAreShared) {
  EXPECT_EQ(compute_threads(1, 8, "", root_), 8);
  EXPECT_EQ(compute_threads(3, 8, "", root_), 2);
  EXPECT_EQ(compute_threads(16, 8, "", root_), 1);
}

TEST_F(Threads, TheLimitOfTheContainerCounts) {
  write("cpu.max", "400000 100000\n");
  EXPECT_EQ(compute_threads(1, 8, "", root_), 4);
  EXPECT_EQ(compute_threads(2, 8, "", root_), 2);
  write("cpu.max", "25000 100000\n");
  EXPECT_EQ(compute_threads(1, 8, "", root_), 1);
}

TEST_F(Threads, ARequestOfOneCpuOrLessIsOneThread) {
  write("cpu.max", "max 100000\n");
  write("cpu.weight", "12\n");
  EXPECT_EQ(compute_threads(1, 8, "", root_), 1);
  write("cpu.weight", "157\n");
  EXPECT_EQ(compute_threads(1, 8, "", root_), 8);
}

TEST_F(Threads, TheOlderCgroupFilesAreReadTheSame) {
  std::filesystem::create_directories(root_ + "/cpu");
  write("cpu/cpu.cfs_quota_us", "25000\n");
  write("cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(compute_threads(1, 8, "", root_), 1);
  write("cpu/cpu.cfs_quota_us", "-1\n");
  write("cpu/cpu.shares", "307\n");
  EXPECT_EQ(compute_threads(1, 8, "", root_), 1);
  write("cpu/cpu.shares", "1024\n");
  EXPECT_EQ(compute_threads(1, 8, "", root_), 8);
}

TEST_F(Threads, WhatWasAskedForWins) {
  write("cpu.max", "100000 100000\n");
  EXPECT_EQ(compute_threads(2, 8, "3", root_), 3);
  EXPECT_EQ(compute_threads(1, 8, "many", root_), 1);
}

}  // namespace
}  // namespace cresset::device
