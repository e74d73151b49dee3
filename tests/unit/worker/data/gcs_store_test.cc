// What a Store makes of the answers of Google Cloud Storage, by a server that answers as each test
// says.
#include <gmock/gmock.h>

#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "operator/base/json.h"
#include "operator/net/server/http_server.h"
#include "tests/unit/worker/data/google_key.h"
#include "worker/data/store.h"

namespace cresset::data::gcs_store_test {
namespace {

using base::Json;
using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::Ge;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

constexpr char kBytes[] = "application/octet-stream";

net::ServerResponse json(int status, const Json& body) {
  return {.status = status, .content_type = "application/json", .body = body.dump()};
}

net::ServerResponse refusal(int status, const std::string& words) {
  const Json why{{"domain", "global"}, {"reason", "refused"}, {"message", words}};
  return json(status, {{"error", {{"code", status}, {"message", words}, {"errors", {why}}}}});
}

Json object(const std::string& name, size_t size = 0) {
  return {{"kind", "storage#object"}, {"name", name},          {"bucket", "models"},
          {"generation", "1"},        {"metageneration", "1"}, {"size", std::to_string(size)}};
}

net::ServerResponse listing(const std::vector<std::string>& names) {
  Json items = Json::array();
  for (const auto& name : names) items.push_back(object(name));
  return json(200, {{"kind", "storage#objects"}, {"items", items}});
}

bool is_list(const net::ServerRequest& request) { return request.path.ends_with("/o"); }
bool is_read(const net::ServerRequest& request) { return request.parameter("alt") == "media"; }

class GcsStore : public testing::Test {
 protected:
  using Answer = std::function<net::ServerResponse(const net::ServerRequest& request)>;
  Store& at_a_server_that(Answer answers, Credentials credentials = {}) {
    server_ = std::make_unique<net::HttpServer>(
        net::ServerOptions{}, [this, answers](const net::ServerRequest& request, net::Reply reply) {
          keep(request);
          reply(answers(request));
        });
    EXPECT_TRUE(server_->start());
    endpoint_ = "http://127.0.0.1:" + std::to_string(server_->port());
    store_ = std::make_unique<Store>(worker_contract::StorageSpec{.endpoint = endpoint_},
                                     std::move(credentials));
    return *store_;
  }
  void keep(const net::ServerRequest& request) {
    std::lock_guard lock(mutex_);
    requests_.push_back(request.method + " " + request.target);
    authorizations_.push_back(std::string(request.header("authorization")));
  }

