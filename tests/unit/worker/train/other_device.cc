#include "tests/unit/worker/train/other_device.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/EmptyTensor.h>
#include <ATen/SDPBackend.h>
#include <ATen/detail/HPUHooksInterface.h>
#include <ATen/native/CPUFallback.h>
#include <ATen/ops/_reshape_alias_native.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/view_native.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <sys/mman.h>
#include <torch/library.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>

namespace cresset::train::other_device {
namespace {

std::atomic<bool> is_lost = false;

// Pages that nobody may touch but in `Open`.
class Memory : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) override {
    if (bytes == 0) return {nullptr, kOtherDevice};
    void* pages = ::mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    TORCH_CHECK(pages != MAP_FAILED, bytes, " bytes");
    const std::lock_guard lock(mutex());
    sizes()[pages] = bytes;
    largest() = std::max(largest(), bytes);
    return {pages, pages, release, kOtherDevice};
  }
  void copy_data(void*, const void*, size_t) const override { TORCH_CHECK(false, "not by bytes"); }
  static size_t size_of(void* pages) {
    const std::lock_guard lock(mutex());
    return sizes().at(pages);
  }
  static size_t take_largest() {
    const std::lock_guard lock(mutex());
    return std::exchange(largest(), 0);
  }

 private:
  static size_t& largest() {
    static size_t bytes = 0;
    return bytes;
  }
  static void release(void* pages) {
    const std::lock_guard lock(mutex());
    const auto found = sizes().find(pages);
    ::munmap(pages, found->second);
    sizes().erase(found);
  }
  static std::mutex& mutex() {
    static std::mutex one;
    return one;
  }
  static std::map<void*, size_t>& sizes() {
    static std::map<void*, size_t> all;
    return all;
  }
};
Memory memory;

// A tensor as the CPU's, as long as this lives.
class Open {
 public:
  explicit Open(const at::Tensor& of) : tensor(of) {
    if (of.is_cpu() || of.storage().nbytes() == 0) return;
    pages_ = of.storage().mutable_data();
    protect(PROT_READ | PROT_WRITE);
    tensor = at::from_blob(static_cast<char*>(pages_) + of.storage_offset() * of.element_size(),
                           of.sizes(), of.strides(), at::dtype(of.scalar_type()));
  }
  ~Open() { protect(PROT_NONE); }
  Open(const Open&) = delete;
  Open& operator=(const Open&) = delete;

  at::Tensor tensor;

 private:
  void protect(int how) const {
    if (pages_ != nullptr) ::mprotect(pages_, Memory::size_of(pages_), how);
  }
  void* pages_ = nullptr;
};

at::Tensor& copy(at::Tensor& self, const at::Tensor& from, bool) {
  if (self.numel() == 0) return self;
  const Open into(self), source(from.is_alias_of(self) ? from.cpu() : from);
  into.tensor.copy_(source.tensor);
  return self;
}

at::Tensor empty(at::IntArrayRef size, std::optional<at::ScalarType> type,
                 std::optional<at::Layout>, std::optional<at::Device>, std::optional<bool>,
                 std::optional<at::MemoryFormat> format) {
  return at::detail::empty_generic(size, &memory, c10::DispatchKeySet(c10::DispatchKey::HPU),
                                   type.value_or(at::kFloat), format);
}

at::Tensor empty_strided(at::IntArrayRef size, at::IntArrayRef stride,
                         std::optional<at::ScalarType> type, std::optional<at::Layout>,
                         std::optional<at::Device>, std::optional<bool>) {
  return at::detail::empty_strided_generic(
      size, stride, &memory, c10::DispatchKeySet(c10::DispatchKey::HPU), type.value_or(at::kFloat));
}

at::Tensor copy_from_and_resize(const at::Tensor& from, const at::Tensor& into) {
  at::Tensor self = into;
  if (from.sizes() != into.sizes()) {  // an output, whose size the operation finds
    const auto fresh = empty(from.sizes(), into.scalar_type(), {}, {}, {}, {});
    self.unsafeGetTensorImpl()->set_storage_keep_dtype(fresh.storage());
    self.unsafeGetTensorImpl()->set_sizes_contiguous(from.sizes());
  }
  return copy(self, from, false);
}

// A number (no dimensions) may be the host's, as with CUDA.
void check_place(const at::Tensor& tensor, const c10::OperatorHandle& operation) {
  TORCH_CHECK(!tensor.defined() || !tensor.is_cpu() || tensor.dim() == 0, operation.schema().name(),
              " meets tensors of both devices");
}

void on_cpu(const c10::OperatorHandle& operation, torch::jit::Stack* stack) {
  for (const auto& argument : torch::jit::last(*stack, operation.schema().arguments().size())) {
    if (argument.isTensor()) check_place(argument.toTensor(), operation);
    if (argument.isTensorList())
      for (const at::Tensor& one : argument.toTensorVector()) check_place(one, operation);
  }
  at::native::cpu_fallback(operation, stack, /*error_on_views=*/true);
}

