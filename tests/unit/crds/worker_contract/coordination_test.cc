#include "crds/worker_contract/coordination.h"

#include <gmock/gmock.h>

namespace cresset::worker_contract {
namespace {

using base::Json;
using testing::HasSubstr;

Progress full_progress() {
  Progress progress;
  progress.round = 3;
  progress.state = WorkerState::kBroken;
  progress.step = 120;
  progress.total_steps = 500;
  progress.epoch = 2;
  progress.loss = 0.25;
  progress.samples_per_second = 1000;
  progress.remaining_seconds = 42;
  progress.metrics = {{"accuracy", 0.9}};
  progress.checkpoint_step = 100;
  progress.checkpoint_time = "2026-01-01T00:00:00Z";
  progress.resumed_from_step = 50;
  progress.bad_rows = 3;
  progress.model_uri = "s3://models/digits/1";
  progress.model_digest = "sha256:ab";
  progress.message = "rank 1 was killed by signal 9";
  return progress;
}

TEST(CoordinationTest, MembershipComesBackAsItWasSent) {
  const Membership membership{3, 4, 2, "10.0.0.7:29500", "r3-abc", true};
  const auto decoded = decode_membership(encode(membership));
  ASSERT_TRUE(decoded) << decoded.error().message();
  EXPECT_EQ(*decoded, membership);
}

TEST(CoordinationTest, ProgressComesBackAsItWasSent) {
  const auto decoded = decode_progress(encode(full_progress()));
  ASSERT_TRUE(decoded) << decoded.error().message();
  EXPECT_EQ(*decoded, full_progress());
  const auto least = decode_progress(encode(Progress{}));
  ASSERT_TRUE(least);
  EXPECT_EQ(*least, Progress{});
}

TEST(CoordinationTest, AFieldOfANewerWorkerIsPassedOver) {
  Json json = encode(full_progress());
  json["fromTheFuture"] = 1;
  EXPECT_TRUE(decode_progress(json));
}

TEST(CoordinationTest, AnUnknownStateIsNamedWithThoseThatExist) {
  Json json = encode(full_progress());
  json["state"] = "Bored";
  const auto decoded = decode_progress(json);
  ASSERT_FALSE(decoded);
  EXPECT_THAT(decoded.error().message(), HasSubstr("progress.state"));
  EXPECT_THAT(decoded.error().message(), HasSubstr("Broken"));
  EXPECT_THAT(decoded.error().message(), HasSubstr("Bored"));
}

TEST(CoordinationTest, AReportThatCannotBeIsRefusedByItsField) {
  const Json good{{"round", 1}, {"state", "Running"}};
  EXPECT_TRUE(decode_progress(good));
  const auto expect_refused = [&](const std::string& field, const Json& value) {
    Json json = good;
    json[field] = value;
    const auto decoded = decode_progress(json);
    ASSERT_FALSE(decoded) << json;
    EXPECT_THAT(decoded.error().message(), HasSubstr("progress." + field));
  };
  for (const char* count : {"round", "step", "totalSteps", "epoch", "remainingSeconds", "badRows"})
    for (const Json& value : {Json(-1), Json(int64_t{1} << 53), Json("many"), Json(0.5)})
      expect_refused(count, value);
  expect_refused("loss", "low");
  expect_refused("metrics", Json::array());
  expect_refused("modelUri", std::string(2049, 'a'));
  for (const char* needed : {"round", "state"}) {
    Json json = good;
    json.erase(needed);
    const auto decoded = decode_progress(json);
    ASSERT_FALSE(decoded) << json;
    EXPECT_THAT(decoded.error().message(), HasSubstr(std::string("progress.") + needed));
  }
  EXPECT_FALSE(decode_progress(Json::object()));
}

TEST(CoordinationTest, AStandbysAnswerTellsWhereTheLeaderIs) {
  const auto body = base::dump(not_the_leader("https://10.0.0.9:8443"));
  EXPECT_EQ(leader_of(503, body), "https://10.0.0.9:8443");
  EXPECT_EQ(leader_of(200, body), "");
  EXPECT_EQ(leader_of(503, base::dump(not_the_leader(""))), "");
  EXPECT_EQ(leader_of(503, R"({"leader":"http://10.0.0.9:8443"})"), "");
  EXPECT_EQ(leader_of(503, "no JSON"), "");
}

TEST(CoordinationTest, PathsNameNamespaceJobAndRound) {
  EXPECT_EQ(membership_path("team", "digits", 2),
            "/v1/namespaces/team/trainingjobs/digits/membership?after=2");
  EXPECT_EQ(progress_path("team", "digits"), "/v1/namespaces/team/trainingjobs/digits/progress");
}

TEST(LastWordsTest, ComeBackAsTheyWereWritten) {
  LastWords words;
  words.error = "column colour is not in s3://data/points.csv";
  words.rank = 1;
  words.step = 120;
  words.model_uri = "s3://models/digits/1";
  words.model_digest = "sha256:ab";
  words.metrics = {{"accuracy", 0.97}};
  const auto decoded = decode_last_words(encode_last_words(words));
  EXPECT_EQ(decoded.error, words.error);
  EXPECT_EQ(decoded.rank, 1);
  EXPECT_EQ(decoded.step, 120);
  EXPECT_EQ(decoded.model_uri, words.model_uri);
  EXPECT_EQ(decoded.model_digest, words.model_digest);
  EXPECT_EQ(decoded.metrics, words.metrics);
}

TEST(LastWordsTest, StayJsonUnderTheKubeletsLimit) {
  LastWords words;
  words.error = std::string(10000, 'e');
  for (int i = 0; i < 200; ++i) words.metrics["a-long-name-of-a-metric-" + std::to_string(i)] = i;
  const auto text = encode_last_words(words);
  EXPECT_LE(text.size(), 4096U);
  EXPECT_THAT(decode_last_words(text).error, HasSubstr("eee"));
  EXPECT_EQ(decode_last_words(text).error.find('{'), std::string::npos);
}

TEST(LastWordsTest, NothingIsTakenThatTheSchemaOfTheStatusRefuses) {
  EXPECT_EQ(decode_last_words(R"({"step": -1})").step, std::nullopt);
  EXPECT_EQ(decode_last_words(R"({"step": 9223372036854775807})").step, std::nullopt);
  EXPECT_EQ(decode_last_words(R"({"step": 9007199254740991})").step, 9007199254740991);
  const auto said = [](const std::string& key, size_t size) {
    return decode_last_words(base::dump({{key, std::string(size, 'a')}}));
  };
  EXPECT_EQ(said("modelUri", 2049).model_uri, "");
  EXPECT_EQ(said("modelUri", 2048).model_uri.size(), 2048U);
  EXPECT_EQ(said("modelDigest", 129).model_digest, "");
  base::Json many;
  for (int i = 0; i < 100; ++i) many["metrics"][std::to_string(i)] = i;
  EXPECT_EQ(decode_last_words(base::dump(many)).metrics.size(), 64U);
  EXPECT_TRUE(
      decode_last_words(base::dump({{"metrics", {{std::string(129, 'm'), 1}}}})).metrics.empty());
}

TEST(LastWordsTest, PlainTextIsTheErrorWithoutControlCharacters) {
  const auto words = decode_last_words("panic: \x1b[31mred\nline two\n");
  EXPECT_EQ(words.error, "panic: [31mred line two");
  EXPECT_EQ(decode_last_words("").error, "");
}

}  // namespace
}  // namespace cresset::worker_contract
