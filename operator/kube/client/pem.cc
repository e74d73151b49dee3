#include "operator/kube/client/pem.h"

#include "operator/base/file.h"

namespace cresset::kube {

namespace {

constexpr size_t kMaxPemBytes = 1 << 20;
constexpr std::string_view kDashes = "-----";
constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kEnd = "-----END ";

// Takes "-----BEGIN LABEL-----" (or END) off the front and gives its label, empty when it is none.
std::string_view take_mark(std::string_view& text, std::string_view kind) {
  if (!text.starts_with(kind)) return {};
  text.remove_prefix(kind.size());
  const size_t close = text.find(kDashes);
  if (close == std::string_view::npos) return {};
  const auto label = text.substr(0, close);
  text.remove_prefix(close + kDashes.size());
  return label.find('\n') == std::string_view::npos ? label : std::string_view();
}

bool skip_to_mark(std::string_view& text) {
  const size_t at = text.find(kDashes);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at);
  return !text.empty();
}

}  // namespace

bool is_whole_pem(std::string_view text) {
  bool any = false;
  while (skip_to_mark(text)) {
    const auto begun = take_mark(text, kBegin);
    if (begun.empty() || !skip_to_mark(text) || take_mark(text, kEnd) != begun) return false;
    any = true;
  }
  return any;
}

base::Result<std::string> read_pem(const std::string& file) {
  CRESSET_TRY(text, base::read_file(file, kMaxPemBytes));
  if (!is_whole_pem(text)) return base::fail(base::invalid(file + " is not whole PEM"));
  return text;
}

}  // namespace cresset::kube