  std::mutex mutex_;
  std::vector<std::string> requests_;
  std::vector<std::string> authorizations_;
  std::string endpoint_;
  std::unique_ptr<net::HttpServer> server_;
  std::unique_ptr<Store> store_;
};

TEST_F(GcsStore, FoldersAreWhatTheNamesOfObjectsBeginWith) {
  auto& store = at_a_server_that([](const auto&) {
    return listing(
        {"a/", "a/1/model.json", "a/1/weights", "a/10/model.json", "a/2", "a/2/x", "a/b"});
  });
  EXPECT_THAT(store.list("gs://models/a").value(), ElementsAre("1", "10", "2", "2", "b"));
  const auto found = store.look_into("gs://models/a/").value();
  EXPECT_THAT(found.folders, ElementsAre("1", "10", "2"));
  EXPECT_THAT(found.objects, ElementsAre("2", "b"));
  EXPECT_THAT(store.list_tree("gs://models/a").value(),
              ElementsAre("gs://models/a/1/model.json", "gs://models/a/1/weights",
                          "gs://models/a/10/model.json", "gs://models/a/2", "gs://models/a/2/x",
                          "gs://models/a/b"));
}

TEST_F(GcsStore, WhatIsMissingInABucketIsNotTheBucket) {
  auto& store = at_a_server_that([](const auto& request) {
    return is_list(request) ? listing({}) : refusal(404, "No such object: models/points.csv");
  });
  EXPECT_THAT(store.list("gs://models/points").value(), IsEmpty());
  EXPECT_FALSE(store.exists("gs://models/points.csv").value());
  const auto read = store.read("gs://models/points.csv", 100);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message(),
            "reading gs://models/points.csv: it does not exist; check the path");
}

// Who may read objects may seldom look at their bucket.
TEST_F(GcsStore, ABucketThatIsMissingIsNamedHoweverItIsUsedAndIsItselfNeverAskedFor) {
  auto& store = at_a_server_that(
      [](const auto&) { return refusal(404, "The specified bucket does not exist."); });
  const std::string words = " gs://nowhere/points: the bucket \"nowhere\" does not exist at " +
                            endpoint_ + "; check its name";
  EXPECT_EQ(store.read("gs://nowhere/points", 100).error().message(), "reading" + words);
  EXPECT_EQ(store.list("gs://nowhere/points").error().message(), "listing" + words);
  EXPECT_EQ(store.write("gs://nowhere/points", "x").error().message(), "writing" + words);
  EXPECT_THAT(requests_, Each(HasSubstr("/b/nowhere/o")));
}

TEST_F(GcsStore, ARefusalIsToldWithTheWordsOfTheServer) {
  auto& store = at_a_server_that([](const auto& request) {
    return refusal(request.method == "GET" ? 403 : 401, "reader@project may not do that.");
  });
  const std::string by = " by " + endpoint_ + " (reader@project may not do that); ";
  const auto read = store.read("gs://models/a", 100);
  ASSERT_FALSE(read);
  EXPECT_TRUE(base::is_forbidden(read.error()));
  EXPECT_THAT(read.error().message(), StartsWith("reading gs://models/a: access denied" + by));
  const auto written = store.write("gs://models/a", "x");
  ASSERT_FALSE(written);
  EXPECT_TRUE(base::is_unauthorized(written.error()));
  EXPECT_THAT(written.error().message(),
              StartsWith("writing gs://models/a: the credentials were refused" + by));
}

// Who could read a token on the way could use it for what its account may do.
TEST_F(GcsStore, NoTokenGoesOverHttpAndTheRefusalSaysSo) {
  const Credentials with_key{.google_key = made_google_key().dump()};
  for (const auto& credentials : {with_key, Credentials{.google_identity = true}, Credentials{}})
    ASSERT_TRUE(at_a_server_that([](const auto&) { return listing({}); }, credentials)
                    .list("gs://models/a"));
  EXPECT_THAT(authorizations_, AllOf(SizeIs(Ge(3U)), Each("")));
  auto& store = at_a_server_that([](const auto&) { return refusal(401, "Who?"); }, with_key);
  EXPECT_EQ(store.list("gs://models/a").error().message(),
            "listing gs://models/a: the credentials were refused by " + endpoint_ +
                " (Who?); to an http:// endpoint no credentials of Google's are sent, so only what "
                "everybody may use is within reach");
}

// By the variables with which Google's client is told of other servers than Google's.
TEST_F(GcsStore, TheIdentityOfThePodIsAskedOfTheMetadataServerAndSignsForGoogle) {
  at_a_server_that([](const auto& request) {
    if (!request.path.starts_with("/computeMetadata/")) return listing({});
    return json(200, {{"email", "default"},
                      {"scopes", {"storage"}},
                      {"access_token", "of-the-pod"},
                      {"expires_in", 3600},
                      {"token_type", "Bearer"}});
  });
  setenv("GCE_METADATA_ROOT", endpoint_.substr(strlen("http://")).c_str(), 1);
  setenv("CLOUD_STORAGE_EMULATOR_ENDPOINT", endpoint_.c_str(), 1);
  Store store({}, {.google_identity = true});
  const auto listed = store.list("gs://models/a");
  unsetenv("GCE_METADATA_ROOT");
  unsetenv("CLOUD_STORAGE_EMULATOR_ENDPOINT");
  ASSERT_TRUE(listed) << listed.error().message();
  EXPECT_THAT(requests_.front(), HasSubstr("/service-accounts/default/"));
  EXPECT_EQ(authorizations_.back(), "Bearer of-the-pod");
}

TEST_F(GcsStore, AKeyThatIsNoneIsToldBeforeAnybodyIsAskedUnlessItIsOfNoUse) {
  Store store({.endpoint = "https://127.0.0.1:1"}, {.google_key = "{}"});
  EXPECT_THAT(store.list("gs://models/a").error().message(),
              AllOf(HasSubstr("preparing gs://models/a"), HasSubstr("found type \"\"")));
  EXPECT_TRUE(at_a_server_that([](const auto&) { return listing({}); }, {.google_key = ""})
                  .list("gs://models/a"));
}

TEST_F(GcsStore, FewerBytesThanTheObjectHasAreNoObject) {
  auto& store = at_a_server_that([](const auto& request) -> net::ServerResponse {
    if (is_read(request)) return {.content_type = kBytes, .body = std::string(40, 'x')};
    return json(200, object("a", 100));
  });
  const auto read = store.read("gs://models/a", 1000);
  ASSERT_FALSE(read);
  EXPECT_TRUE(base::is_retryable(read.error()));
  EXPECT_EQ(read.error().message(), "reading gs://models/a: it has 100 bytes, of which 40 came");
}

// Google sends it unpacked, and of that as many bytes as the packed one has.
TEST_F(GcsStore, AnObjectThatGoogleUnpacksOnTheWayIsRefused) {
  std::string caches;
  auto& store = at_a_server_that([&caches](const auto& request) -> net::ServerResponse {
    if (is_read(request)) return {.content_type = kBytes, .body = std::string(40, 'x')};
    auto packed = object("a.csv", 40);
    packed["contentEncoding"] = "gzip";
    packed["cacheControl"] = caches;
    return json(200, packed);
  });
  const auto read = store.read("gs://models/a.csv", 1000);
  ASSERT_FALSE(read);
  EXPECT_FALSE(base::is_retryable(read.error()));
  EXPECT_EQ(
      read.error().message(),
      R"(reading gs://models/a.csv: its Content-Encoding is "gzip", so that Google Cloud Storage unpacks it on the way; allowed is none: clear it (gcloud storage objects update --clear-content-encoding), and let the name of what is packed end in .gz)");
  caches = "public, no-transform";
  EXPECT_EQ(store.read("gs://models/a.csv", 1000).value().size(), 40U);
}

// It is asked for by its generation; Arrow asks once when it opens it.
TEST_F(GcsStore, AnObjectThatIsReplacedWhileItIsReadIsWorthAnotherTry) {
  int reads = 0;
  auto& store = at_a_server_that([&reads](const auto& request) -> net::ServerResponse {
    if (!is_read(request)) return json(200, object("a", 9));
    if (reads++ > 0) return refusal(404, "No such object: models/a");
    return {.content_type = kBytes, .body = "the first"};
  });
  const auto read = store.read("gs://models/a", 100);
  ASSERT_FALSE(read);
  EXPECT_TRUE(base::is_retryable(read.error()));
  EXPECT_EQ(read.error().message(), "reading gs://models/a: it changed while it was read");
}

TEST_F(GcsStore, AnUploadThatFailsOnTheWayIsNeverFinished) {
  auto& store = at_a_server_that([this](const auto& request) -> net::ServerResponse {
    if (request.method == "POST")
      return {.headers = {{"Location", endpoint_ + "/upload/storage/v1/b/models/o?upload_id=1"}}};
    return refusal(403, "over the quota");
  });
  const auto written = store.write("gs://models/a", std::string(3 << 20, 'x'));
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().message(), AllOf(HasSubstr("writing gs://models/a: access denied"),
                                               HasSubstr("over the quota")));
  store_.reset();
  EXPECT_THAT(requests_, SizeIs(2)) << "what begins it and what was refused";
}