// Those operations of which the fallback makes no use of the CPU's kernel: they ask what the device
// is first.
at::Tensor convolution(const at::Tensor& input, const at::Tensor& weight,
                       const std::optional<at::Tensor>& bias, at::IntArrayRef stride,
                       at::IntArrayRef padding, at::IntArrayRef dilation, bool transposed,
                       at::IntArrayRef output_padding, int64_t groups) {
  const auto own = bias && bias->defined() ? std::optional(bias->cpu()) : std::nullopt;
  return at::convolution(input.cpu(), weight.cpu(), own, stride, padding, dilation, transposed,
                         output_padding, groups)
      .to(kOtherDevice);
}

using Three = std::tuple<at::Tensor, at::Tensor, at::Tensor>;
Three convolution_backward(const at::Tensor& gradient, const at::Tensor& input,
                           const at::Tensor& weight, at::IntArrayRef stride,
                           at::IntArrayRef padding, at::IntArrayRef dilation, bool transposed,
                           at::IntArrayRef output_padding, int64_t groups,
                           std::array<bool, 3> wanted) {
  const std::vector<int64_t> bias{weight.size(0)};
  auto [of_input, of_weight, of_bias] =
      at::convolution_backward(gradient.cpu(), input.cpu(), weight.cpu(), bias, stride, padding,
                               dilation, transposed, output_padding, groups, wanted);
  const auto there = [](const at::Tensor& made) {
    return made.defined() ? made.to(kOtherDevice) : made;
  };
  return {there(of_input), there(of_weight), there(of_bias)};
}

// Its schema does not say that it changes the statistics.
Three batch_norm(const at::Tensor& input, const std::optional<at::Tensor>& weight,
                 const std::optional<at::Tensor>& bias, const std::optional<at::Tensor>& mean,
                 const std::optional<at::Tensor>& variance, bool training, double momentum,
                 double epsilon) {
  const auto own = [](const std::optional<at::Tensor>& one) {
    return one && one->defined() ? std::optional(one->cpu()) : std::nullopt;
  };
  const auto own_mean = own(mean), own_variance = own(variance);
  const auto [a, b, c] = at::native_batch_norm(input.cpu(), own(weight), own(bias), own_mean,
                                               own_variance, training, momentum, epsilon);
  if (own_mean) mean->copy_(*own_mean), variance->copy_(*own_variance);
  return {a.to(kOtherDevice), b.to(kOtherDevice), c.to(kOtherDevice)};
}

int64_t plain_attention(const at::Tensor&, const at::Tensor&, const at::Tensor&,
                        const std::optional<at::Tensor>&, double, bool, std::optional<double>,
                        bool) {
  return static_cast<int64_t>(at::SDPBackend::math);
}

struct Guard : c10::impl::NoOpDeviceGuardImpl<c10::DeviceType::HPU> {
  c10::Device exchangeDevice(c10::Device) const override { return kOtherDevice; }
  c10::Device getDevice() const override { return kOtherDevice; }
  void synchronizeDevice(c10::DeviceIndex) const override {
    TORCH_CHECK(!is_lost, "device-side assert");
  }
  c10::Stream getStream(c10::Device) const noexcept override {
    return c10::Stream(c10::Stream::DEFAULT, kOtherDevice);
  }
  c10::Stream exchangeStream(c10::Stream) const noexcept override {
    return getStream(kOtherDevice);
  }
};
C10_REGISTER_GUARD_IMPL(HPU, Guard)

// What autograd asks of an accelerator.
struct Hooks : at::HPUHooksInterface {
  explicit Hooks(at::HPUHooksArgs) {}
  void init() const override {}
  bool hasHPU() const override { return true; }
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return true; }
  bool hasPrimaryContext(c10::DeviceIndex) const override { return true; }
  c10::DeviceIndex deviceCount() const override { return 1; }
  c10::DeviceIndex getCurrentDevice() const override { return 0; }
  const at::Generator& getDefaultGenerator(c10::DeviceIndex) const override {
    return at::detail::getDefaultCPUGenerator();
  }
};
using at::HPUHooksRegistry, at::RegistererHPUHooksRegistry;
C10_REGISTER_CLASS(HPUHooksRegistry, HPUHooks, Hooks)

TORCH_LIBRARY_IMPL(_, HPU, all) {
  all.fallback(torch::CppFunction::makeFromBoxedFunction<&on_cpu>());
}

TORCH_LIBRARY_IMPL(aten, HPU, own) {
  own.impl("empty.memory_format", TORCH_FN(empty));
  own.impl("empty_strided", TORCH_FN(empty_strided));
  own.impl("copy_", TORCH_FN(copy));
  own.impl("_copy_from_and_resize", TORCH_FN(copy_from_and_resize));
  own.impl("view", TORCH_FN(at::native::view));
  own.impl("as_strided", TORCH_FN(at::native::as_strided_tensorimpl));
  own.impl("_reshape_alias", TORCH_FN(at::native::_reshape_alias));
  own.impl("convolution_overrideable", TORCH_FN(convolution));
  own.impl("convolution_backward_overrideable", TORCH_FN(convolution_backward));
  own.impl("native_batch_norm", TORCH_FN(batch_norm));
  own.impl("_fused_sdp_choice", TORCH_FN(plain_attention));
}

}  // namespace

size_t take_largest_block() { return Memory::take_largest(); }
void lose(bool lost) { is_lost = lost; }

}  // namespace cresset::train::other_device
