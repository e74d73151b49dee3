// Any bytes as what a credential plugin prints, to its output and to its errors: what is taken
// holds a credential that can be sent, and what is shown of errors is one line of clean text.

#include <algorithm>
#include <string>

#include "operator/base/clean_text.h"
#include "operator/base/json.h"
#include "operator/kube/client/exec_answer.h"
#include "operator/kube/client/pem.h"
#include "operator/net/client/headers.h"
#include "tests/fuzz/target.h"

namespace {

using cresset::fuzz::kPlanted;
using cresset::fuzz::require;
using cresset::kube::ExecAnswer;

constexpr size_t kLongest = 1024;
constexpr char kVersion[] = "client.authentication.k8s.io/v1";

void check_clean(const std::string& text) {
  constexpr size_t kShown = 64;
  const std::string clean = cresset::base::clean_end(text, kShown);
  require(clean.size() <= std::min(text.size(), kShown));
  require(cresset::net::is_field_value(clean));
  require(clean == cresset::base::clean_end(clean, kShown));
  require(cresset::base::Json(clean).dump().size() >=
          clean.size() + 2);  // throws unless it is UTF-8
}

cresset::base::Result<ExecAnswer> read(const std::string& text) {
  auto answer = cresset::kube::parse_exec_answer(text, kVersion);
  if (kPlanted && answer && answer->credential.token.size() > 20) answer->credential.token += '\n';
  return answer;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > kLongest) return 0;
  const std::string text(cresset::fuzz::view(data, size));
  check_clean(text);
  const auto answer = read(text);
  if (!answer) {
    require(!answer.error().message().empty());
    require(cresset::base::is_terminal(answer.error()));
    return 0;
  }
  const auto& credential = answer->credential;
  require(!credential.token.empty() || !credential.certificate_pem.empty());
  require(credential.certificate_pem.empty() == credential.key_pem.empty());
  require(credential.key_pem.empty() || cresset::kube::is_whole_pem(credential.key_pem));
  require(cresset::net::is_field_value(credential.token));
  if (answer->expires) require(!cresset::base::format_time(*answer->expires).empty());
  return 0;
}
