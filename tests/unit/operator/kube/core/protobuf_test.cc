#include "operator/kube/core/protobuf.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "operator/base/json.h"
#include "tests/unit/operator/kube/core/protobuf_maker.h"

namespace cresset::kube {
namespace {

using base::Json;
using wire::bytes;
using wire::number;

Json read(const std::string& object) {
  const auto text = json_of_protobuf(object);
  EXPECT_TRUE(text) << text.error().message();
  return text ? Json::parse(*text) : Json();
}

std::string why_not(const std::string& object) {
  const auto text = json_of_protobuf(object);
  return text ? *text : text.error().message();
}

std::string entry(std::string_view name, std::string_view value) {
  return bytes(1, name) + bytes(2, value);
}

TEST(Protobuf, IsToldFromJsonByItsFirstBytes) {
  EXPECT_TRUE(is_protobuf(wire::pod("a")));
  for (const char* other : {"", "k8s", "{}", "k8sx"}) EXPECT_FALSE(is_protobuf(other));
}

TEST(Protobuf, APodHasWhatIsReadOfItUnderItsNamesInJson) {
  const std::string meta =
      bytes(1, "a") + bytes(3, "team") + bytes(5, "u") + bytes(6, "7") + number(7, 2) +
      bytes(8, number(1, 1767225600)) + bytes(9, number(1, 0)) + bytes(11, entry("x", "1")) +
      bytes(17, "managed fields") +
      bytes(13, bytes(5, "v1") + bytes(1, "Job") + bytes(3, "j") + bytes(4, "o") + number(6, 1)) +
      bytes(11, entry("y", "\"2\"\n")) + bytes(12, entry("z", ""));
  const std::string ended = bytes(3, number(1, -3) + bytes(3, "Error") + bytes(4, "words") +
                                         bytes(6, number(1, 1767225601) + number(2, 0)));
  const std::string waits = bytes(1, bytes(1, "ErrImagePull") + bytes(2, "no"));
  const std::string status =
      bytes(1, "Running") + bytes(2, bytes(1, "Ready") + bytes(2, "True") + bytes(4, "")) +
      bytes(2, bytes(1, "PodScheduled") + bytes(2, "False") + bytes(5, "r") + bytes(6, "m")) +
      bytes(4, "Evicted") + bytes(6, "10.0.0.1") +
      bytes(8, bytes(1, "worker") + bytes(2, waits) + bytes(3, ended));
  EXPECT_EQ(
      read(wire::object("Pod", bytes(1, meta) + bytes(2, bytes(10, "node")) + bytes(3, status))),
      Json::parse(R"({
    "apiVersion": "v1", "kind": "Pod",
    "metadata": {"name": "a", "namespace": "team", "uid": "u", "resourceVersion": "7",
      "generation": 2, "creationTimestamp": "2026-01-01T00:00:00Z",
      "deletionTimestamp": "1970-01-01T00:00:00Z", "labels": {"x": "1", "y": "\"2\"\n"},
      "annotations": {"z": ""},
      "ownerReferences": [
        {"kind": "Job", "name": "j", "uid": "o", "apiVersion": "v1", "controller": true}]},
    "spec": {"nodeName": "node"},
    "status": {"phase": "Running", "reason": "Evicted", "podIP": "10.0.0.1",
      "conditions": [{"type": "Ready", "status": "True"},
        {"type": "PodScheduled", "status": "False", "reason": "r", "message": "m"}],
      "containerStatuses": [
        {"name": "worker", "state": {"waiting": {"reason": "ErrImagePull", "message": "no"}},
         "lastState": {"terminated": {"exitCode": -3, "reason": "Error", "message": "words",
                                      "finishedAt": "2026-01-01T00:00:01Z"}}}]}})"));
}

TEST(Protobuf, AListHasItsVersionItsNextPageAndItsItems) {
  const std::string list = bytes(1, bytes(2, "9") + bytes(3, "next")) +
                           bytes(2, bytes(1, bytes(1, "a"))) + bytes(2, bytes(1, bytes(1, "b")));
  EXPECT_EQ(read(wire::object("PodList", list)), Json::parse(R"({
    "apiVersion": "v1", "kind": "PodList",
    "metadata": {"resourceVersion": "9", "continue": "next"},
    "items": [{"metadata": {"name": "a"}}, {"metadata": {"name": "b"}}]})"));
}

TEST(Protobuf, AStatusSaysWhatWentWrong) {
  const std::string status = bytes(3, "too old") + bytes(4, "Expired") +
                             bytes(5, bytes(4, bytes(1, "r") + bytes(2, "m"))) + number(6, 410);
  EXPECT_EQ(read(wire::object("Status", status)), Json::parse(R"({
    "apiVersion": "v1", "kind": "Status", "message": "too old", "reason": "Expired", "code": 410,
    "details": {"causes": [{"reason": "r", "message": "m"}]}})"));
}

TEST(Protobuf, OfAKindThatNobodyReadsItSaysWhatItIs) {
  EXPECT_EQ(read(wire::object("Node", bytes(1, bytes(1, "a")))),
            Json::parse(R"({"apiVersion": "v1", "kind": "Node"})"));
}

TEST(Protobuf, ATimeThatIsNoneIsLeftOut) {
  const auto created = [](const std::string& time) {
    const auto pod = read(wire::object("Pod", bytes(1, bytes(8, time))));
    return base::text_at(pod, "/metadata/creationTimestamp", "none");
  };
  EXPECT_EQ(created(""), "none");
  EXPECT_EQ(created(number(1, 253402300799)), "9999-12-31T23:59:59Z");
  EXPECT_EQ(created(number(1, 253402300800)), "none");
  EXPECT_EQ(created(number(1, std::numeric_limits<int64_t>::min())), "none");
}

TEST(Protobuf, TextThatIsNoUtf8IsReplacedAndTheRestIsRead) {
  const auto pod = read(wire::object("Pod", bytes(1, bytes(1, "a\xff") + bytes(5, "u"))));
  EXPECT_EQ(base::text_at(pod, "/metadata/name"), "a\xef\xbf\xbd");
  EXPECT_EQ(base::text_at(pod, "/metadata/uid"), "u");
}

TEST(Protobuf, FieldsOfAnotherTypeThanExpectedReadAsNothing) {
  const std::string pod = bytes(1, number(1, 3) + bytes(7, "x") + bytes(5, "u")) + number(3, 1);
  EXPECT_EQ(read(wire::object("Pod", pod)), Json::parse(R"({
    "apiVersion": "v1", "kind": "Pod", "metadata": {"uid": "u"}, "status": {}})"));
}

TEST(Protobuf, NumbersOfFixedSizeArePassedOver) {
  const std::string fixed =
      wire::varint(1 << 3 | 1) + "12345678" + wire::varint(1 << 3 | 5) + "1234";
  EXPECT_EQ(read(wire::object("Status", fixed + bytes(3, "m")))["message"], "m");
}

TEST(Protobuf, WhatIsBrokenOrEncodedIsAnError) {
  const std::string whole = wire::object("Pod", bytes(1, bytes(1, "a")));
  EXPECT_EQ(why_not("{}"), "broken protobuf: no \"k8s\" before it");
  EXPECT_EQ(why_not(whole.substr(0, whole.size() - 1)), "broken protobuf");
  EXPECT_EQ(why_not(wire::object("Pod", bytes(1, "\x0a\x05 a"))), "broken protobuf");
  EXPECT_EQ(why_not(wire::object("Pod", "\x0b")), "broken protobuf") << "a group";
  EXPECT_EQ(why_not(wire::object("Pod", std::string("\0\0", 2))), "broken protobuf") << "number 0";
  EXPECT_EQ(why_not(wire::object("Pod", "\x08" + std::string(10, '\xff'))), "broken protobuf");
  EXPECT_EQ(why_not(whole + bytes(3, "gzip")),
            "protobuf in an encoding of its own: \"gzip\"; allowed: none");
  EXPECT_LT(why_not(whole + bytes(3, std::string(100, 'x'))).size(), 120U);
}

TEST(Protobuf, AnyBytesGiveJsonOrAnError) {
  EXPECT_TRUE(rc::check([](const std::string& some) {
    for (const auto& text :
         {json_of_protobuf(wire::object("Pod", some)),
          json_of_protobuf(wire::object("Pod", bytes(1, some))), json_of_protobuf_event(some)})
      RC_ASSERT(!text || base::parse_json(*text).has_value());
  }));
}

}  // namespace
}  // namespace cresset::kube
