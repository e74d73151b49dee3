// What a Store makes of the answers of an S3 server, by one that answers as each test says.
#include <arrow/filesystem/s3fs.h>
#include <gmock/gmock.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "operator/net/server/http_server.h"
#include "worker/data/store.h"

namespace cresset::data::s3_store_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kNothingListed[] =
    R"(<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><KeyCount>0</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated></ListBucketResult>)";

constexpr char kUploadBegun[] =
    R"(<?xml version="1.0" encoding="UTF-8"?>
<InitiateMultipartUploadResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Bucket>models</Bucket><Key>a</Key><UploadId>7</UploadId></InitiateMultipartUploadResult>)";

net::ServerResponse xml(int status, std::string body) {
  return {.status = status, .content_type = "application/xml", .body = std::move(body)};
}

net::ServerResponse refusal(int status, const std::string& code) {
  return xml(status, "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>" + code +
                         "</Code><Message>no</Message></Error>");
}

class S3Store : public testing::Test {
 protected:
  // Before the process ends; it cannot be begun again.
  static void TearDownTestSuite() { EXPECT_TRUE(arrow::fs::FinalizeS3().ok()); }

  using Answer = std::function<net::ServerResponse(const net::ServerRequest& request)>;
  Store& at_a_server_that(Answer answers) {
    server_ =
        std::make_unique<net::HttpServer>(net::ServerOptions{.max_body_bytes = 32 << 20},
                                          [answers](const net::ServerRequest& request,
                                                    net::Reply reply) { reply(answers(request)); });
    EXPECT_TRUE(server_->start());
    endpoint_ = "http://127.0.0.1:" + std::to_string(server_->port());
    store_ = std::make_unique<Store>(worker_contract::StorageSpec{.endpoint = endpoint_},
                                     Credentials{.access_key = "a", .secret_key = "b"});
    return *store_;
  }

  std::string endpoint_;
  std::unique_ptr<net::HttpServer> server_;
  std::unique_ptr<Store> store_;
};

TEST_F(S3Store, KeysThatAServerAnswersWith404AreRefusedAndNoBucketIsMissed) {
  auto& store = at_a_server_that([](const auto& request) {
    return request.method == "HEAD" ? xml(404, "") : refusal(404, "XAdminUserNotFound");
  });
  const auto read = store.read("s3://models/points/1/manifest.json", 100);
  ASSERT_FALSE(read);
  EXPECT_TRUE(base::is_unauthorized(read.error()));
  EXPECT_THAT(
      read.error().message(),
      HasSubstr("reading s3://models/points/1/manifest.json: the credentials were refused by " +
                endpoint_ +
                ", which knows no such access key; check AWS_ACCESS_KEY_ID in the Secret that "
                "spec.storage.secretRef names"));
}

TEST_F(S3Store, ASecretKeyThatIsNotThatOfItsAccessKeyIsToldHoweverTheServerIsAsked) {
  auto& store = at_a_server_that([](const auto& request) {
    return request.method == "HEAD" ? xml(403, "") : refusal(403, "SignatureDoesNotMatch");
  });
  const std::string words =
      " s3://models/points: the credentials were refused by " + endpoint_ +
      ", which has another secret key for this access key; check AWS_SECRET_ACCESS_KEY in the "
      "Secret that spec.storage.secretRef names";
  const auto read = store.read("s3://models/points", 100);
  ASSERT_FALSE(read);
  EXPECT_TRUE(base::is_unauthorized(read.error()));
  EXPECT_EQ(read.error().message(), "reading" + words);
  EXPECT_EQ(store.list("s3://models/points").error().message(), "listing" + words);
  EXPECT_EQ(store.exists("s3://models/points").error().message(), "looking for" + words);
  EXPECT_EQ(store.write("s3://models/points", "x").error().message(), "writing" + words);
}

TEST_F(S3Store, KeysThatMayNotReadAPathAreDeniedAndNotRefusedWhetherTheyMayListItOrNot) {
  for (const bool may_list : {false, true}) {
    auto& store = at_a_server_that([may_list](const auto& request) {
      if (request.method == "HEAD") return xml(403, "");
      return may_list ? xml(200, kNothingListed) : refusal(403, "AccessDenied");
    });
    const auto read = store.read("s3://models/points", 100);
    ASSERT_FALSE(read);
    EXPECT_TRUE(base::is_forbidden(read.error()));
    EXPECT_THAT(read.error().message(),
                HasSubstr("reading s3://models/points: access denied by " + endpoint_));
  }
}

TEST_F(S3Store, ABucketThatIsMissingIsNamedWhenItIsReadFromAndWhenItIsListed) {
  auto& store = at_a_server_that([](const auto& request) {
    return request.method == "HEAD" ? xml(404, "") : refusal(404, "NoSuchBucket");
  });
  const std::string words =
      "the bucket \"nowhere\" does not exist at " + endpoint_ + "; check its name";
  const auto read = store.read("s3://nowhere/points.csv", 100);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message(), "reading s3://nowhere/points.csv: " + words);
  const auto listed = store.list("s3://nowhere/points");
  ASSERT_FALSE(listed);
  EXPECT_EQ(listed.error().message(), "listing s3://nowhere/points: " + words);
}

TEST_F(S3Store, AnUploadOfWhichAPartIsRefusedIsNeverFinished) {
  std::vector<std::string> posts;
  auto& store = at_a_server_that([&posts](const auto& request) {
    if (request.method == "DELETE") return xml(204, "");
    if (request.method != "POST") return refusal(403, "AccessDenied");
    posts.push_back(request.target);
    return xml(200, kUploadBegun);
  });
  const auto written = store.write("s3://models/a", std::string(12 << 20, 'x'));
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().message(), HasSubstr("writing s3://models/a: access denied"));
  store_.reset();
  server_.reset();
  EXPECT_THAT(posts, ElementsAre(HasSubstr("uploads"))) << "what begins it";
}

// "bucket" in the name of one made an empty folder of it an error.
TEST_F(S3Store, WhatIsMissingInABucketOfAnyNameIsNotTheBucket) {
  auto& store = at_a_server_that([](const auto& request) {
    if (request.method != "HEAD") return xml(200, kNothingListed);
    return xml(request.path == "/bucket-of-models" ? 200 : 404, "");
  });
  const auto listed = store.list("s3://bucket-of-models/points");
  ASSERT_TRUE(listed) << listed.error().message();
  EXPECT_THAT(*listed, IsEmpty());
  const auto read = store.read("s3://bucket-of-models/points.csv", 100);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message(),
            "reading s3://bucket-of-models/points.csv: it does not exist; check the path");
}

}  // namespace
}  // namespace cresset::data::s3_store_test
