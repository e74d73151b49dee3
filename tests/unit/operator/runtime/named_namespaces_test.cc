#include "operator/runtime/named_namespaces.h"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "tests/support/fake_api.h"

namespace cresset::runtime::named_namespaces_test {
namespace {

using testing::FakeApi;
using ::testing::HasSubstr;

class NamesOfNamespaces : public ::testing::Test {
 protected:
  void add(const std::string& name) {
    api_.seed(kube::kNamespaces, {{"metadata", {{"name", name}}}});
  }
  void start(const std::vector<std::string>& names) {
    namespaces_ = std::make_unique<NamedNamespaces>(api_, names, clock_);
    thread_ = std::jthread([this](std::stop_token stop) { namespaces_->run(stop); });
  }
  bool wait_for_words(const std::string& words) {
    return api_.wait_for([&] { return namespaces_->waiting_for() == words; });
  }

  FakeApi api_;
  base::ManualClock clock_;
  std::atomic<bool> refused_ = false;
  std::unique_ptr<NamedNamespaces> namespaces_;
  std::jthread thread_;
};

TEST_F(NamesOfNamespaces, AreReadyOnceEachWasSeenAndAskNoMore) {
  add("a");
  add("b");
  start({"a", "b"});
  ASSERT_TRUE(api_.wait_for([&] { return namespaces_->ready(); }));
  EXPECT_EQ(namespaces_->waiting_for(), "");
  clock_.advance(std::chrono::hours(1));
  EXPECT_EQ(api_.calls().size(), 2U);
}

TEST_F(NamesOfNamespaces, NameTheOneThatIsNotThereAndNoticeWhenItIs) {
  add("a");
  start({"a", "slip"});
  ASSERT_TRUE(wait_for_words("there is no namespace \"slip\""));
  EXPECT_FALSE(namespaces_->ready());
  EXPECT_TRUE(namespaces_->settled()) << "the other need not wait for it";
  add("slip");
  EXPECT_TRUE(api_.wait_for([&] {
    clock_.advance(NamedNamespaces::kPause);
    return namespaces_->ready();
  }));
}

TEST_F(NamesOfNamespaces, ForOneAloneNothingIsSettledBeforeItIsThere) {
  start({"slip"});
  ASSERT_TRUE(wait_for_words("there is no namespace \"slip\""));
  EXPECT_FALSE(namespaces_->settled());
}

TEST_F(NamesOfNamespaces, AskWhetherARoleIsMissingWhereTheyAreRefused) {
  api_.set_fault([](const FakeApi::Call&) -> std::optional<base::Error> {
    return base::forbidden("cannot get resource \"namespaces\"");
  });
  start({"a"});
  EXPECT_TRUE(
      wait_for_words("cannot get resource \"namespaces\"; is it there, and this account bound to "
                     "its Role in it?"));
}

TEST(CheckNamespaces, TakesNamesAndRefusesWhatIsNoneOrTwice) {
  EXPECT_TRUE(check_namespaces("--flag", {}));
  EXPECT_TRUE(check_namespaces("--flag", {"a", "team-1", std::string(63, 'a')}));
  for (const std::string& bad :
       {std::string(), std::string("Team"), std::string("a.b"), std::string("-a"),
        std::string("a-"), std::string("a,b"), std::string(64, 'a')}) {
    const auto refused = check_namespaces("--flag", {"a", bad});
    ASSERT_FALSE(refused) << bad;
    EXPECT_TRUE(base::is_invalid(refused.error()));
    EXPECT_THAT(refused.error().message(), HasSubstr("--flag must be the name of a namespace"));
    EXPECT_THAT(refused.error().message(), HasSubstr("found \"" + bad + "\""));
  }
  const auto twice = check_namespaces("--flag", {"a", "b", "a"});
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().message(), "--flag names \"a\" twice");
}

}  // namespace
}  // namespace cresset::runtime::named_namespaces_test
