// WordPiece against Hugging Face's tokenizers, by the table that tests/bench/references/tokens.py
// printed.
#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>

#include "operator/base/json.h"
#include "worker/text/word_piece.h"

namespace cresset::text {
namespace tokens_reference_test {

using base::Json;

Json reference() {
  const char* root = std::getenv("CRESSET_SOURCE_DIR");
  std::ifstream file(std::string(root == nullptr ? "." : root) +
                     "/tests/bench/references/tokens.json");
  return base::parse_json(std::string(std::istreambuf_iterator<char>(file), {})).value();
}

TEST(TokensReference, AwkwardTextsHaveTheIdsOfHuggingFacesTokenizers) {
  const Json table = reference();
  const auto texts = table["texts"].get<std::vector<std::string>>();
  ASSERT_GT(texts.size(), 200);
  ASSERT_FALSE(table["cases"].empty());
  for (const auto& row : table["cases"]) {
    const auto pieces = WordPiece::make(table["vocabulary"].get<std::vector<std::string>>(),
                                        row["lowercase"].get<bool>())
                            .value();
    for (size_t i = 0; i < texts.size(); ++i) {
      const auto ours = pieces->encode(texts[i], row["maxLength"].get<size_t>());
      EXPECT_EQ(ours.ids, row["ids"][i].get<std::vector<int32_t>>()) << base::dump(texts[i]);
      EXPECT_EQ(ours.cut, row["cut"][i].get<bool>()) << base::dump(texts[i]);
    }
  }
}

}  // namespace tokens_reference_test
}  // namespace cresset::text
