#include "worker/data/arrow_table.h"

#include <arrow/api.h>
#include <arrow/csv/api.h>
#include <arrow/io/memory.h>
#include <parquet/arrow/reader.h>
#include <parquet/exception.h>

#include <algorithm>
#include <set>

namespace cresset::data {

using base::Result;
using ArrowTable = std::shared_ptr<arrow::Table>;

namespace {

base::Error broken(const std::string& uri, const std::string& kind, const std::string& why) {
  return base::invalid(uri + " is not readable as " + kind + ": " + why.substr(0, 400));
}

std::vector<std::string> names_of(const arrow::Schema& schema) { return schema.field_names(); }

Result<void> check_names(const std::string& uri, const std::vector<std::string>& names) {
  std::set<std::string> seen;
  for (const auto& name : names)
    if (!seen.insert(name).second)
      return base::fail(base::invalid(uri + ": two columns are named \"" + name + "\""));
  return {};
}

Result<ArrowTable> read_parquet(const std::string& uri, std::shared_ptr<arrow::Buffer> buffer,
                                const ChooseColumns& choose) {
  auto opened = parquet::arrow::OpenFile(std::make_shared<arrow::io::BufferReader>(buffer),
                                         arrow::default_memory_pool());
  if (!opened.ok()) return base::fail(broken(uri, "Parquet", opened.status().message()));
  std::shared_ptr<arrow::Schema> schema;
  if (auto status = (*opened)->GetSchema(&schema); !status.ok())
    return base::fail(broken(uri, "Parquet", status.message()));
  const auto names = names_of(*schema);
  CRESSET_CHECK(check_names(uri, names));
  CRESSET_TRY(chosen, choose(names));
  std::vector<int> leaves;  // indices of flat columns; a nested column is refused by its type later
  const auto* parquet_schema = (*opened)->parquet_reader()->metadata()->schema();
  for (int i = 0; i < parquet_schema->num_columns(); ++i) {
    const std::string root = parquet_schema->GetColumnRoot(i)->name();
    if (std::find(chosen.begin(), chosen.end(), root) != chosen.end()) leaves.push_back(i);
  }
  auto table = (*opened)->ReadTable(leaves);
  if (!table.ok()) return base::fail(broken(uri, "Parquet", table.status().message()));
  return *table;
}

Result<ArrowTable> read_csv(const std::string& uri, std::shared_ptr<arrow::Buffer> buffer,
                            const ChooseColumns& choose) {
  auto reader = arrow::csv::TableReader::Make(
      arrow::io::default_io_context(), std::make_shared<arrow::io::BufferReader>(buffer),
      arrow::csv::ReadOptions::Defaults(), arrow::csv::ParseOptions::Defaults(),
      arrow::csv::ConvertOptions::Defaults());
  if (!reader.ok()) return base::fail(broken(uri, "CSV", reader.status().message()));
  auto table = (*reader)->Read();
  if (!table.ok()) return base::fail(broken(uri, "CSV", table.status().message()));
  const auto names = names_of(*(*table)->schema());
  CRESSET_CHECK(check_names(uri, names));
  CRESSET_CHECK(choose(names));
  return *table;
}

}  // namespace

Result<ArrowTable> read_arrow_table(const std::string& uri, const std::string& bytes,
                                    const ChooseColumns& choose) {
  auto buffer = std::make_shared<arrow::Buffer>(bytes);
  if (bytes.empty()) return base::fail(base::invalid(uri + " is empty"));
  try {
    if (uri.ends_with(".parquet")) return read_parquet(uri, buffer, choose);
    if (uri.ends_with(".csv")) return read_csv(uri, buffer, choose);
  } catch (const std::exception& error) {
    return base::fail(broken(uri, "a table", error.what()));
  }
  return base::fail(base::invalid(uri + ": allowed are names that end in .parquet or .csv"));
}

}  // namespace cresset::data
