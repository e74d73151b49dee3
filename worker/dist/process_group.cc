#include "worker/dist/process_group.h"

#include <ATen/ATen.h>

#include <charconv>
#include <cstring>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "worker/dist/nccl.h"

namespace cresset::dist {

using base::Result;

namespace {

constexpr bool kHasNccl = CRESSET_NCCL;

base::Error lost(const std::string& doing, const std::exception& error) {
  const std::string text = error.what();
  return base::unavailable(
      doing + ": the group fell apart: " + text.substr(0, text.find('\n')).substr(0, 300));
}

class WorkPending : public Pending {
 public:
  WorkPending(c10::intrusive_ptr<c10d::Work> work, std::string doing)
      : work_(std::move(work)), doing_(std::move(doing)) {}

  Result<void> wait() override {
    try {
      work_->wait();
      return {};
    } catch (const std::exception& error) {
      return base::fail(lost(doing_, error));
    }
  }

 private:
  c10::intrusive_ptr<c10d::Work> work_;
  std::string doing_;
};

// `begin` starts the work.
template <typename Begin>
Result<std::unique_ptr<Pending>> start(std::string doing, Begin begin) {
  try {
    return std::make_unique<WorkPending>(begin(), doing);
  } catch (const std::exception& error) {
    return base::fail(lost(doing, error));
  }
}

using Backend = c10::intrusive_ptr<c10d::Backend>;

// What is said of a tensor travels as the tensor lies: of the CPU over gloo, of a GPU over NCCL.
class RealGroup : public ProcessGroup {
 public:
  RealGroup(c10::intrusive_ptr<c10d::Store> store, Backend gloo, Backend nccl)
      : store_(std::move(store)), gloo_(std::move(gloo)), nccl_(std::move(nccl)) {}

  int rank() const override { return gloo_->getRank(); }
  int size() const override { return gloo_->getSize(); }

  Result<std::unique_ptr<Pending>> start_sum(const at::Tensor& tensor) override {
    return start_with(tensor, "summing over the ranks",
                      [](auto& backend, auto& tensors) { return backend.allreduce(tensors); });
  }

  Result<std::unique_ptr<Pending>> start_broadcast(const at::Tensor& tensor, int root) override {
    c10d::BroadcastOptions options;
    options.rootRank = root;
    return start_with(
        tensor, "broadcasting from rank " + std::to_string(root),
        [&](auto& backend, auto& tensors) { return backend.broadcast(tensors, options); });
  }

  Result<void> send(const at::Tensor& tensor, int to) override {
    CRESSET_TRY(pending, start_with(tensor, "sending to rank " + std::to_string(to),
                                    [&](auto& backend, auto& tensors) {
                                      return backend.send(tensors, to, kTag);
                                    }));
    return pending->wait();
  }

  Result<void> receive(const at::Tensor& tensor, int from) override {
    CRESSET_TRY(pending, start_with(tensor, "receiving from rank " + std::to_string(from),
                                    [&](auto& backend, auto& tensors) {
                                      return backend.recv(tensors, from, kTag);
                                    }));
    return pending->wait();
  }

  Result<void> barrier() override {
    CRESSET_TRY(pending, start("waiting for the ranks", [&] { return gloo_->barrier(); }));
    return pending->wait();
  }

 private:
  static constexpr int kTag = 0;

  template <typename Begin>
  Result<std::unique_ptr<Pending>> start_with(const at::Tensor& tensor, const std::string& doing,
                                              Begin begin) {
    auto& backend = tensor.is_cpu() ? gloo_ : nccl_;
    if (!backend)
      return base::fail(base::unsupported(doing + ": a tensor on " + tensor.device().str() +
                                          ", where this build has no NCCL"));
    std::vector<at::Tensor> tensors{tensor};
    return start(doing, [&] { return begin(*backend, tensors); });
  }

