#include "operator/coordination/certificate_authority.h"

#include <gtest/gtest.h>

#include "operator/base/digest.h"
#include "tests/support/fake_api.h"

namespace cresset::coordination {
namespace {

using std::chrono::days;

AuthorityOptions options(const std::string& leader = "operator-a") {
  return {.ns = "cresset", .leader = leader, .names = {"cresset-operator.cresset.svc"}};
}

int certificates_in(const std::string& pem) {
  int count = 0;
  for (size_t at = pem.find("BEGIN CERT"); at != std::string::npos;
       at = pem.find("BEGIN CERT", at + 1))
    ++count;
  return count;
}

class Authority : public ::testing::Test {
 protected:
  base::Json secret() { return *api_.find(kube::kSecrets, {"cresset", kAuthorityName}); }
  base::Json config_map() { return *api_.find(kube::kConfigMaps, {"cresset", kAuthorityName}); }

  testing::FakeApi api_;
  base::ManualClock clock_;
};

TEST_F(Authority, IsMadeWhenAbsentAndPublished) {
  CertificateAuthority authority(api_, options(), clock_, base::silent());
  ASSERT_TRUE(authority.refresh());
  EXPECT_EQ(certificates_in(authority.bundle()), 1);
  EXPECT_EQ(config_map().at("data").at(kBundleKey), authority.bundle());
  EXPECT_EQ(secret().at("metadata").at("annotations").at("cresset.dev/leader"), "operator-a");
}

TEST_F(Authority, IsTheSameForTheNextLeader) {
  CertificateAuthority first(api_, options("operator-a"), clock_, base::silent());
  CertificateAuthority second(api_, options("operator-b"), clock_, base::silent());
  ASSERT_TRUE(first.refresh());
  ASSERT_TRUE(second.refresh());
  EXPECT_EQ(first.bundle(), second.bundle());
  EXPECT_EQ(first.group_key(), second.group_key());
  EXPECT_EQ(secret().at("metadata").at("annotations").at("cresset.dev/leader"), "operator-b");
}

TEST_F(Authority, AStandbyWaitsForItReadsItAndWritesNothing) {
  auto standby_options = options("operator-b");
  standby_options.is_leader = [] { return false; };
  CertificateAuthority standby(api_, standby_options, clock_, base::silent());
  const auto too_early = standby.refresh();
  ASSERT_FALSE(too_early);
  EXPECT_TRUE(base::is_not_found(too_early.error()));
  CertificateAuthority leader(api_, options("operator-a"), clock_, base::silent());
  ASSERT_TRUE(leader.refresh());
  api_.forget_calls();
  ASSERT_TRUE(standby.refresh());
  EXPECT_TRUE(api_.writes().empty());
  EXPECT_EQ(standby.bundle(), leader.bundle());
  EXPECT_NE(standby.serving().certificate_pem, leader.serving().certificate_pem);
}

TEST_F(Authority, AStandbyThatBecomesTheLeaderPublishesTheBundle) {
  bool leads = false;
  auto options_b = options("operator-b");
  options_b.is_leader = [&leads] { return leads; };
  CertificateAuthority leader(api_, options("operator-a"), clock_, base::silent());
  CertificateAuthority next(api_, options_b, clock_, base::silent());
  ASSERT_TRUE(leader.refresh());
  ASSERT_TRUE(next.refresh());
  api_.erase(kube::kConfigMaps, {"cresset", kAuthorityName});
  leads = true;
  ASSERT_TRUE(next.refresh());
  EXPECT_EQ(config_map().at("data").at(kBundleKey), next.bundle());
  EXPECT_EQ(secret().at("metadata").at("annotations").at("cresset.dev/leader"), "operator-b");
}

TEST_F(Authority, ALeaderThatComesBackWritesNothing) {
  CertificateAuthority first(api_, options(), clock_, base::silent());
  ASSERT_TRUE(first.refresh());
  api_.forget_calls();
  CertificateAuthority again(api_, options(), clock_, base::silent());
  ASSERT_TRUE(again.refresh());
  EXPECT_TRUE(api_.writes().empty());
  EXPECT_EQ(again.bundle(), first.bundle());
}

TEST_F(Authority, OfTwoThatMakeItAtOnceTheStoredOneCounts) {
  CertificateAuthority winner(api_, options("operator-a"), clock_, base::silent());
  CertificateAuthority loser(api_, options("operator-b"), clock_, base::silent());
  bool raced = false;
  api_.set_fault([&](const testing::FakeApi::Call& call) -> std::optional<base::Error> {
    if (call.verb == "create" && call.resource == kube::kSecrets && !raced) {
      raced = true;
      EXPECT_TRUE(winner.refresh());
    }
    return std::nullopt;
  });
  ASSERT_TRUE(loser.refresh());
  EXPECT_TRUE(raced);
  EXPECT_EQ(winner.bundle(), loser.bundle());
}

TEST_F(Authority, WritesNothingWhenNothingChanged) {
  CertificateAuthority authority(api_, options(), clock_, base::silent());
  ASSERT_TRUE(authority.refresh());
  api_.forget_calls();
  clock_.advance(std::chrono::hours(1));
  const auto changed = authority.refresh();
  ASSERT_TRUE(changed);
  EXPECT_FALSE(*changed);
  EXPECT_TRUE(api_.writes().empty());
}

TEST_F(Authority, PutsBackABundleThatSomebodyDeletedOrChangedAndAsksOnceAtALook) {
  CertificateAuthority authority(api_, options(), clock_, base::silent());
  ASSERT_TRUE(authority.refresh());
  const kube::ObjectKey key{"cresset", kAuthorityName};
  api_.erase(kube::kConfigMaps, key);
  ASSERT_TRUE(authority.keep_published());
  EXPECT_EQ(config_map().at("data").at(kBundleKey), authority.bundle());
  api_.seed(kube::kConfigMaps, {{"metadata", {{"namespace", key.ns}, {"name", key.name}}},
                                {"data", {{kBundleKey, "of somebody else"}}}});
  ASSERT_TRUE(authority.keep_published());
  EXPECT_EQ(config_map().at("data").at(kBundleKey), authority.bundle());
  api_.erase(kube::kConfigMaps, key);
  ASSERT_TRUE(authority.refresh());
  EXPECT_EQ(config_map().at("data").at(kBundleKey), authority.bundle());
  api_.forget_calls();
  ASSERT_TRUE(authority.keep_published());
  EXPECT_EQ(api_.calls().size(), 1U) << "it is read";
  EXPECT_TRUE(api_.writes().empty());
}

TEST_F(Authority, ABundleThatCannotBeReadIsNotWrittenAndNamed) {
  CertificateAuthority authority(api_, options(), clock_, base::silent());
  ASSERT_TRUE(authority.refresh());
  api_.set_fault([](const testing::FakeApi::Call& call) -> std::optional<base::Error> {
    if (call.verb == "get" && call.resource == kube::kConfigMaps) return base::unavailable("503");
    return std::nullopt;
  });
  api_.forget_calls();
  const auto kept = authority.keep_published();
  ASSERT_FALSE(kept);
  EXPECT_NE(kept.error().message().find("config map cresset/cresset-coordination-ca"),
            std::string::npos);
  EXPECT_TRUE(api_.writes().empty());
}

TEST_F(Authority, WhoHasPublishedNoBundleKeepsNone) {
  auto standby_options = options("operator-b");
  standby_options.is_leader = [] { return false; };
  CertificateAuthority leader(api_, options("operator-a"), clock_, base::silent());
  CertificateAuthority standby(api_, standby_options, clock_, base::silent());
  ASSERT_TRUE(leader.refresh());
  ASSERT_TRUE(standby.refresh());
  api_.erase(kube::kConfigMaps, {"cresset", kAuthorityName});
  api_.forget_calls();
  ASSERT_TRUE(standby.keep_published());
  EXPECT_TRUE(api_.calls().empty());
}

TEST_F(Authority, RenewsTheServingCertificateAtHalfItsLife) {
  CertificateAuthority authority(api_, options(), clock_, base::silent());
  ASSERT_TRUE(*authority.refresh());
  const KeyPair before = authority.serving();
  clock_.advance(days(14));
  ASSERT_FALSE(*authority.refresh());
  clock_.advance(days(2));
  ASSERT_TRUE(*authority.refresh());
  EXPECT_NE(authority.serving(), before);
  EXPECT_EQ(*not_after(authority.serving().certificate_pem),
            std::chrono::floor<std::chrono::seconds>(clock_.wall()) + days(30));
}

TEST_F(Authority, IsTrustedLongBeforeItSignsAndAfterItSigned) {
  CertificateAuthority authority(api_, options(), clock_, base::silent());
  ASSERT_TRUE(authority.refresh());
  const std::string old_bundle = authority.bundle();
  const std::string group_key = authority.group_key();
  clock_.advance(days(3 * 365 + 1));
  ASSERT_TRUE(authority.refresh());
  const std::string both = authority.bundle();
  EXPECT_EQ(certificates_in(both), 2);
  EXPECT_TRUE(both.starts_with(old_bundle)) << "the old one still signs";
  clock_.advance(days(365));
  ASSERT_TRUE(authority.refresh());
  EXPECT_EQ(certificates_in(authority.bundle()), 2);
  EXPECT_TRUE(authority.bundle().ends_with(old_bundle)) << "the new one signs";
  clock_.advance(days(365));
  ASSERT_TRUE(authority.refresh());
  EXPECT_EQ(certificates_in(authority.bundle()), 1);
  EXPECT_EQ(config_map().at("data").at(kBundleKey), authority.bundle());
  EXPECT_EQ(authority.group_key(), group_key);
}

TEST_F(Authority, ADamagedSecretIsNamedAndLeftAlone) {
  api_.seed(kube::kSecrets, {{"metadata", {{"namespace", "cresset"}, {"name", kAuthorityName}}},
                             {"data", {{"current.crt", base::base64("x")}}}});
  CertificateAuthority authority(api_, options(), clock_, base::silent());
  const auto refreshed = authority.refresh();
  ASSERT_FALSE(refreshed);
  EXPECT_NE(refreshed.error().message().find("cresset/cresset-coordination-ca"), std::string::npos);
  EXPECT_NE(refreshed.error().message().find("current.key"), std::string::npos);
  EXPECT_TRUE(api_.writes().empty());
}

TEST(SecretData, ComesBackAsItWas) {
  auto state = *new_authority(options(), base::ManualClock().wall());
  EXPECT_EQ(*decode_secret_data(encode_secret_data(state)), state);
  state.next = state.current;
  state.previous_pem = "old";
  EXPECT_EQ(*decode_secret_data(encode_secret_data(state)), state);
}

TEST(Hmac, IsTheOneOfRfc4231) {
  EXPECT_EQ(hmac_sha256("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

}  // namespace
}  // namespace cresset::coordination
