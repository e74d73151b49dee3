#include "operator/kube/client/exec_answer.h"

#include <gtest/gtest.h>

#include "operator/base/json.h"

namespace cresset::kube::exec_answer_test {
namespace {

using base::Json;

const std::string kVersion = "client.authentication.k8s.io/v1";
const std::string kPem = "-----BEGIN X-----\nMII=\n-----END X-----\n";

std::string answer(const Json& status) {
  return Json{{"kind", "ExecCredential"}, {"apiVersion", kVersion}, {"status", status}}.dump();
}

std::string error_of(const std::string& printed) {
  const auto read = parse_exec_answer(printed, kVersion);
  return read ? "no error" : read.error().message();
}

std::string ends(const std::string& time) {
  const auto read =
      parse_exec_answer(answer({{"token", "t"}, {"expirationTimestamp", time}}), kVersion);
  return read ? base::format_time(*read->expires) : read.error().message();
}

TEST(ExecAnswer, GivesATokenOrACertificateOrBoth) {
  const auto token = parse_exec_answer(answer({{"token", "t"}, {"more", 1}}), kVersion);
  ASSERT_TRUE(token) << token.error().message();
  EXPECT_EQ(token->credential.token, "t");
  EXPECT_FALSE(token->expires);
  const auto both = parse_exec_answer(
      answer({{"token", "t"}, {"clientCertificateData", kPem}, {"clientKeyData", kPem}}), kVersion);
  ASSERT_TRUE(both) << both.error().message();
  EXPECT_EQ(both->credential.certificate_pem, kPem);
  EXPECT_EQ(both->credential.key_pem, kPem);
}

TEST(ExecAnswer, MayBeYaml) {
  const auto read = parse_exec_answer("kind: ExecCredential\napiVersion: " + kVersion +
                                          "\nstatus:\n  token: '123'\n  expirationTimestamp: "
                                          "2026-01-01T00:00:00Z\n",
                                      kVersion);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->credential.token, "123");
  EXPECT_TRUE(read->expires);
}

TEST(ExecAnswer, EndsAtATimeInAnyZone) {
  EXPECT_EQ(ends("2026-01-01T12:00:00Z"), "2026-01-01T12:00:00Z");
  EXPECT_EQ(ends("2026-01-01T12:00:00.123456789Z"), "2026-01-01T12:00:00Z");
  EXPECT_EQ(ends("2026-01-01T12:00:00+02:30"), "2026-01-01T09:30:00Z");
  EXPECT_EQ(ends("2026-01-01T12:00:00.5-01:00"), "2026-01-01T13:00:00Z");
  const std::string wrong = "status.expirationTimestamp must be a time like 2026-01-01T00:00:00Z";
  for (const auto* text : {"soon", "2026-01-01", "2026-01-01T12:00:00+2:00",
                           "2026-01-01T12:00:00+25:00", "2026-01-01T12:00:00+0a:00"})
    EXPECT_EQ(ends(text), wrong) << text;
}

TEST(ExecAnswer, EveryWrongFieldIsNamed) {
  const std::pair<std::string, std::string> rows[] = {
      {"[1]", "its answer must be an object, found array"},
      {"", "its answer must be an object, found null"},
      {"{\"a\": [", "its answer is neither JSON nor YAML (line 1)"},
      {"{}", "kind must be ExecCredential, found \"\""},
      {R"({"kind": "ExecCredential", "apiVersion": "v1"})",
       "apiVersion must be " + kVersion + " as in the kubeconfig, found \"v1\""},
      {answer(nullptr), "status must be an object"},
      {answer(Json::object()),
       "status holds neither token nor clientCertificateData and clientKeyData"},
      {answer({{"token", 7}}), "status.token must be a string, found integer"},
      {answer({{"token", "a\nb"}}), "status.token holds a line break or another control character"},
      {answer({{"clientKeyData", kPem}}),
       "status.clientCertificateData is missing; certificate and key come together"},
      {answer({{"token", "t"}, {"clientCertificateData", kPem}}),
       "status.clientKeyData is missing; certificate and key come together"},
      {answer({{"clientCertificateData", "MII="}, {"clientKeyData", kPem}}),
       "status.clientCertificateData must be PEM, from -----BEGIN to -----END"},
  };
  for (const auto& [printed, wanted] : rows) EXPECT_EQ(error_of(printed), wanted) << printed;
}

TEST(ExecAnswer, NeitherNestingNorAliasesExplode) {
  EXPECT_EQ(error_of(std::string(100000, '[')).find("its answer is "), 0U);
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int k = 0; k < 8; ++k) bomb += ", " + before;
    bomb += "]\n";
  }
  EXPECT_EQ(error_of(bomb), "its answer is nested too deep or too large");
  EXPECT_EQ(error_of("a: &a [*a]\n"), "its answer is nested too deep or too large");
}

TEST(ExecAnswer, ErrorsQuoteNothingThatMayBeASecret) {
  for (const std::string& printed :
       {std::string("{\"token\": \"s3cret\""), std::string("s3cret"), std::string("s3cret: ["),
        answer({{"token", "s3cret\n"}}), answer({{"clientKeyData", "s3cret"}}),
        answer({{"token", {{"s3cret", 1}}}}),
        answer({{"token", "t"}, {"expirationTimestamp", "s3cret"}})})
    EXPECT_EQ(error_of(printed).find("s3cret"), std::string::npos) << error_of(printed);
}

}  // namespace
}  // namespace cresset::kube::exec_answer_test
