#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "operator/kube/core/request.h"
#include "tests/unit/operator/kube/core/protobuf_maker.h"

namespace cresset::kube {
namespace {

using base::Json;

std::string line(const std::string& type, const Json& object) {
  return base::dump({{"type", type}, {"object", object}}) + "\n";
}

struct Collected {
  std::vector<std::pair<WatchEventType, Json>> events;
  base::Result<void> feed(WatchDecoder& decoder, std::string_view bytes) {
    return decoder.feed(bytes, [this](const WatchEvent& event) {
      events.emplace_back(event.type, event.object.json());
    });
  }
};

std::string stream() {
  return line("ADDED", {{"metadata", {{"name", "gr\u00f6\u00dfe \u4f60\u597d"}}}}) + "\r\n" +
         line("MODIFIED", {{"metadata", {{"name", "b\n"}}}}) +
         line("BOOKMARK", {{"metadata", {{"resourceVersion", "9"}}}}) +
         line("DELETED", {{"metadata", {{"name", "c"}}}}) + line("ERROR", {{"code", 410}});
}

std::string frames() {
  return wire::frame(wire::event("ADDED", wire::pod("gr\u00f6\u00dfe"))) +
         wire::frame(wire::event("COMPACTED", wire::pod("x"))) +
         wire::frame(wire::event("DELETED", wire::pod(std::string(300, 'c')))) +
         wire::frame(wire::event("ERROR", wire::object("Status", wire::number(6, 410))));
}

TEST(WatchDecoder, GivesTheSameEventsOfFramesHoweverTheBytesAreCut) {
  Collected whole;
  WatchDecoder at_once;
  ASSERT_TRUE(whole.feed(at_once, frames()));
  ASSERT_EQ(whole.events.size(), 3U);
  EXPECT_EQ(at_once.skipped(), 1U);
  EXPECT_EQ(base::text_at(whole.events[0].second, "/metadata/name"), "gr\u00f6\u00dfe");
  EXPECT_EQ(whole.events[1].first, WatchEventType::kDeleted);
  EXPECT_EQ(base::number_at(whole.events[2].second, "/code"), 410);
  for (size_t cut = 0; cut <= frames().size(); ++cut) {
    Collected parts;
    WatchDecoder decoder;
    ASSERT_TRUE(parts.feed(decoder, frames().substr(0, cut)));
    ASSERT_TRUE(parts.feed(decoder, frames().substr(cut)));
    ASSERT_EQ(parts.events, whole.events) << "cut at byte " << cut;
  }
  Collected bytes;
  WatchDecoder decoder;
  for (const char byte : frames()) ASSERT_TRUE(bytes.feed(decoder, {&byte, 1}));
  EXPECT_EQ(bytes.events, whole.events);
}

TEST(WatchDecoder, ABrokenFrameEndsTheStreamAfterTheGoodEvents) {
  Collected got;
  WatchDecoder decoder;
  const auto result = got.feed(decoder, frames() + wire::frame("{}"));
  ASSERT_FALSE(result);
  EXPECT_EQ(got.events.size(), 3U);
  EXPECT_EQ(result.error().message(), "a frame of the watch: broken protobuf");
}

TEST(WatchDecoder, AFrameOverTheLimitIsRefusedByItsLengthAlone) {
  Collected got;
  WatchDecoder decoder(100);
  const auto result = got.feed(decoder, std::string("\0\0\0\x65", 4));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind(), base::ErrorKind::kTooLarge);
}

TEST(WatchDecoder, GivesTheSameEventsHoweverTheBytesAreCut) {
  Collected whole;
  WatchDecoder at_once;
  ASSERT_TRUE(whole.feed(at_once, stream()));
  ASSERT_EQ(whole.events.size(), 5U);
  for (size_t cut = 0; cut <= stream().size(); ++cut) {
    Collected parts;
    WatchDecoder decoder;
    ASSERT_TRUE(parts.feed(decoder, stream().substr(0, cut)));
    ASSERT_TRUE(parts.feed(decoder, stream().substr(cut)));
    ASSERT_EQ(parts.events, whole.events) << "cut at byte " << cut;
  }
}

TEST(WatchDecoder, GivesTheSameEventsForAnySequenceOfPieces) {
  Collected whole;
  WatchDecoder at_once;
  ASSERT_TRUE(whole.feed(at_once, stream()));
  EXPECT_TRUE(rc::check([&] {
    Collected parts;
    WatchDecoder decoder;
    for (std::string rest = stream(); !rest.empty();) {
      const auto size = std::min<size_t>(*rc::gen::inRange<size_t>(1, 80), rest.size());
      RC_ASSERT(parts.feed(decoder, rest.substr(0, size)).has_value());
      rest.erase(0, size);
    }
    RC_ASSERT(parts.events == whole.events);
  }));
}

TEST(WatchDecoder, AnObjectThatIsCutOffIsNeverGiven) {
  Collected got;
  WatchDecoder decoder;
  const auto event = line("ADDED", {{"metadata", {{"name", "a"}}}});
  ASSERT_TRUE(got.feed(decoder, event.substr(0, event.size() - 1)));
  EXPECT_TRUE(got.events.empty());
}

TEST(WatchDecoder, UnknownTypesAndLinesWithoutObjectArePassedOver) {
  Collected got;
  WatchDecoder decoder;
  ASSERT_TRUE(got.feed(decoder, line("COMPACTED", Json::object()) + "[]\n{\"type\":\"ADDED\"}\n" +
                                    line("ADDED", Json(7)) + line("DELETED", Json::object())));
  ASSERT_EQ(got.events.size(), 1U);
  EXPECT_EQ(got.events[0].first, WatchEventType::kDeleted);
  EXPECT_EQ(decoder.skipped(), 4U);
}

TEST(WatchDecoder, OnlyABookmarkThatSaysSoEndsTheInitialEvents) {
  const auto ends = [](const Json& annotations, WatchEventType type = WatchEventType::kBookmark) {
    const Json object = {{"metadata", {{"annotations", annotations}}}};
    return ends_initial_events({.type = type, .object = object});
  };
  const Json end = {{"k8s.io/initial-events-end", "true"}};
  EXPECT_TRUE(ends(end));
  EXPECT_FALSE(ends({{"k8s.io/initial-events-end", "false"}}));
  EXPECT_FALSE(ends(Json::object()));
  EXPECT_FALSE(ends(end, WatchEventType::kAdded));
}

TEST(WatchDecoder, BrokenJsonEndsTheStreamAfterTheGoodEvents) {
  Collected got;
  WatchDecoder decoder;
  const auto result = got.feed(decoder, line("ADDED", Json::object()) + "{\"type\": \n");
  ASSERT_FALSE(result);
  EXPECT_EQ(got.events.size(), 1U);
  EXPECT_NE(result.error().message().find("a line of the watch: broken JSON"), std::string::npos);
}

TEST(WatchDecoder, AnEndlessLineIsRefusedBeforeItFillsTheMemory) {
  Collected got;
  WatchDecoder decoder(100);
  ASSERT_TRUE(got.feed(decoder, std::string(60, 'x')));
  const auto result = got.feed(decoder, std::string(60, 'x'));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind(), base::ErrorKind::kTooLarge);
}

