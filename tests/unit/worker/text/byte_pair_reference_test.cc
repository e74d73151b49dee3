// Byte-level BPE against Hugging Face's tokenizers, by the table that
// tests/bench/references/byte_pairs.py printed.
#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>

#include "worker/text/byte_pair_files.h"

namespace cresset::text {
namespace byte_pair_reference_test {

using base::Json;

TEST(BytePairReference, AwkwardTextsHaveTheIdsOfHuggingFacesTokenizers) {
  const char* root = std::getenv("CRESSET_SOURCE_DIR");
  std::ifstream file(std::string(root == nullptr ? "." : root) +
                     "/tests/bench/references/byte_pairs.json");
  const Json table =
      base::parse_json(std::string(std::istreambuf_iterator<char>(file), {})).value();
  const auto pairs =
      BytePair::make(read_byte_pairs(base::dump(table["tokenizer"]), std::nullopt).value()).value();
  const auto texts = table["texts"].get<std::vector<std::string>>();
  ASSERT_GT(texts.size(), 250);
  for (size_t i = 0; i < texts.size(); ++i)
    EXPECT_EQ(pairs->encode(texts[i], 10000).ids, table["ids"][i].get<std::vector<int32_t>>())
        << base::dump(texts[i]);
}

}  // namespace byte_pair_reference_test
}  // namespace cresset::text
