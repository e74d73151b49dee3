#include "controllers/common/names.h"

#include <gtest/gtest.h>

#include <regex>

#include "crds/worker_contract/names.h"

namespace cresset::controllers {
namespace {

TEST(ChildName, IsTheNameAndTheSuffixWhenThatIsALabel) {
  EXPECT_EQ(child_name("digits", "-workers"), "digits-workers");
  EXPECT_EQ(child_name(std::string(55, 'a'), "-workers"), std::string(55, 'a') + "-workers");
}

TEST(ChildName, IsALabelForEveryNameThatAnObjectMayHave) {
  const std::regex label("[a-z]([-a-z0-9]*[a-z0-9])?");
  for (const std::string& name :
       {std::string("my.job"), std::string("9lives"), std::string(253, 'a'), std::string(63, 'b'),
        std::string(45, 'c') + "-" + std::string(100, 'd'), std::string("a.b.c-d")}) {
    const auto child = child_name(name, "-12-r3");
    EXPECT_TRUE(std::regex_match(child, label)) << child;
    EXPECT_LE(child.size(), 63U);
    EXPECT_TRUE(child.ends_with("-12-r3")) << child;
    EXPECT_EQ(child, child_name(name, "-12-r3"));
  }
}

TEST(ChildName, DiffersForOwnersThatDifferOnlyInWhatIsChanged) {
  EXPECT_NE(child_name("my.job", "-workers"), child_name("my-job", "-workers"));
  EXPECT_NE(child_name(std::string(100, 'a') + "1", ""),
            child_name(std::string(100, 'a') + "2", ""));
}

TEST(LabelValue, KeepsWhatIsOneAlready) {
  EXPECT_EQ(label_value("my.job"), "my.job");
  EXPECT_EQ(label_value(std::string(63, 'a')), std::string(63, 'a'));
  EXPECT_EQ(label_value(std::string(64, 'a')).size(), 63U);
  EXPECT_NE(label_value(std::string(64, 'a')), label_value(std::string(65, 'a')));
}

TEST(IsRead, OursAndTheDeletionCost) {
  const auto meta = kube::decode_meta(
      base::Json{{"metadata",
                  {{"labels",
                    {{"cresset.dev/worker-index", "1"},
                     {"cresset.dev/training-job", "digits"},
                     {"app.kubernetes.io/name", "cresset"}}},
                   {"annotations",
                    {{kDeletionCost, "-1000"},
                     {"cresset.dev/template", "{}"},
                     {"kubectl.kubernetes.io/last-applied-configuration", "{}"}}}}}},
      is_read);
  EXPECT_EQ(*meta.labels, (kube::Texts{{"cresset.dev/worker-index", "1"}}));
  EXPECT_EQ(*meta.annotations,
            (kube::Texts{{kDeletionCost, "-1000"}, {"cresset.dev/template", "{}"}}));
}

TEST(Ownership, IsTheControllersUid) {
  kube::ObjectMeta child;
  EXPECT_FALSE(is_owned_by(child, base::Uid("u")));
  child.owners = kube::Owners{{"v1", "A", "a", base::Uid("u"), false}};
  EXPECT_FALSE(is_owned_by(child, base::Uid("u"))) << "an owner that is not the controller";
  child.owners = kube::Owners{{"v1", "A", "a", base::Uid("u"), true}};
  EXPECT_TRUE(is_owned_by(child, base::Uid("u")));
  EXPECT_FALSE(is_owned_by(child, base::Uid("v")));
}

}  // namespace
}  // namespace cresset::controllers