TEST(WatchDecoder, AnEventOfMoreElementsThanMemoryIsMeantForIsRefused) {
  Collected got;
  WatchDecoder decoder(1 << 20);
  std::string many = "0";
  for (int i = 0; i < 200000; ++i) many += ",0";
  const auto result = got.feed(decoder, R"({"type": "ADDED", "object": {"a": [)" + many + "]}}\n");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind(), base::ErrorKind::kTooLarge);
}

TEST(WatchDecoder, WhatIsNestedDeeperThanAnyFieldOfOursIsLeftOutAndTheWatchGoesOn) {
  const auto nested = [](const std::string& more) {
    const std::string deep = std::string(9000, '[') + std::string(9000, ']');
    return R"({"type":"ADDED","object":{"metadata":{"name":"a"},"spec":{"x":)" + deep +
           R"(,"y":1)" + more + "}}}\n";
  };
  Collected got;
  WatchDecoder decoder;
  // simdjson takes no number of more than 64 bits, and then another parser does the same.
  for (const std::string more : {"", R"(,"z":123456789012345678901234567890)"}) {
    const auto result = got.feed(decoder, nested(more));
    ASSERT_TRUE(result) << result.error().message();
    EXPECT_EQ(base::number_at(got.events.back().second, "/spec/y"), 1);
    EXPECT_EQ(base::text_at(got.events.back().second, "/metadata/name"), "a");
  }
  int depth = 0;
  for (const base::Json* at = base::find(got.events.back().second, "/spec/x"); at != nullptr;
       at = at->empty() ? nullptr : &at->front())
    ++depth;
  EXPECT_EQ(depth, 126) << "128 with the object and its spec";
  EXPECT_EQ(got.events.front().second["spec"]["x"], got.events.back().second["spec"]["x"]);
}

TEST(WatchDecoder, DeepNestingIsRefused) {
  Collected got;
  WatchDecoder decoder;
  const auto result = got.feed(decoder, std::string(100000, '[') + "\n");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind(), base::ErrorKind::kTooLarge);
}

}  // namespace
}  // namespace cresset::kube
