#include "operator/coordination/certificate_authority.h"

namespace cresset::coordination {

using base::Json;
using base::Result;

namespace {

constexpr char kManager[] = "cresset-coordination";
constexpr char kLeaderAnnotation[] = "cresset.dev/leader";

Json metadata(const std::string& ns) {
  return {{"name", kAuthorityName},
          {"namespace", ns},
          {"labels",
           {{"app.kubernetes.io/name", "cresset"},
            {"app.kubernetes.io/component", "coordination"},
            {"app.kubernetes.io/managed-by", "cresset"}}}};
}

Result<AuthorityState> state_in(const Json& secret) {
  const Json* data = base::find(secret, "/data");
  return decode_secret_data(data != nullptr ? *data : Json::object());
}

}  // namespace

CertificateAuthority::CertificateAuthority(kube::Api& api, AuthorityOptions options,
                                           base::Clock& clock, base::Log log)
    : api_(api), options_(std::move(options)), clock_(clock), log_(std::move(log)) {}

Result<Json> CertificateAuthority::read_or_create() {
  const kube::ObjectKey key{options_.ns, kAuthorityName};
  auto found = api_.get(kube::kSecrets, key);
  if (found || !base::is_not_found(found.error())) return found;
  CRESSET_TRY(state, new_authority(options_, clock_.wall()));
  const Json secret{{"apiVersion", "v1"},
                    {"kind", "Secret"},
                    {"metadata", metadata(options_.ns)},
                    {"type", "Opaque"},
                    {"data", encode_secret_data(state)}};
  auto created = api_.create(kube::kSecrets, options_.ns, secret);
  if (created) log_.info("certificate authority made", {{"secret", key.to_string()}});
  // Another leader was quicker, or our create was repeated: what is stored counts.
  if (!created && base::is_already_exists(created.error())) return api_.get(kube::kSecrets, key);
  return created;
}

// The leader's name goes onto the Secret at each start. It also shows on the first day that the
// role allows the patch which a rotation needs years later.
Result<void> CertificateAuthority::save(const Json& secret, const AuthorityState& state) {
  const Json patch{{"metadata",
                    {{"resourceVersion", base::text_at(secret, "/metadata/resourceVersion")},
                     {"annotations", {{kLeaderAnnotation, options_.leader}}}}},
                   {"data", encode_secret_data(state)}};
  CRESSET_CHECK(api_.merge_patch(kube::kSecrets, {options_.ns, kAuthorityName}, patch));
  return {};
}

Result<AuthorityState> CertificateAuthority::read() {
  auto secret = api_.get(kube::kSecrets, {options_.ns, kAuthorityName});
  if (!secret && base::is_not_found(secret.error()))
    return base::fail(base::not_found("the leader has not made it yet"));
  if (!secret) return base::fail(secret.error());
  return state_in(*secret);
}

Result<AuthorityState> CertificateAuthority::load() {
  CRESSET_TRY(secret, read_or_create());
  auto state = state_in(secret);
  if (!state) return state;
  CRESSET_TRY(changed, rotate(*state, options_, clock_.wall()));
  const Json* annotations = base::find(secret, "/metadata/annotations");
  const std::string leader =
      annotations != nullptr ? annotations->value(kLeaderAnnotation, std::string()) : "";
  if (changed || leader != options_.leader) CRESSET_CHECK(save(secret, *state));
  if (changed) log_.info("certificate authority rotated");
  return state;
}

Result<void> CertificateAuthority::publish(const std::string& bundle) {
  const kube::ObjectKey key{options_.ns, kAuthorityName};
  const auto named = [&](const base::Error& error) {
    return base::fail(error.with_context("config map " + key.to_string()));
  };
  const auto there = api_.get(kube::kConfigMaps, key);
  if (!there && !base::is_not_found(there.error())) return named(there.error());
  if (!there || base::text_at(*there, std::string("/data/") + kBundleKey) != bundle) {
    const Json config_map{{"apiVersion", "v1"},
                          {"kind", "ConfigMap"},
                          {"metadata", metadata(options_.ns)},
                          {"data", {{kBundleKey, bundle}}}};
    const auto written = api_.apply(kube::kConfigMaps, key, config_map, kManager);
    if (!written) return named(written.error());
    log_.info("bundle of trusted authorities published", {{"configMap", key.to_string()}});
  }
  published_ = bundle;
  return {};
}

Result<void> CertificateAuthority::keep_published() {
  if (published_.empty() || !options_.is_leader()) return {};
  return publish(published_);
}

Result<bool> CertificateAuthority::renew_serving(const AuthorityState& state,
                                                 const std::string& bundle) {
  const KeyPair old = serving();
  bool good = false;
  if (!old.certificate_pem.empty() && state.current == signed_by_) {
    CRESSET_TRY(end, not_after(old.certificate_pem));
    good = end - clock_.wall() > options_.serving_lifetime / 2;
  }
  KeyPair fresh = old;
  if (!good) {
    CRESSET_TRY(issued,
                issue(state.current, options_.names, clock_.wall(), options_.serving_lifetime));
    fresh = std::move(issued);
  }
  std::lock_guard lock(mutex_);
  signed_by_ = state.current;
  serving_ = std::move(fresh);
  group_key_ = state.group_key;
  bundle_ = bundle;
  return !good;
}

Result<bool> CertificateAuthority::refresh() {
  const bool leads = options_.is_leader();
  auto state = leads ? load() : read();
  if (!state)
    return base::fail(
        std::move(state).error().with_context("secret " + options_.ns + "/" + kAuthorityName));
  const std::string trusted = bundle_of(*state);
  if (leads) CRESSET_CHECK(publish(trusted));
  return renew_serving(*state, trusted);
}

std::string CertificateAuthority::bundle() const {
  std::lock_guard lock(mutex_);
  return bundle_;
}

KeyPair CertificateAuthority::serving() const {
  std::lock_guard lock(mutex_);
  return serving_;
}

std::string CertificateAuthority::group_key() const {
  std::lock_guard lock(mutex_);
  return group_key_;
}

}  // namespace cresset::coordination
