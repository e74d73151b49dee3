#include "operator/kube/client/tls_source.h"

#include <gmock/gmock.h>

#include "tests/unit/operator/kube/client/scratch.h"

namespace cresset::kube {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string pem(const std::string& text) {
  return "-----BEGIN X-----\n" + text + "\n-----END X-----\n";
}

class TlsFiles : public ::testing::Test {
 protected:
  TlsFiles() {
    config_.ca_pem = pem("ca");
    config_.ca_file = scratch_.write("ca", pem("ca"));
    config_.extra_ca_pem = pem("extra");
    config_.extra_ca_file = scratch_.write("extra", pem("extra"));
    config_.certificate_pem = pem("one");
    config_.certificate_file = scratch_.write("certificate", pem("one"));
    config_.key_pem = pem("one");
    config_.key_file = scratch_.write("key", pem("one"));
  }
  // As OpenSSL: certificate and key must fit.
  base::Result<void> use(const net::TlsOptions& options) {
    if (options.certificate_pem != options.key_pem) return base::fail(base::invalid("no pair"));
    used_.push_back(options);
    return {};
  }
  void later(std::chrono::milliseconds by) {
    clock_.advance(by);
    EXPECT_TRUE(source_->refresh({}));
  }

  base::ManualClock clock_;
  Scratch scratch_;
  ClusterConfig config_;
  std::vector<net::TlsOptions> used_;
  std::vector<std::string> lines_;
  base::Log log_{base::LogLevel::kWarn,
                 [this](base::LogLevel, const std::string& line) { lines_.push_back(line); }};
  std::unique_ptr<TlsSource> source_;
  void SetUp() override {
    source_ = std::make_unique<TlsSource>(
        config_, clock_, log_, [this](const net::TlsOptions& options) { return use(options); });
  }
};

TEST_F(TlsFiles, AreReadAgainAfterAMinuteAndUsedWhenTheyChanged) {
  later(60s);
  EXPECT_THAT(used_, IsEmpty()) << "nothing changed";
  scratch_.write("ca", pem("ca") + pem("next"));
  later(59s);
  EXPECT_THAT(used_, IsEmpty());
  later(1s);
  ASSERT_THAT(used_, SizeIs(1));
  EXPECT_EQ(used_[0].ca_pem, pem("ca") + pem("next"));
  EXPECT_EQ(used_[0].certificate_pem, pem("one"));
}

TEST_F(TlsFiles, OfExtraCasAreReadAgainBesideTheBundleAndNamedWhenTheyCannotBeUsed) {
  scratch_.write("extra", pem("extra") + pem("more"));
  scratch_.write("ca", pem("next"));
  later(60s);
  ASSERT_THAT(used_, SizeIs(2));
  EXPECT_EQ(used_[1].extra_ca_pem, pem("extra") + pem("more"));
  EXPECT_EQ(used_[1].ca_pem, pem("next"));
  scratch_.write("extra", "");
  later(60s);
  EXPECT_THAT(used_, SizeIs(2));
  EXPECT_THAT(lines_, ElementsAre(AllOf(HasSubstr("the extra CAs of " + config_.extra_ca_file),
                                        HasSubstr("/extra is not whole PEM"))));
}

TEST_F(TlsFiles, AreReadAtOnceWhenSomethingWentWrong) {
  scratch_.write("ca", pem("next"));
  source_->suspect();
  EXPECT_TRUE(source_->refresh({}));
  EXPECT_THAT(used_, SizeIs(1));
}

TEST_F(TlsFiles, ThatAreAwayOrHalfWrittenKeepTheOldOnesAndAreToldOnce) {
  scratch_.write("ca", pem("next").substr(0, 20));
  later(60s);
  later(1s);
  EXPECT_THAT(used_, IsEmpty());
  EXPECT_THAT(lines_, ElementsAre(HasSubstr("/ca is not whole PEM")));
  std::filesystem::remove(config_.ca_file);
  later(1s);
  EXPECT_THAT(lines_, ElementsAre(HasSubstr("whole PEM"), HasSubstr("No such file")));
  scratch_.write("ca", pem("next"));
  later(1s);
  EXPECT_THAT(used_, SizeIs(1));
}

TEST_F(TlsFiles, OfAPairAreTakenOnlyTogether) {
  scratch_.write("certificate", pem("two"));
  scratch_.write("ca", pem("next"));
  later(60s);
  ASSERT_THAT(used_, SizeIs(1)) << "the bundle does not wait for the pair";
  EXPECT_EQ(used_[0].certificate_pem, pem("one"));
  EXPECT_THAT(lines_, ElementsAre(HasSubstr("no pair")));
  scratch_.write("key", pem("two"));
  later(1s);
  ASSERT_THAT(used_, SizeIs(2));
  EXPECT_EQ(used_[1].certificate_pem, pem("two"));
  EXPECT_EQ(used_[1].key_pem, pem("two"));
  EXPECT_EQ(used_[1].ca_pem, pem("next"));
}

TEST_F(TlsFiles, TellWhoWaitsThatTheClientCertificateWasReplaced) {
  const auto identity = source_->identity();
  scratch_.write("ca", pem("next"));
  later(60s);
  EXPECT_FALSE(identity.stop_requested()) << "another bundle is no other identity";
  scratch_.write("certificate", pem("two"));
  scratch_.write("key", pem("two"));
  later(60s);
  EXPECT_TRUE(identity.stop_requested());
  EXPECT_FALSE(source_->identity().stop_requested());
}

TEST_F(TlsFiles, OfWhatWasGivenInlineThereAreNone) {
  config_.ca_file = config_.extra_ca_file = config_.certificate_file = config_.key_file = "";
  SetUp();
  later(60s);
  EXPECT_THAT(used_, IsEmpty());
  EXPECT_THAT(lines_, IsEmpty());
}

}  // namespace
}  // namespace cresset::kube
