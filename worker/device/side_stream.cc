#include "worker/device/side_stream.h"

#include <ATen/ATen.h>

#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

namespace cresset::device {

struct SideStream::Side {
  explicit Side(const c10::Device& on)
      : device(on), streams(on.type()), stream(streams.getStreamFromGlobalPool(on)) {}
  c10::Device device;
  c10::impl::VirtualGuardImpl streams;
  c10::Stream stream;
};

SideStream::SideStream(const c10::Device& device)
    : side_(device.is_cuda() ? std::make_unique<Side>(device) : nullptr) {}
SideStream::~SideStream() = default;

void SideStream::run(const std::function<void()>& work) {
  if (!side_) return work();
  const c10::StreamGuard aside(side_->stream);
  work();
}

void SideStream::hand_over(const std::vector<at::Tensor>& tensors) {
  if (!side_) return;
  c10::Event done(side_->device.type());
  done.record(side_->stream);
  const auto current = side_->streams.getStream(side_->device);
  done.block(current);
  for (const auto& tensor : tensors)
    if (tensor.defined() && tensor.is_cuda())
      side_->streams.recordDataPtrOnStream(tensor.storage().data_ptr(), current);
}

}  // namespace cresset::device
