#include "worker/serve/inference_session.h"

#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <new>

#include "operator/net/client/http_client.h"
#include "tests/unit/worker/serve/core/fakes.h"
#include "tests/unit/worker/serve/served_model.h"
#include "worker/model/card.h"
#include "worker/model/model_directory.h"
#include "worker/model/network.h"
#include "worker/serve/core/replica.h"
#include "worker/serve/torch_runtime.h"

namespace cresset::serve {
namespace {

using testing::floats;
using testing::ServedModel;
using testing::values_of;

std::unique_ptr<InferenceSession> session_of(ServedModel& served, const std::string& uri) {
  auto loaded = model::load_model(served.store(), uri, "");
  EXPECT_TRUE(loaded) << loaded.error().message();
  auto session = InferenceSession::make(std::move(*loaded), "four", version_of(uri), 32);
  EXPECT_TRUE(session) << session.error().message();
  return std::move(*session);
}

std::vector<Tensor> answer(Session& session, const std::vector<float>& values) {
  std::vector<Tensor> inputs;
  inputs.push_back(floats({static_cast<int64_t>(values.size() / 4), 4}, values));
  auto outputs = session.run(std::move(inputs));
  EXPECT_TRUE(outputs) << outputs.error().message();
  return std::move(*outputs);
}

std::vector<float> raw_rows(int rows) {
  std::vector<float> values;
  for (int i = 0; i < rows; ++i)
    for (int c = 1; c <= 4; ++c)
      values.push_back(static_cast<float>(100 * c) +
                       static_cast<float>((i * 7 + c * 3) % 11 - 5) * 5.0f);
  return values;
}

TEST(InferenceSession, SpeaksTheModelsSignature) {
  ServedModel served;
  const auto session = session_of(served, served.uri());
  EXPECT_EQ(session->signature().model, "four");
  EXPECT_EQ(session->signature().version, "7");
  ASSERT_EQ(session->signature().inputs.size(), 1u);
  EXPECT_EQ(session->signature().inputs[0].name, "input");
  EXPECT_EQ(session->signature().inputs[0].shape, (Shape{-1, 4}));
  EXPECT_EQ(session->signature().outputs.size(), 2u);
}

TEST(InferenceSession, OfNumbersAnswersValuesInTheirUnits) {
  ServedModel served, other;
  auto card = served.card();
  card["goal"] = "Regression";
  card["targets"] = {{{"name", "a"}, {"mean", 0}, {"deviation", 1}},
                     {{"name", "b"}, {"mean", 0}, {"deviation", 1}},
                     {{"name", "c"}, {"mean", 0}, {"deviation", 1}}};
  const auto plain = answer(*session_of(served, served.with_card(card)), raw_rows(2));
  card["targets"][1] = {{"name", "b"}, {"mean", 1000}, {"deviation", 10}};
  const auto session = session_of(other, other.with_card(card));
  ASSERT_EQ(session->signature().outputs.size(), 1u);
  EXPECT_EQ(session->signature().outputs[0].name, "value");
  EXPECT_EQ(session->signature().outputs[0].shape, (Shape{-1, 3}));
  const auto scaled = answer(*session, raw_rows(2));
  for (size_t i = 0; i < 6; ++i) {
    const float one = values_of<float>(plain[0])[i];
    EXPECT_NEAR(values_of<float>(scaled[0])[i], i % 3 == 1 ? 1000 + 10 * one : one, 1e-3) << i;
  }
}

// The same network behind other columns: two cities make three of its four values.
base::Json card_of_texts(base::Json card) {
  card["columns"] = {"a", "city"};
  card["preprocessing"] = *base::parse_json(
      R"({"steps": [{"oneHot": {"columns": ["city"], "categories": [["Bern", "Oslo", "Rome"]]}}]})");
  return card;
}

base::Json plain_card(base::Json card) {
  card["preprocessing"] = *base::parse_json(R"({"steps": []})");
  return card;
}

TEST(InferenceSession, OfTextsTakesAnInputForEachColumnOverHttp) {
  ServedModel served, other;
  auto session = session_of(served, served.with_card(card_of_texts(served.card())));
  const auto plain = session_of(other, other.with_card(plain_card(other.card())));
  base::SystemClock clock;
  Replica replica({.model = "four", .address = "127.0.0.1"}, clock, base::silent());
  ASSERT_TRUE(replica.start());
  replica.serve(std::move(session));
  net::HttpClient client;
  const auto infer = [&](const std::string& cities) {
    const auto url = "http://127.0.0.1:" + std::to_string(replica.port());
    return client
        .send(
            {.method = "POST",
             .url = url + "/v2/models/four/infer",
             .body = R"({"inputs": [{"name": "city", "datatype": "BYTES", "shape": [3], "data": )" +
                     cities +
                     R"(}, {"name": "a", "datatype": "FP32", "shape": [3], "data": [1, 2, 3]}]})"})
        .value();
  };
  const auto answered = infer(R"(["Rome", "", "Paris"])");
  ASSERT_EQ(answered.status, 200) << answered.body;
  const auto wanted = values_of<float>(answer(*plain, {1, 0, 0, 1, 2, 0, 0, 0, 3, 0, 0, 0})[0]);
  const auto found = base::parse_json(answered.body).value()["outputs"][0]["data"];
  ASSERT_EQ(found.size(), wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i) EXPECT_NEAR(found[i].get<float>(), wanted[i], 1e-5);
  const auto refused = infer("[1, 2, 3]");
  EXPECT_EQ(refused.status, 400) << refused.body;
  EXPECT_NE(refused.body.find("city"), std::string::npos) << refused.body;
}

TEST(InferenceSession, ATextThatIsNoUtf8IsTheRequestsFault) {
  ServedModel served;
  const auto session = session_of(served, served.with_card(card_of_texts(served.card())));
  std::vector<std::byte> texts;
  append_element(texts, "Z\xfcrich");
  std::vector<Tensor> inputs;
  inputs.push_back(floats({1}, {1}));
  inputs.emplace_back(DataType::kBytes, Shape{1}, std::move(texts));
  const auto answered = session->run(std::move(inputs));
  ASSERT_FALSE(answered);
  EXPECT_TRUE(base::is_invalid(answered.error()));
}

TEST(InferenceSession, ABatchAnswersAsItsRowsAlone) {
  ServedModel served;
  const auto session = session_of(served, served.uri());
  const auto rows = raw_rows(32);
  const auto together = answer(*session, rows);
  const auto all = values_of<float>(together[0]);
  const auto labels = values_of<int64_t>(together[1]);
  for (size_t i = 0; i < 32; ++i) {
    const auto alone = answer(*session, {rows.begin() + static_cast<long>(4 * i),
                                         rows.begin() + static_cast<long>(4 * i + 4)});
    const auto one = values_of<float>(alone[0]);
    for (size_t c = 0; c < 3; ++c) EXPECT_NEAR(all[3 * i + c], one[c], 1e-6);
    EXPECT_EQ(labels[i], values_of<int64_t>(alone[1])[0]);
    EXPECT_EQ(labels[i] % 10, 0) << "labels are the classes' own numbers";
  }
}

TEST(InferenceSession, WithoutTheStoredStatisticsTheAnswersChange) {
  ServedModel served;
  auto card = served.card();
  const auto erased = card.flatten();
  ASSERT_NE(base::dump(card).find("\"mean\":[100"), std::string::npos) << base::dump(card);
  for (const auto& [pointer, value] : erased.items()) {
    if (pointer.find("/mean/") != std::string::npos) card[base::Json::json_pointer(pointer)] = 0.0;
    if (pointer.find("/deviation/") != std::string::npos)
      card[base::Json::json_pointer(pointer)] = 1.0;
  }
  const auto with = session_of(served, served.uri());
  const auto without = session_of(served, served.with_card(card));
  const auto rows = raw_rows(32);
  const auto right = values_of<int64_t>(answer(*with, rows)[1]);
  const auto wrong = values_of<int64_t>(answer(*without, rows)[1]);
  int equal = 0;
  for (size_t i = 0; i < right.size(); ++i) equal += right[i] == wrong[i];
  EXPECT_LT(equal, 28);
}

// Of samples that are tokens, of which 0 fills up: a row of zeros is one of padding alone.
TEST(InferenceSession, OfTokensWarmsUpWhateverIsThePadding) {
  ServedModel served;
  for (const int64_t padding : {0, 1, 2}) {
    model::ModelCard card{.architecture = {.architecture = "transformer",
                                           .width = 8,
                                           .layers = 1,
                                           .heads = 2,
                                           .feed_forward = 8,
                                           .vocabulary_size = 3,
                                           .padding_token = padding}};
    card.preprocessing =
        model::Preprocessing::decode({{"steps", base::Json::array()}}, {"a", "b", "c", "d"})
            .value();
    card.classes = {.integers = true, .numbers = {0, 1}};
    const auto network = model::build_network(card.architecture, {4}, 2, 1).value();
    const std::string uri = "file://" + served.folder() + "/tokens" + std::to_string(padding);
    ASSERT_TRUE(model::write_directory(served.store(), uri,
                                       {{model::kModelFile, base::dump(model::encode(card))},
                                        {model::kWeightsFile, model::save_weights(*network)}}));
    const auto session = session_of(served, uri);
    const auto pad = static_cast<float>(padding), other = static_cast<float>((padding + 1) % 3);
    EXPECT_EQ(values_of<float>(answer(*session, {other, other, pad, pad})[0]).size(), 2U);
    std::vector<Tensor> alone;
    alone.push_back(floats({1, 4}, {pad, pad, pad, pad}));
    const auto refused = session->run(std::move(alone));
    ASSERT_FALSE(refused);
    EXPECT_TRUE(base::is_invalid(refused.error()));
  }
}

// Remembers the rows of its runs; `run_with` may fail or look around.
class CountingModel : public model::Model {
 public:
  using RunWith = std::function<base::Result<int64_t>(int64_t rows)>;  // answers the rows it gives
  CountingModel(std::vector<int64_t>& runs, RunWith run_with)
      : runs_(runs), run_with_(std::move(run_with)) {}
  const model::Signature& signature() const override { return signature_; }
  const std::string& digest() const override { return digest_; }
  const base::Json& card() const override { return card_; }
  void move_to(const c10::Device&) override {}
  base::Result<std::vector<model::HostTensor>> run(
      const std::vector<model::HostTensor>& inputs) const override {
    const int64_t rows = inputs.front().shape.front();
    runs_.push_back(rows);
    CRESSET_TRY(given, run_with_(rows));
    return std::vector<model::HostTensor>{{"y",
                                           model::Datatype::kFp32,
                                           {given},
                                           std::vector<std::byte>(4 * static_cast<size_t>(given))}};
  }

