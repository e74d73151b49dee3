#include "operator/base/digest.h"
#include "operator/coordination/certificate_authority.h"

namespace cresset::coordination {

using base::Json;
using base::Result;
using base::WallTime;

namespace {

constexpr char kCommonName[] = "cresset coordination";

// The field decoded, "" when absent.
Result<std::string> field(const Json& data, const char* key) {
  const std::string text = base::text_at(data, std::string("/") + key);
  auto bytes = base::from_base64(text);
  if (!bytes) return base::fail(std::move(bytes).error().with_context(key));
  return bytes;
}

}  // namespace

Result<AuthorityState> new_authority(const AuthorityOptions& options, WallTime now) {
  AuthorityState state;
  CRESSET_TRY(ca, make_ca(kCommonName, now, options.lifetime));
  CRESSET_TRY(key, random_hex(32));
  state.current = std::move(ca);
  state.group_key = std::move(key);
  return state;
}

Result<bool> rotate(AuthorityState& state, const AuthorityOptions& options, WallTime now) {
  bool changed = false;
  if (!state.previous_pem.empty()) {
    CRESSET_TRY(end, not_after(state.previous_pem));
    if (end <= now) {
      state.previous_pem.clear();
      changed = true;
    }
  }
  CRESSET_TRY(end, not_after(state.current.certificate_pem));
  if (!state.next && end - now <= options.next_at) {
    CRESSET_TRY(next, make_ca(kCommonName, now, options.lifetime));
    state.next = std::move(next);
    changed = true;
  }
  if (state.next && end - now <= options.switch_at) {
    state.previous_pem = end > now ? state.current.certificate_pem : "";
    state.current = std::move(*state.next);
    state.next.reset();
    changed = true;
  }
  return changed;
}

std::string bundle_of(const AuthorityState& state) {
  return state.current.certificate_pem + (state.next ? state.next->certificate_pem : "") +
         state.previous_pem;
}

Json encode_secret_data(const AuthorityState& state) {
  const auto pair = [](const std::optional<KeyPair>& pair, auto member) {
    return base::base64(pair ? (*pair).*member : "");
  };
  return {{"current.crt", base::base64(state.current.certificate_pem)},
          {"current.key", base::base64(state.current.key_pem)},
          {"next.crt", pair(state.next, &KeyPair::certificate_pem)},
          {"next.key", pair(state.next, &KeyPair::key_pem)},
          {"previous.crt", base::base64(state.previous_pem)},
          {"group.key", base::base64(state.group_key)}};
}

Result<AuthorityState> decode_secret_data(const Json& data) {
  AuthorityState state;
  CRESSET_TRY(certificate, field(data, "current.crt"));
  CRESSET_TRY(key, field(data, "current.key"));
  CRESSET_TRY(next_certificate, field(data, "next.crt"));
  CRESSET_TRY(next_key, field(data, "next.key"));
  CRESSET_TRY(previous, field(data, "previous.crt"));
  CRESSET_TRY(group_key, field(data, "group.key"));
  if (certificate.empty() || key.empty() || group_key.empty())
    return base::fail(base::invalid(
        "current.crt, current.key and group.key must be set; delete the Secret to have it made "
        "anew (running jobs then start a new round)"));
  state.current = {std::move(certificate), std::move(key)};
  if (!next_certificate.empty()) state.next = {std::move(next_certificate), std::move(next_key)};
  state.previous_pem = std::move(previous);
  state.group_key = std::move(group_key);
  return state;
}

}  // namespace cresset::coordination
