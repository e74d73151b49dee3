// A column of texts that is an element of a list: those beside it are read all the same.
#include <gmock/gmock.h>

#include <cstring>
#include <filesystem>

#include "worker/data/store.h"
#include "worker/data/streamed_table.h"
#include "worker/data/table.h"
#include "worker/data/threads.h"

namespace cresset::data::text_in_list_test {
namespace {

constexpr int kRows = 2;  // of a file
constexpr int kWidth = 3;

struct Case {
  std::string end;
  int files;
  int text;  // which element is one
};

int value_of(int row, int element) { return 100 * (element + 1) + row; }

class ATextInAList : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    use_threads(3);
    for (int file = 0; file < GetParam().files; ++file)
      ASSERT_TRUE(store_.write(folder_ + "/" + std::to_string(file) + GetParam().end,
                               GetParam().end == ".npy" ? npy(file) : lines(file)));
  }
  void TearDown() override { std::filesystem::remove_all(folder_.substr(7)); }

  static std::string lines(int file) {
    std::string text;
    for (int row = kRows * file; row < kRows * (file + 1); ++row) {
      text += R"({"y": )" + std::to_string(row % 2) + R"(, "v": [)";
      for (int i = 0; i < kWidth; ++i)
        text += (i > 0 ? ", " : "") + std::to_string(value_of(row, i));
      text += "]}\n";
    }
    return text;
  }
  static std::string npy(int file) {
    const std::string header =
        "{'descr': [('y', '<i4'), ('v', '<i4', (3,))], 'fortran_order': False, 'shape': (2,)}";
    std::string bytes =
        std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(header.size()) + '\0' + header;
    const auto add = [&](int32_t value) {
      bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
    };
    for (int row = kRows * file; row < kRows * (file + 1); ++row) {
      add(row % 2);
      for (int i = 0; i < kWidth; ++i) add(value_of(row, i));
    }
    return bytes;
  }

  TableRequest request() const {
    return {.uri = folder_,
            .label = "y",
            .texts = {"v[" + std::to_string(GetParam().text) + "]"},
            .field = "train"};
  }
  // No text occurs twice, so that the place of each is its row.
  static std::vector<float> wanted() {
    std::vector<float> values;
    for (int row = 0; row < kRows * GetParam().files; ++row)
      for (int i = 0; i < kWidth; ++i)
        values.push_back(static_cast<float>(i == GetParam().text ? row : value_of(row, i)));
    return values;
  }

  const std::string folder_ = "file://" + testing::TempDir() + "text_in_list";
  Store store_{{}, {}};
};

TEST_P(ATextInAList, LeavesThoseBesideItAsTheyAre) {
  const auto table = read_table(store_, request());
  ASSERT_TRUE(table) << table.error().message();
  EXPECT_EQ(table->values, wanted());
}

TEST_P(ATextInAList, LeavesThoseBesideItAsTheyAreWhenStreamed) {
  auto table = StreamedTable::open(store_, request(), 1 << 20).value();
  BadRows bad;
  std::vector<ScannedFile> files;
  for (size_t file = 0; file < table->uris().size(); ++file)
    files.push_back(
        table->scan(file, bad, [](const FileRows&) { return base::Result<void>(); }, {}).value());
  table->set_files(files, 100);
  const Table like{.classes = {.numbers = {0, 1}}};
  EXPECT_EQ(table->read(table->blocks().at(0), like, false).value().values, wanted());
}

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const char* end : {".jsonl", ".npy"})
    for (const int files : {1, 4})
      for (int text = 0; text < kWidth; ++text) all.push_back({end, files, text});
  return all;
}
INSTANTIATE_TEST_SUITE_P(Anywhere, ATextInAList, testing::ValuesIn(cases()));

}  // namespace
}  // namespace cresset::data::text_in_list_test
