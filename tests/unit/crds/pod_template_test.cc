#include "crds/pod_template.h"

#include <gtest/gtest.h>

namespace cresset::crds {
namespace {

using base::Json;

std::string error_of(const std::string& text) {
  const auto checked = check_pod_template(Json::parse(text), "template");
  return checked ? "" : checked.error().message();
}

TEST(PodTemplate, OfTheShapeOfAPodIsTaken) {
  EXPECT_EQ(error_of("{}"), "");
  EXPECT_EQ(error_of(R"({"metadata": {"labels": {"team": "a"}}, "spec": {"hostNetwork": false,
                         "containers": [{"name": "worker", "env": [{"name": "A", "value": "b"}]}],
                         "volumes": [{"name": "v", "emptyDir": {}}], "tolerations": []}})"),
            "");
}

TEST(PodTemplate, OfAnotherShapeIsRefusedByThePlace) {
  const std::pair<const char*, const char*> rows[] = {
      {R"({"metadata": 1})", "template.metadata must be an object, found integer"},
      {R"({"metadata": {"labels": []}})",
       "template.metadata.labels must be an object, found array"},
      {R"({"spec": 7})", "template.spec must be an object, found integer"},
      {R"({"spec": null})", "template.spec must be an object, found null"},
      {R"({"spec": {"containers": {}}})", "template.spec.containers must be a list, found object"},
      {R"({"spec": {"containers": [{}, 1]}})",
       "template.spec.containers[1] must be an object, found integer"},
      {R"({"spec": {"containers": [{"name": 1}]}})",
       "template.spec.containers[0].name must be a string, found integer"},
      {R"({"spec": {"containers": [{"name": "worker", "env": {}}]}})",
       "template.spec.containers[0].env must be a list, found object"},
      {R"({"spec": {"initContainers": [{"resources": "all"}]}})",
       "template.spec.initContainers[0].resources must be an object, found string"},
      {R"({"spec": {"volumes": "v"}})", "template.spec.volumes must be a list, found string"},
      {R"({"spec": {"nodeSelector": true}})",
       "template.spec.nodeSelector must be an object, found boolean"},
  };
  for (const auto& [text, wanted] : rows) EXPECT_EQ(error_of(text), wanted) << text;
}

TEST(PodTemplate, ThatIsNestedDeeperThanAnyPodIsRefused) {
  const auto nested = [](int depth) {
    return "{\"spec\": {\"x\": " + std::string(depth - 2, '[') + std::string(depth - 2, ']') + "}}";
  };
  EXPECT_EQ(error_of(nested(64)), "");
  EXPECT_EQ(error_of(nested(65)), "template is nested more than 64 deep; no pod is");
}

TEST(PodTemplate, OfAWorkerSaysNothingThatTheJobRestsOn) {
  const auto error_of_worker = [](const std::string& text) {
    const auto checked = check_worker_template(Json::parse(text), "template");
    return checked ? "" : checked.error().message();
  };
  EXPECT_EQ(error_of_worker(R"({"spec": {"restartPolicy": "Never", "containers": [
      {"name": "logs", "env": [{"name": "CRESSET_CONFIG", "value": "{}"}]},
      {"name": "worker", "env": [{"name": "AWS_ACCESS_KEY_ID", "value": "a"}, {}]}]}})"),
            "");
  EXPECT_EQ(error_of_worker("{}"), "");
  const std::pair<const char*, const char*> rows[] = {
      {R"({"spec": {"restartPolicy": "OnFailure"}})",
       R"(template.spec.restartPolicy is "OnFailure"; a worker that ends is replaced by another pod, so Never is allowed alone)"},
      {R"({"spec": {"subdomain": "mine"}})",
       R"(template.spec.subdomain is "mine"; the workers find each other by what the operator sets there: leave it out)"},
      {R"({"spec": {"hostname": "first"}})",
       R"(template.spec.hostname is "first"; the workers find each other by what the operator sets there: leave it out)"},
      {R"({"spec": {"containers": [{"name": "worker", "terminationMessagePath": "/tmp/x"}]}})",
       R"(template.spec.containers[0].terminationMessagePath is "/tmp/x"; a worker's last words are read where the operator set it: leave it out)"},
      {R"({"spec": {"containers": [{"name": "worker", "terminationMessagePolicy": "File"}]}})",
       R"(template.spec.containers[0].terminationMessagePolicy is "File"; a worker's last words are read where the operator set it: leave it out)"},
      {R"({"spec": {"containers": [{"name": "logs"}, {"name": "worker", "env": [
             {"name": "A"}, {"name": "CRESSET_POD_IP", "value": "10.0.0.1"}]}]}})",
       R"(template.spec.containers[1].env[1].name is "CRESSET_POD_IP", which the operator sets: leave it out)"},
  };
  for (const auto& [text, wanted] : rows) EXPECT_EQ(error_of_worker(text), wanted) << text;
  for (const char* name :
       {"CONFIG", "WORKER_INDEX", "POD_NAME", "POD_UID", "POD_IP", "COORDINATION_URL",
        "COORDINATION_CA", "STATIC_MEMBERSHIP", "TERMINATION_PATH", "GOOGLE_IDENTITY"})
    EXPECT_NE(error_of_worker(R"({"spec": {"containers": [{"name": "worker", "env": [
                                    {"name": "CRESSET_)" +
                              std::string(name) + "\"}]}]}}"),
              "")
        << name;
}

TEST(PodTemplate, ThatIsTooLargeToBeKeptWithItsJobIsRefused) {
  const auto error_of_bytes = [](size_t bytes) {
    const std::string begin = R"({"metadata":{"annotations":{"a":")", end = R"("}}})";
    const auto fits = check_template_size(
        Json::parse(begin + std::string(bytes - begin.size() - end.size(), 'x') + end), "template");
    return fits ? "" : fits.error().message();
  };
  EXPECT_EQ(error_of_bytes(131072), "");
  EXPECT_EQ(error_of_bytes(131073),
            "template has 131073 bytes as JSON; at most 131072 are allowed");
}

}  // namespace
}  // namespace cresset::crds
