#pragma once
// Runs a function as every rank of a real gloo group, each on a thread of its own, and waits.

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "worker/dist/process_group.h"

namespace cresset::dist {

// c10d's flight recorder, one a process, enters a new group before it takes its lock
// (pytorch/pytorch#179449), so that ranks that are threads of one process would tear its map. Its
// size is read before main's first group; nothing here reads what it records.
inline const int kNoFlightRecorder = ::setenv("TORCH_FR_BUFFER_SIZE", "0", 1);

// 127.0.0.1 and a port that nobody used a moment ago.
inline std::string free_address() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  EXPECT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(fd);
  return "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
}

inline void as_ranks(int size, const std::function<void(ProcessGroup&)>& run) {
  const std::string store = free_address();
  std::vector<std::jthread> threads;
  for (int rank = 0; rank < size; ++rank)
    threads.emplace_back([&, rank] {
      auto group = join_group({.store = store,
                               .prefix = "1/x",
                               .rank = rank,
                               .size = size,
                               .timeout = std::chrono::seconds(60)});
      ASSERT_TRUE(group) << group.error().message();
      run(**group);
      EXPECT_TRUE((*group)->barrier());
    });
}

}  // namespace cresset::dist
