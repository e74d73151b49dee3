#include "operator/kube/client/exec_answer.h"

#include "operator/base/clean_text.h"
#include "operator/kube/client/pem.h"
#include "operator/kube/client/yaml_json.h"
#include "operator/net/client/headers.h"

namespace cresset::kube {

using base::Json;

namespace {

constexpr size_t kShownValue = 100;
constexpr size_t kOffset = 6;  // +02:00

base::Failure bad(const std::string& why) { return base::fail(base::invalid(why)); }

base::Result<std::string> text_of(const Json& object, const char* key, const std::string& path) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return std::string();
  if (!found->is_string())
    return bad(path + key + " must be a string, found " + std::string(base::type_name(*found)));
  return found->get<std::string>();
}

base::Result<void> check_envelope(const Json& answer, const std::string& api_version) {
  CRESSET_TRY(kind, text_of(answer, "kind", ""));
  if (kind != "ExecCredential")
    return bad("kind must be ExecCredential, found \"" + base::clean_end(kind, kShownValue) + "\"");
  CRESSET_TRY(version, text_of(answer, "apiVersion", ""));
  if (version != api_version)
    return bad("apiVersion must be " + api_version + " as in the kubeconfig, found \"" +
               base::clean_end(version, kShownValue) + "\"");
  return {};
}

base::Result<std::string> pem_of(const Json& status, const char* key) {
  CRESSET_TRY(text, text_of(status, key, "status."));
  if (!text.empty() && !is_whole_pem(text))
    return bad("status." + std::string(key) + " must be PEM, from -----BEGIN to -----END");
  return text;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The minutes of "+02:00" or "-02:00".
std::optional<int> offset_of(const std::string& text) {
  if ((text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
  for (const size_t at : {1, 2, 4, 5})
    if (!is_digit(text[at])) return std::nullopt;
  const int hours = (text[1] - '0') * 10 + (text[2] - '0');
  const int minutes = (text[4] - '0') * 10 + (text[5] - '0');
  if (hours > 23 || minutes > 59) return std::nullopt;
  return (hours * 60 + minutes) * (text[0] == '-' ? -1 : 1);
}

// RFC 3339, with Z or an offset.
base::Result<base::WallTime> time_of(const std::string& text) {
  if (auto time = base::parse_time(text)) return time;
  if (text.size() > kOffset) {
    const auto offset = offset_of(text.substr(text.size() - kOffset));
    const auto time = base::parse_time(text.substr(0, text.size() - kOffset) + "Z");
    if (offset && time) return *time - std::chrono::minutes(*offset);
  }
  return bad("status.expirationTimestamp must be a time like 2026-01-01T00:00:00Z");
}

base::Result<ExecAnswer> read(const Json& status) {
  ExecAnswer answer;
  auto& credential = answer.credential;
  CRESSET_TRY(token, text_of(status, "token", "status."));
  CRESSET_TRY(certificate, pem_of(status, "clientCertificateData"));
  CRESSET_TRY(key, pem_of(status, "clientKeyData"));
  CRESSET_TRY(expires, text_of(status, "expirationTimestamp", "status."));
  if (!net::is_field_value(token))
    return bad("status.token holds a line break or another control character");
  if (certificate.empty() != key.empty())
    return bad(std::string("status.") +
               (certificate.empty() ? "clientCertificateData" : "clientKeyData") +
               " is missing; certificate and key come together");
  if (token.empty() && certificate.empty())
    return bad("status holds neither token nor clientCertificateData and clientKeyData");
  if (!expires.empty()) {
    CRESSET_TRY(time, time_of(expires));
    answer.expires = time;
  }
  credential.token = std::move(token);
  credential.certificate_pem = std::move(certificate);
  credential.key_pem = std::move(key);
  return answer;
}

}  // namespace

base::Result<ExecAnswer> parse_exec_answer(const std::string& printed,
                                           const std::string& api_version) {
  auto answer = parse_json_or_yaml(printed);
  if (!answer)
    return base::fail(base::Error(answer.error().kind(), "its answer " + answer.error().message()));
  if (!answer->is_object())
    return bad("its answer must be an object, found " + std::string(base::type_name(*answer)));
  CRESSET_CHECK(check_envelope(*answer, api_version));
  const auto status = answer->find("status");
  if (status == answer->end() || !status->is_object()) return bad("status must be an object");
  return read(*status);
}

}  // namespace cresset::kube
