#include "worker/model/model_directory.h"

#include <algorithm>
#include <optional>

#include "operator/base/digest.h"
#include "worker/data/store.h"

namespace cresset::model {

using base::Json;
using base::Result;
using data::join;

namespace {

constexpr char kPrefix[] = "sha256:";
constexpr size_t kMaxManifest = 1 << 20;
constexpr size_t kMaxFiles = 4096;

std::string digest_of(const std::string& bytes) { return kPrefix + base::sha256(bytes); }

Json manifest_of(const Files& files) {
  Json entries = Json::object();
  for (const auto& [name, bytes] : files)
    entries[name] = {{"bytes", bytes.size()}, {"sha256", base::sha256(bytes)}};
  return {{"version", 1}, {"files", std::move(entries)}};
}

struct Entry {
  std::string name;
  size_t bytes = 0;
  std::string sha256;
};

Result<std::vector<Entry>> read_manifest(const std::string& text, const std::string& where) {
  auto json = base::parse_json(text, {.max_bytes = kMaxManifest, .max_depth = 8});
  if (!json) return base::fail(json.error().with_context(where));
  base::Reader reader(*json, where);
  reader.require("version").integer("version", {1, 1});
  const Json* files = reader.require("files").object("files");
  CRESSET_CHECK(reader.finish_lenient());
  std::vector<Entry> entries;
  for (const auto& [name, entry] : files->items()) {
    base::Reader inner(entry, where + ": files." + name);
    Entry read{.name = name};
    read.bytes = static_cast<size_t>(inner.require("bytes")
                                         .integer("bytes", {0, static_cast<int64_t>(kMaxFileBytes)})
                                         .value_or(0));
    read.sha256 = inner.require("sha256").text("sha256", 64).value_or("");
    CRESSET_CHECK(inner.finish_lenient());
    const bool plain =
        !name.empty() && name.find_first_of("/\\") == std::string::npos && name[0] != '.';
    if (!plain || entries.size() >= kMaxFiles)
      return base::fail(
          base::invalid(where + ": \"" + name + "\" is no plain file name, or there are too many"));
    entries.push_back(std::move(read));
  }
  return entries;
}

Result<std::string> read_file(data::Store& store, const std::string& uri, const Entry& entry) {
  const std::string at = join(uri, entry.name);
  auto bytes = store.read(at, kMaxFileBytes);
  if (!bytes && base::is_not_found(bytes.error()))
    return base::fail(base::invalid(at + " is named by the manifest but does not exist"));
  if (!bytes) return bytes;
  if (bytes->size() != entry.bytes)
    return base::fail(base::invalid(at + " has " + std::to_string(bytes->size()) +
                                    " bytes, its manifest says " + std::to_string(entry.bytes) +
                                    ": it was truncated or altered"));
  const std::string found = base::sha256(*bytes);
  if (found != entry.sha256)
    return base::fail(base::invalid(at + " has the digest sha256:" + found +
                                    ", its manifest says sha256:" + entry.sha256 +
                                    ": it was altered"));
  return bytes;
}

}  // namespace

Result<std::string> write_directory(data::Store& store, const std::string& uri,
                                    const Files& files) {
  for (const auto& [name, bytes] : files) CRESSET_CHECK(store.write(join(uri, name), bytes));
  const std::string manifest = manifest_of(files).dump(1) + "\n";
  CRESSET_CHECK(store.write(join(uri, kManifestFile), manifest));
  return digest_of(manifest);
}

Result<Directory> read_directory(data::Store& store, const std::string& uri,
                                 const std::string& expected_digest) {
  const std::string at = join(uri, kManifestFile);
  CRESSET_TRY(text, store.read(at, kMaxManifest));
  Directory directory{.files = {}, .digest = digest_of(text)};
  if (!expected_digest.empty() && directory.digest != expected_digest)
    return base::fail(base::invalid(at + " has the digest " + directory.digest + ", wanted is " +
                                    expected_digest + ": the model was changed"));
  CRESSET_TRY(entries, read_manifest(text, at));
  for (const auto& entry : entries) {
    CRESSET_TRY(bytes, read_file(store, uri, entry));
    directory.files.emplace(entry.name, std::move(bytes));
  }
  return directory;
}

Result<std::string> take_file(Directory& directory, const std::string& name,
                              const std::string& uri) {
  const auto found = directory.files.find(name);
  if (found == directory.files.end())
    return base::fail(base::invalid(uri + ": the manifest names no " + name));
  return std::move(found->second);
}

namespace {

std::optional<int64_t> number_of(const std::string& name) {
  const bool digits = !name.empty() && name.size() < 16 && name[0] != '0' &&
                      name.find_first_not_of("0123456789") == std::string::npos;
  return digits ? std::optional<int64_t>(std::stoll(name)) : std::nullopt;
}

// The digest of a complete model there that this very job wrote.
std::optional<std::string> written_by(data::Store& store, const std::string& uri,
                                      const std::string& uid) {
  if (uid.empty()) return std::nullopt;
  const auto directory = read_directory(store, uri);
  if (!directory || !directory->files.contains(kModelFile)) return std::nullopt;
  const auto card =
      base::parse_json(directory->files.at(kModelFile), {.max_bytes = size_t{64} << 20});
  if (!card || base::text_at(*card, "/job/uid") != uid) return std::nullopt;
  return directory->digest;
}

}  // namespace

Result<WrittenModel> write_next_model(data::Store& store, const std::string& output,
                                      const std::string& job_uid, const Files& files) {
  CRESSET_TRY(names, store.list(output));
  int64_t highest = 0;
  for (const auto& name : names) highest = std::max(highest, number_of(name).value_or(0));
  if (highest > 0) {
    const std::string last = join(output, std::to_string(highest));
    if (auto digest = written_by(store, last, job_uid)) return WrittenModel{last, *digest};
  }
  const std::string uri = join(output, std::to_string(highest + 1));
  CRESSET_TRY(digest, write_directory(store, uri, files));
  return WrittenModel{uri, digest};
}

}  // namespace cresset::model
