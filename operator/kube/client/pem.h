#pragma once
// Whether text is whole PEM: each block that begins also ends, and there is one. Tells a file that
// is still being written from one that is done. Pure; any thread.

#include <string_view>

namespace cresset::kube {

bool is_whole_pem(std::string_view text);

}  // namespace cresset::kube