  c10::intrusive_ptr<c10d::Store> store_;
  Backend gloo_;
  Backend nccl_;  // nullptr where there is no GPU
};

class DonePending : public Pending {
 public:
  Result<void> wait() override { return {}; }
};

class SingleGroup : public ProcessGroup {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  Result<std::unique_ptr<Pending>> start_sum(const at::Tensor&) override {
    return std::make_unique<DonePending>();
  }
  Result<std::unique_ptr<Pending>> start_broadcast(const at::Tensor&, int) override {
    return std::make_unique<DonePending>();
  }
  Result<void> send(const at::Tensor&, int to) override { return nobody(to); }
  Result<void> receive(const at::Tensor&, int from) override { return nobody(from); }
  Result<void> barrier() override { return {}; }

 private:
  static Result<void> nobody(int rank) {
    return base::fail(base::internal("a group of one has no other rank " + std::to_string(rank)));
  }
};

struct Address {
  std::string host;
  uint16_t port = 0;
};

Result<Address> parse_address(const std::string& text) {
  Address address;
  const auto colon = text.rfind(':');
  const char* end = text.data() + text.size();
  if (colon != std::string::npos && colon > 0) {
    address.host = text.substr(0, colon);
    const auto parsed = std::from_chars(text.data() + colon + 1, end, address.port);
    if (parsed.ec == std::errc() && parsed.ptr == end && address.port > 0) return address;
  }
  return base::fail(
      base::invalid("the group's store: found \"" + text + "\", allowed is host:port"));
}

}  // namespace

Result<void> ProcessGroup::sum(const at::Tensor& tensor) {
  CRESSET_TRY(pending, start_sum(tensor));
  return pending->wait();
}

Result<void> ProcessGroup::broadcast(const at::Tensor& tensor, int root) {
  CRESSET_TRY(pending, start_broadcast(tensor, root));
  return pending->wait();
}

Result<std::unique_ptr<ProcessGroup>> join_group(const GroupOptions& options) {
  if (options.size == 1) return std::make_unique<SingleGroup>();
  CRESSET_TRY(address, parse_address(options.store));
  try {
    c10d::TCPStoreOptions store_options;
    store_options.port = address.port;
    store_options.isServer = options.rank == 0;
    store_options.numWorkers = static_cast<size_t>(options.size);
    store_options.waitWorkers = false;  // gloo's own rendezvous waits, under the round's prefix
    store_options.timeout = options.timeout;
    auto store = c10::make_intrusive<c10d::PrefixStore>(
        options.prefix, c10::make_intrusive<c10d::TCPStore>(address.host, store_options));
    auto gloo_options = c10d::ProcessGroupGloo::Options::create(options.timeout);
    gloo_options->devices.push_back(
        c10d::ProcessGroupGloo::createDeviceForHostname(options.bind_host));
    Backend gloo = c10::make_intrusive<c10d::ProcessGroupGloo>(store, options.rank, options.size,
                                                               gloo_options);
    Backend nccl;
    if constexpr (kHasNccl)
      if (options.on_gpus) nccl = make_nccl(store, options.rank, options.size, options.timeout);
    return std::make_unique<RealGroup>(store, gloo, nccl);
  } catch (const std::exception& error) {
    return base::fail(lost("joining the group at " + options.store, error));
  }
}

Result<std::string> broadcast_bytes(ProcessGroup& group, std::string bytes, int root) {
  if (group.size() == 1) return bytes;
  auto size = at::full({1}, static_cast<int64_t>(bytes.size()), at::kLong);
  CRESSET_CHECK(group.broadcast(size, root));
  bytes.resize(static_cast<size_t>(size.item<int64_t>()));
  if (bytes.empty()) return bytes;
  CRESSET_CHECK(group.broadcast(
      at::from_blob(bytes.data(), {static_cast<int64_t>(bytes.size())}, at::kByte), root));
  return bytes;
}

Result<void> exchange_bytes(ProcessGroup& group, const std::string& own,
                            const std::function<Result<void>(const std::string& theirs)>& use) {
  for (int rank = 0; rank < group.size(); ++rank) {
    CRESSET_TRY(theirs, broadcast_bytes(group, rank == group.rank() ? own : std::string(), rank));
    CRESSET_CHECK(use(theirs));
  }
  return {};
}

}  // namespace cresset::dist
