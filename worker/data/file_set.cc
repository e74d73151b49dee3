#include "worker/data/file_set.h"

#include <algorithm>

#include "operator/base/digest.h"
#include "worker/data/core/glob.h"
#include "worker/data/store.h"

namespace cresset::data {

using base::Result;

namespace {

constexpr size_t kMostFiles = 1 << 22;

// Whether any part of a path says that it is no data.
bool is_set_aside(const std::string& path) {
  const std::string parts = "/" + path;
  return parts.find("/.") != std::string::npos || parts.find("/_") != std::string::npos;
}

Result<std::vector<std::string>> files_of_folder(Store& store, const std::string& uri) {
  CRESSET_TRY(all, store.list_tree(uri));
  const size_t base = join(uri, "").size();
  std::vector<std::string> uris;
  for (auto& file : all)
    if (!is_set_aside(file.substr(base))) uris.push_back(std::move(file));
  if (!uris.empty()) return uris;
  return base::fail(
      base::not_found(uri + " is a folder without files" +
                      (all.empty() ? "" : " but those whose names begin with . or _")));
}

// What fits the part of a glob up to its next slash, in each of `folders`.
Result<std::vector<std::string>> matching(Store& store, const std::vector<std::string>& folders,
                                          const std::string& part, bool last) {
  std::vector<std::string> uris;
  for (const auto& folder : folders) {
    if (!last && part.find('*') == std::string::npos) {
      uris.push_back(join(folder, part));
      continue;
    }
    CRESSET_TRY(listing, store.look_into(folder));
    for (const auto& name : last ? listing.objects : listing.folders)
      if (glob_matches(part, name) && (!is_set_aside(name) || is_set_aside(part)))
        uris.push_back(join(folder, name));
  }
  return uris;
}

Result<std::vector<std::string>> files_of_glob(Store& store, const std::string& uri) {
  size_t at = uri.rfind('/', uri.find('*'));
  std::vector<std::string> uris{uri.substr(0, at)};
  while (at != std::string::npos) {
    const size_t next = uri.find('/', at + 1);
    CRESSET_TRY(
        found, matching(store, uris, uri.substr(at + 1, next - at - 1), next == std::string::npos));
    uris = std::move(found);
    at = next;
  }
  if (uris.empty()) return base::fail(base::not_found(uri + " matches no file; check the path"));
  std::sort(uris.begin(), uris.end());
  return uris;
}

Result<std::vector<std::string>> find_all(Store& store, const std::string& uri) {
  if (uri.find('*') != std::string::npos) return files_of_glob(store, uri);
  if (uri.ends_with('/')) return files_of_folder(store, uri);
  const auto folder = store.is_folder(uri);  // what is wrong with it, who reads it is told better
  if (folder && *folder) return files_of_folder(store, uri);
  return std::vector<std::string>{uri};
}

// How much of all URIs is the same, up to a slash.
size_t common_folder(const std::vector<std::string>& uris) {
  const auto& first = uris.front();
  const auto& last = uris.back();
  const auto differ = std::mismatch(first.begin(), first.end(), last.begin(), last.end()).first;
  return first.rfind('/', static_cast<size_t>(differ - first.begin())) + 1;
}

}  // namespace

Result<std::vector<std::string>> find_files(Store& store, const std::string& uri) {
  CRESSET_TRY(uris, find_all(store, uri));
  if (uris.size() > kMostFiles)
    return base::fail(base::too_large(uri + " is " + std::to_string(uris.size()) +
                                      " files, allowed are " + std::to_string(kMostFiles)));
  return uris;
}

std::string digest_of_set(const std::vector<std::string>& uris,
                          const std::vector<std::string>& digests) {
  if (uris.size() == 1) return digests.front();
  const size_t base = common_folder(uris);
  base::Sha256 whole;
  for (size_t i = 0; i < uris.size(); ++i)
    whole.update(digests[i].substr(digests[i].find(':') + 1) + "  " + uris[i].substr(base) + "\n");
  return "sha256:" + whole.hex();
}

}  // namespace cresset::data