TEST_F(GcsStore, AnEmptyObjectIsReadWithoutARange) {
  auto& store = at_a_server_that([](const auto& request) {
    return is_read(request) ? refusal(416, "InvalidRange") : json(200, object("a"));
  });
  EXPECT_EQ(store.read("gs://models/a", 100).value(), "");
}

// A request that is sent again finds that its first answer was lost on the way.
TEST_F(GcsStore, WhatIsGoneAlreadyIsRemoved) {
  auto& store = at_a_server_that([](const auto& request) {
    if (!is_list(request)) return refusal(404, "Not Found");
    static int asked = 0;
    return asked++ == 0 ? listing({"a/manifest.json", "a/part"}) : listing({});
  });
  const auto removed = store.remove_tree("gs://models/a");
  EXPECT_TRUE(removed) << removed.error().message();
}

// "a" may be an object and what the names of others begin with.
TEST_F(GcsStore, WhatIsBelowAFolderIsRemovedAndNotAnObjectOfItsName) {
  auto& store = at_a_server_that([](const auto& request) -> net::ServerResponse {
    if (request.method == "DELETE") return {.status = 204};
    return is_list(request) ? listing({"a/", "a/1"}) : json(200, object("a"));
  });
  const auto removed = store.remove_tree("gs://models/a");
  ASSERT_TRUE(removed) << removed.error().message();
  EXPECT_THAT(requests_, Contains(StartsWith("DELETE /storage/v1/b/models/o/a%2F1")));
  EXPECT_THAT(requests_, Not(Contains(MatchesRegex("DELETE /storage/v1/b/models/o/a(\\?.*)?"))));
}

}  // namespace
}  // namespace cresset::data::gcs_store_test
