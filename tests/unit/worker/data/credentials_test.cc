#include "worker/data/credentials.h"

#include <gmock/gmock.h>

#include "operator/base/json.h"
#include "tests/unit/worker/data/google_key.h"

namespace cresset::data::credentials_test {
namespace {

class Environment : public testing::Test {
 protected:
  void TearDown() override {
    for (const auto& name : set_) unsetenv(name.c_str());
  }
  void set(const std::string& name, const std::string& value) {
    setenv(name.c_str(), value.c_str(), 1);
    set_.push_back(name);
  }

  std::vector<std::string> set_;
};

TEST_F(Environment, WithoutAWordOfItThereIsNobody) {
  const auto nobody = credentials_from_environment();
  EXPECT_EQ(nobody.access_key, "");
  EXPECT_FALSE(nobody.google_key);
  EXPECT_FALSE(nobody.node_identity || nobody.google_identity);
}

TEST_F(Environment, HoldsTheKeysOfBothKindsOfStores) {
  set("AWS_ACCESS_KEY_ID", "a");
  set("GOOGLE_APPLICATION_CREDENTIALS_JSON", "{}");
  EXPECT_EQ(credentials_from_environment().access_key, "a");
  EXPECT_EQ(credentials_from_environment().google_key, "{}");
}

TEST_F(Environment, AKeyOfGooglesThatIsEmptyIsOneAndNotNobodys) {
  set("GOOGLE_APPLICATION_CREDENTIALS_JSON", "");
  EXPECT_EQ(credentials_from_environment().google_key, "");
}

TEST_F(Environment, GoogleIsAskedWhoThePodIsWhenTheOperatorOrAFileSaysSo) {
  set("CRESSET_GOOGLE_IDENTITY", "pod");
  EXPECT_TRUE(credentials_from_environment().google_identity);
  set("CRESSET_GOOGLE_IDENTITY", "");
  EXPECT_FALSE(credentials_from_environment().google_identity);
  set("GOOGLE_APPLICATION_CREDENTIALS", "/etc/google/credentials.json");
  EXPECT_TRUE(credentials_from_environment().google_identity);
}

TEST(GoogleKey, IsOneOfAServiceAccount) {
  const auto good = check_google_key(made_google_key().dump());
  EXPECT_TRUE(good) << good.error().message();
}

TEST(GoogleKey, ThatIsAnotherIsToldByItsNameAndNeverByWhatItHolds) {
  const auto refusal = [](const char* key) { return check_google_key(key).error().message(); };
  const std::string begin =
      "GOOGLE_APPLICATION_CREDENTIALS_JSON in the Secret that spec.storage.secretRef names must be "
      "the key of a Google service account, as the JSON text that Google gives out; found ";
  EXPECT_EQ(refusal("/etc/secret.json"), begin + "what is no JSON object");
  EXPECT_EQ(refusal("[\"secret\"]"), begin + "what is no JSON object");
  EXPECT_EQ(
      refusal(R"({"type": "authorized_user", "refresh_token": "secret"})"),
      R"(GOOGLE_APPLICATION_CREDENTIALS_JSON in the Secret that spec.storage.secretRef names must be the key of a Google service account, as the JSON text that Google gives out; found type "authorized_user")");
  EXPECT_EQ(refusal(R"({"type": "service_account", "private_key": "secret"})"),
            begin + "no client_email");
  EXPECT_EQ(refusal(R"({"type": "service_account", "client_email": "a@b", "private_key": ""})"),
            begin + "no private_key");
  EXPECT_TRUE(base::is_unauthorized(check_google_key("").error()));
}

// As when a line of it was lost on the way.
TEST(GoogleKey, WhosePrivateKeyCannotBeReadIsToldBeforeAnythingIsSigned) {
  auto key = made_google_key();
  for (const std::string broken :
       {"secret", "-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----\n"}) {
    key["private_key"] = broken;
    const auto checked = check_google_key(key.dump());
    ASSERT_FALSE(checked);
    EXPECT_TRUE(base::is_unauthorized(checked.error()));
    EXPECT_EQ(
        checked.error().message(),
        R"(GOOGLE_APPLICATION_CREDENTIALS_JSON in the Secret that spec.storage.secretRef names must be the key of a Google service account, as the JSON text that Google gives out; found a private_key that is no private key in PEM)");
  }
}

}  // namespace
}  // namespace cresset::data::credentials_test
