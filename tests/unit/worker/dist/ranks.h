#pragma once
// Runs a function as every rank of a real gloo group, each on a thread of its own, and waits.

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "worker/dist/process_group.h"

namespace cresset::dist {

// c10d's flight recorder, one a process, enters a new group before it takes its lock
// (pytorch/pytorch#179449), so that ranks that are threads of one process would tear its map. Its
// size is read before main's first group; nothing here reads what it records.
inline const int kNoFlightRecorder = ::setenv("TORCH_FR_BUFFER_SIZE", "0", 1);

// 127.0.0.1 and a port that nobody used a moment ago: below those that the kernel gives to whoever
// asks for any (net.ipv4.ip_local_port_range), or a connection could have it before the ranks do.
inline std::string free_address() {
  static std::mt19937 random{std::random_device{}()};
  std::uniform_int_distribution<int> ports(20000, 32767);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  for (int tries = 0; tries < 1000; ++tries) {
    const int port = ports(random);
    address.sin_port = htons(static_cast<uint16_t>(port));
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    const bool is_free =
        ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
    ::close(fd);
    if (is_free) return "127.0.0.1:" + std::to_string(port);
  }
  ADD_FAILURE() << "no port between 20000 and 32767 is free";
  return "127.0.0.1:0";
}

inline void as_ranks(int size, const std::function<void(ProcessGroup&)>& run,
                     std::chrono::seconds timeout = std::chrono::seconds(60),
                     bool on_gpus = false) {
  const std::string store = free_address();
  std::vector<std::jthread> threads;
  for (int rank = 0; rank < size; ++rank)
    threads.emplace_back([&, rank] {
      auto group = join_group({.store = store,
                               .prefix = "1/x",
                               .rank = rank,
                               .size = size,
                               .on_gpus = on_gpus,
                               .timeout = timeout});
      ASSERT_TRUE(group) << group.error().message();
      run(**group);
      EXPECT_TRUE((*group)->barrier());
    });
}

}  // namespace cresset::dist