 private:
  std::vector<int64_t>& runs_;
  RunWith run_with_;
  const model::Signature signature_{.inputs = {{"x", model::Datatype::kFp32, {-1, 3}}},
                                    .outputs = {{"y", model::Datatype::kFp32, {-1}}}};
  const std::string digest_ = "sha256:0";
  const base::Json card_;
};

TEST(InferenceSession, WarmsUpWithOneRowAFullBatchAndOneRowBeforeTheReplicaIsReady) {
  base::SystemClock clock;
  Replica replica({.model = "m", .address = "127.0.0.1"}, clock, base::silent());
  ASSERT_TRUE(replica.start());
  net::HttpClient client;
  const auto ready = [&] {
    const auto url = "http://127.0.0.1:" + std::to_string(replica.port()) + "/v2/health/ready";
    const auto answer = client.send({.url = url});
    return answer ? answer->status : 0;
  };
  std::vector<int64_t> runs;
  std::vector<int> statuses;
  auto session = InferenceSession::make(
      std::make_unique<CountingModel>(runs,
                                      [&](int64_t rows) -> base::Result<int64_t> {
                                        statuses.push_back(ready());
                                        return rows;
                                      }),
      "m", "1", 32);
  ASSERT_TRUE(session) << session.error().message();
  EXPECT_EQ(runs, (std::vector<int64_t>{1, 32, 1}));
  EXPECT_EQ(statuses, (std::vector{503, 503, 503}));
  replica.serve(std::move(*session));
  EXPECT_EQ(ready(), 200);
}

TEST(InferenceSession, AModelThatFailsInItsWarmUpGivesNoSessionAndSaysWithHowManyRows) {
  std::vector<int64_t> runs;
  const auto made = [&runs](CountingModel::RunWith run_with) {
    return InferenceSession::make(std::make_unique<CountingModel>(runs, std::move(run_with)), "m",
                                  "1", 32);
  };
  const auto full = made([](int64_t rows) -> base::Result<int64_t> {
    if (rows > 8) return base::fail(base::internal("no memory"));
    return rows;
  });
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().message(), "warm-up with 32 rows: no memory");
  const auto sums = made([](int64_t) -> base::Result<int64_t> { return 1; });
  ASSERT_FALSE(sums);
  EXPECT_EQ(sums.error().message(), "warm-up with 32 rows: the model gave 1 rows for 32");
  const auto none = made([](int64_t) -> base::Result<int64_t> { return 0; });
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().message(), "warm-up with 1 rows: the model gave 0 rows for 1");
}

