#pragma once
// Whether text is whole PEM: each block that begins also ends, and there is one. Tells a file that
// is still being written from one that is done. Any thread; read_pem alone reads a file.

#include <string>
#include <string_view>

#include "operator/base/result.h"

namespace cresset::kube {

bool is_whole_pem(std::string_view text);
// What a file of at most 1 MiB holds, if that is whole PEM; the Error names the file.
base::Result<std::string> read_pem(const std::string& file);

}  // namespace cresset::kube
