#pragma once
// Work on a GPU beside what its current stream computes: what is put on the side runs while that
// goes on, and its tensors may be used once they were handed over. On the CPU there is no side: the
// work is done at once. Belongs to one thread.
//
//   SideStream side(device);
//   side.run([&] { next = moved(rows, device); });   // …the step is computed meanwhile…
//   side.hand_over({next});                          // the step after it may use it

#include <functional>
#include <memory>
#include <vector>

namespace at {
class Tensor;
}
namespace c10 {
struct Device;
}

namespace cresset::device {

class SideStream {
 public:
  explicit SideStream(const c10::Device& device);
  ~SideStream();

  void run(const std::function<void()>& work);
  // What the current stream gets from now on comes after all that ran; the tensors' memory is not
  // used again before that is done.
  void hand_over(const std::vector<at::Tensor>& tensors);

 private:
  struct Side;
  std::unique_ptr<Side> side_;  // nullptr: on the CPU
};

}  // namespace cresset::device