TEST(TorchRuntime, AnExceptionOfLibtorchIsToldAsWhatMayBeDoneAboutIt) {
  EXPECT_EQ(error_of(std::bad_alloc()),
            base::invalid("out of memory: raise spec.resources.limits.memory"));
  const c10::OutOfMemoryError full({"f", "f.cc", 1}, "CUDA out of memory. Tried to allocate 2 GiB");
  EXPECT_EQ(error_of(full),
            base::invalid("out of memory of the GPU: take a larger one: CUDA out of memory. Tried "
                          "to allocate 2 GiB"));
  EXPECT_EQ(error_of(std::runtime_error("CUDA error: unknown")),
            base::unavailable("CUDA error: unknown"));
}

TEST(InferenceSession, AlteredWeightsAreRefusedWithFileAndBothDigests) {
  ServedModel served;
  {
    std::fstream weights(served.file(model::kWeightsFile),
                         std::ios::in | std::ios::out | std::ios::binary);
    weights.seekp(-1, std::ios::end);
    weights.put('\x55');
  }
  const auto loaded = model::load_model(served.store(), served.uri(), served.digest());
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().message().find("weights.safetensors"), std::string::npos)
      << loaded.error().message();
  EXPECT_NE(loaded.error().message().find("sha256"), std::string::npos) << loaded.error().message();
}

TEST(InferenceSession, TruncatedWeightsAndAnotherDigestAreRefused) {
  ServedModel served;
  const std::string other = "sha256:" + std::string(64, '0');
  const auto another = model::load_model(served.store(), served.uri(), other);
  ASSERT_FALSE(another);
  EXPECT_NE(another.error().message().find(other), std::string::npos) << another.error().message();
  EXPECT_NE(another.error().message().find(served.digest()), std::string::npos)
      << another.error().message();
  std::filesystem::resize_file(served.file(model::kWeightsFile), 100);
  const auto cut = model::load_model(served.store(), served.uri(), served.digest());
  ASSERT_FALSE(cut);
  EXPECT_NE(cut.error().message().find("weights.safetensors"), std::string::npos)
      << cut.error().message();
}

TEST(InferenceSession, TheVersionIsTheNumberAtTheEndOfTheUri) {
  EXPECT_EQ(version_of("s3://models/digits/12"), "12");
  EXPECT_EQ(version_of("s3://models/digits/12/"), "12");
  EXPECT_EQ(version_of("s3://models/digits"), "1");
  EXPECT_EQ(version_of(""), "1");
}

}  // namespace
}  // namespace cresset::serve
