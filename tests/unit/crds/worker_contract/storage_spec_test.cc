#include "crds/worker_contract/storage_spec.h"

#include <gmock/gmock.h>

namespace cresset::worker_contract::storage_spec_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(CheckUriTest, TakesPathsAndBucketsWithAKey) {
  EXPECT_TRUE(check_uri("s3://data/digits/train.parquet", "u"));
  EXPECT_TRUE(check_uri("gs://data/digits/part-*.parquet", "u"));
  EXPECT_TRUE(check_uri("file:///data/train.csv", "u"));
}

TEST(CheckUriTest, RefusesWhatNamesNoPlace) {
  for (const char* uri : {"", "s3://", "s3://ab/key", "s3://bucket", "s3://bucket/", "gs://",
                          "gs://ab/key", "gs://bucket", "gs://bucket/", "file://x/y", "file:///",
                          "gcs://bucket/key", "s3://bucket/a/../b", "gs://bucket/../b",
                          "s3://bucket/a b", "gs://bucket/a?b", "/data/x"}) {
    const auto checked = check_uri(uri, "spec.output.uri");
    ASSERT_FALSE(checked) << uri;
    EXPECT_THAT(checked.error().message(),
                AllOf(HasSubstr("spec.output.uri"),
                      HasSubstr("allowed: s3://BUCKET/KEY, gs://BUCKET/KEY, file:///PATH"),
                      HasSubstr("\"" + std::string(uri) + "\"")));
  }
}

TEST(StorageSpecTest, AnEndpointMustBeHttp) {
  const auto storage = decode_storage({{"endpoint", "s3:7070"}}, "spec.storage");
  ASSERT_FALSE(storage);
  EXPECT_THAT(storage.error().message(), AllOf(HasSubstr("spec.storage.endpoint"),
                                               HasSubstr("http://"), HasSubstr("s3:7070")));
}

TEST(StorageSpecTest, AnEndpointIsTheAddressOfOneKindOfStore) {
  const StorageSpec at_a_server{.endpoint = "http://store:7070"};
  const std::vector<std::string> files{"", "file:///data/a.csv"};
  for (const auto& uris : {files, {"s3://data/a.csv", "file:///m"}, {"gs://data/a.csv", "gs://b"}})
    EXPECT_TRUE(check_endpoint(at_a_server, buckets_of(uris), "spec.storage"));
  const auto both = buckets_of({"gs://data/a.csv", "", "s3://models/m"});
  EXPECT_TRUE(check_endpoint({}, both, "spec.storage"));
  const auto checked = check_endpoint(at_a_server, both, "spec.storage");
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().message(),
            "spec.storage.endpoint is the address of one store, found URIs of both s3:// and "
            "gs://; allowed: URIs of one of them, or no endpoint");
}

}  // namespace
}  // namespace cresset::worker_contract::storage_spec_test
