#include "worker/data/store.h"

#include <arrow/filesystem/localfs.h>
#include <arrow/io/interfaces.h>
#include <arrow/util/key_value_metadata.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "operator/base/file.h"
#include "worker/data/file_systems.h"
#include "worker/data/gcs_error.h"
#include "worker/data/store_error.h"

namespace cresset::data {

using base::Result;
namespace fs = arrow::fs;

namespace {

constexpr char kManifestName[] = "manifest.json";

bool is_file(const std::string& uri) { return uri.starts_with(worker_contract::kFileScheme); }
bool is_s3(const std::string& uri) { return uri.starts_with(worker_contract::kS3Scheme); }
bool is_gcs(const std::string& uri) { return uri.starts_with(worker_contract::kGcsScheme); }

// The path as the file system takes it, without a slash at the end.
std::string path_of(const std::string& uri) {
  std::string path = uri.substr(uri.find("://") + 3);
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

std::string bucket_of(const std::string& path) { return path.substr(0, path.find('/')); }

// What lies directly below a path, which need not be there.
fs::FileSelector below(const std::string& path) {
  fs::FileSelector selector;
  selector.base_dir = path;
  selector.allow_not_found = true;
  return selector;
}

// What lies directly below `folder`, of all that lies below it: Arrow's own listing of GCS leaves
// out folders that have no object of their own.
std::vector<fs::FileInfo> directly_below(const std::string& folder,
                                         std::vector<fs::FileInfo> infos) {
  std::map<std::pair<std::string, bool>, fs::FileInfo> found;
  for (auto& info : infos) {
    const size_t end = info.path().find('/', folder.size() + 1);
    if (end == folder.size() + 1) continue;  // below a folder without a name
    if (end != std::string::npos)
      info = fs::FileInfo(info.path().substr(0, end), fs::FileType::Directory);
    found.insert({{info.path(), info.IsDirectory()}, info});
  }
  infos.clear();
  for (auto& [key, info] : found) infos.push_back(std::move(info));
  return infos;
}

}  // namespace

std::string join(const std::string& uri, const std::string& name) {
  return uri.ends_with('/') ? uri + name : uri + "/" + name;
}

struct Store::Impl {
  worker_contract::StorageSpec storage;
  Credentials credentials;
  std::mutex mutex;
  FileSystem local;
  FileSystem s3;
  FileSystem gcs;

  base::Error error(const arrow::Status& status, const std::string& doing, const std::string& uri) {
    if (is_gcs(uri)) return gcs_error(status, doing, uri, storage.endpoint, credentials);
    return store_error(status, doing, uri, storage.endpoint);
  }

  // As error(), of what S3 was asked by HEAD. Its answer has no body to say why in, and a key that
  // is wrong looks like a right that is missing: a listing tells.
  base::Error head_error(fs::FileSystem& system, const arrow::Status& status,
                         const std::string& doing, const std::string& uri) {
    const auto plain = error(status, doing, uri);
    if (!is_s3(uri) || !base::is_forbidden(plain)) return plain;
    const auto listed = system.GetFileInfo(below(path_of(uri)));
    if (listed.ok()) return plain;
    const auto told = error(listed.status(), doing, uri);
    return base::is_unauthorized(told) ? told : plain;
  }

  Result<FileSystem> kept(FileSystem& system, arrow::Result<FileSystem> made,
                          const std::string& uri) {
    if (!made.ok()) return base::fail(error(made.status(), "preparing", uri));
    system = std::move(*made);
    return system;
  }

  Result<FileSystem> open_gcs(const std::string& uri) {
    if (credentials.google_key && !storage.endpoint.starts_with("http://")) {
      const auto known = check_google_key(*credentials.google_key);
      if (!known) return base::fail(known.error().with_context("preparing " + uri));
    }
    return kept(gcs, gcs_file_system(storage, credentials), uri);
  }

  Result<FileSystem> system(const std::string& uri) {
    std::lock_guard lock(mutex);
    if (is_s3(uri)) return s3 ? s3 : kept(s3, s3_file_system(storage, credentials), uri);
    if (is_gcs(uri)) return gcs ? gcs : open_gcs(uri);
    if (!is_file(uri))
      return base::fail(
          base::invalid(uri + ": allowed are file:///path, s3://bucket/key and gs://bucket/key"));
    if (!local) local = std::make_shared<fs::LocalFileSystem>();
    return local;
  }

  Result<fs::FileInfo> look_for(const std::string& uri) {
    CRESSET_TRY(where, system(uri));
    const auto info = where->GetFileInfo(path_of(uri));
    if (!info.ok()) return base::fail(head_error(*where, info.status(), "looking for", uri));
    return *info;
  }

  // What lies below, by the path.
  Result<std::vector<fs::FileInfo>> list(const std::string& uri, bool recursive) {
    CRESSET_TRY(where, system(uri));
    auto selector = below(path_of(uri));
    selector.recursive = recursive || is_gcs(uri);
    auto infos = where->GetFileInfo(selector);
    if (!infos.ok()) return base::fail(error(infos.status(), "listing", uri));
    if (selector.recursive && !recursive)
      infos = directly_below(selector.base_dir, std::move(*infos));
    if (infos->empty())
      if (const auto wrong = bucket_error(*where, "listing", uri);
          wrong && base::is_not_found(*wrong))
        return base::fail(*wrong);
    std::sort(infos->begin(), infos->end(),
              [](const auto& a, const auto& b) { return a.path() < b.path(); });
    return std::move(*infos);
  }

  // What is wrong with the bucket of `uri`, if anything. VersityGW answers a HEAD with 404 to keys
  // that it does not know: a listing then tells.
  std::optional<base::Error> bucket_error(fs::FileSystem& system, const std::string& doing,
                                          const std::string& uri) {
    if (is_gcs(uri)) return gcs_bucket_error(system, doing, uri);
    if (is_file(uri)) return std::nullopt;
    const std::string path = path_of(uri), bucket = bucket_of(path);
    const auto info = system.GetFileInfo(bucket);
    if (!info.ok()) return head_error(system, info.status(), doing, uri);
    if (info->type() != fs::FileType::NotFound) return std::nullopt;
    const auto listed = system.GetFileInfo(below(path));
    if (!listed.ok()) return error(listed.status(), doing, uri);
    return missing_bucket(doing, uri);
  }

  // By listing alone: who may read and list objects need not be allowed to look at their bucket.
  std::optional<base::Error> gcs_bucket_error(fs::FileSystem& system, const std::string& doing,
                                              const std::string& uri) {
    auto selector = below(path_of(uri));
    selector.allow_not_found = false;
    const auto status = system.GetFileInfo(selector).status();
    if (status.ok() || !is_answer_of_google(status)) return std::nullopt;
    const auto told = error(status, doing, uri);
    return base::is_not_found(told) ? missing_bucket(doing, uri) : told;
  }

  // What GCS unpacks on the way, which is gzip alone, has another size than it tells.
  Result<void> check_encoding(arrow::io::RandomAccessFile& file, const std::string& uri) {
    const auto metadata = file.ReadMetadata();
    if (!metadata.ok()) return base::fail(error(metadata.status(), "reading", uri));
    const std::string caches = (*metadata)->Get("Cache-Control").ValueOr("");
    if ((*metadata)->Get("Content-Encoding").ValueOr("") != "gzip" ||
        caches.find("no-transform") != std::string::npos)
      return {};
    return base::fail(base::invalid(
        "reading " + uri +
        ": its Content-Encoding is \"gzip\", so that Google Cloud Storage unpacks it on the way; "
        "allowed is none: clear it (gcloud storage objects update --clear-content-encoding), and "
        "let the name of what is packed end in .gz"));
  }

  // What is not there any more is removed: a request that is sent again finds its own work, and
  // GCS knows no folders.
  Result<void> removed(const arrow::Status& status, const std::string& uri) {
    if (status.ok()) return {};
    const auto told = error(status, "removing", uri);
    if (base::is_not_found(told)) return {};
    return base::fail(told);
  }

  base::Error missing_bucket(const std::string& doing, const std::string& uri) {
    const std::string at =
        storage.endpoint.empty() ? "the provider's default endpoint" : storage.endpoint;
    return base::not_found(doing + " " + uri + ": the bucket \"" + bucket_of(path_of(uri)) +
                           "\" does not exist at " + at + "; check its name");
  }
};

Store::Store(worker_contract::StorageSpec storage, Credentials credentials)
    : impl_(std::make_unique<Impl>()) {
  impl_->storage = std::move(storage);
  impl_->credentials = std::move(credentials);
}

Store::~Store() = default;

Result<std::shared_ptr<arrow::io::RandomAccessFile>> Store::open(const std::string& uri) {
  CRESSET_TRY(system, impl_->system(uri));
  auto file = system->OpenInputFile(path_of(uri));
  if (file.ok()) {
    if (is_gcs(uri)) CRESSET_CHECK(impl_->check_encoding(**file, uri));
    return *file;
  }
  const auto error = impl_->head_error(*system, file.status(), "reading", uri);
  if (!base::is_not_found(error)) return base::fail(error);
  return base::fail(impl_->bucket_error(*system, "reading", uri).value_or(error));
}

Result<std::string> Store::read(const std::string& uri, size_t max_bytes,
                                const std::function<bool(size_t)>& room) {
  CRESSET_TRY(file, open(uri));
  const auto size = file->GetSize();
  if (!size.ok()) return base::fail(impl_->error(size.status(), "reading", uri));
  if (static_cast<size_t>(*size) > max_bytes)
    return base::fail(base::too_large(uri + " has " + std::to_string(*size) +
                                      " bytes, allowed are " + std::to_string(max_bytes)));
  if (room && !room(static_cast<size_t>(*size)))
    return base::fail(base::cancelled("reading " + uri + ": nobody wants it any more"));
  std::string bytes(static_cast<size_t>(*size), '\0');
  CRESSET_CHECK(read_range(*file, uri, 0, bytes));
  return bytes;
}

Result<void> Store::read_range(arrow::io::RandomAccessFile& file, const std::string& uri,
                               int64_t at, std::span<char> out) {
  if (out.empty()) return {};  // GCS knows no range without a byte
  const auto asked = static_cast<int64_t>(out.size());
  const auto got = file.ReadAt(at, asked, out.data());
  if (got.ok() && *got == asked) return {};
  if (got.ok())
    return base::fail(base::unavailable("reading " + uri + ": it has " +
                                        std::to_string(file.GetSize().ValueOr(at + asked)) +
                                        " bytes, of which " + std::to_string(at + *got) + " came"));
  const auto error = impl_->error(got.status(), "reading", uri);
  if (!base::is_not_found(error)) return base::fail(error);
  return base::fail(base::unavailable("reading " + uri + ": it changed while it was read"));
}

Result<void> Store::write(const std::string& uri, std::string_view bytes) {
  CRESSET_TRY(system, impl_->system(uri));
  const std::string path = path_of(uri);
  if (is_file(uri)) {
    std::error_code error;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
    if (error)
      return base::fail(base::forbidden("writing " + uri + ": " + error.message() +
                                        "; check that the folder may be written"));
    auto written = base::write_file_atomically(path, std::string(bytes));
    if (!written) return base::fail(written.error().with_context("writing " + uri));
    return {};
  }
  auto stream = system->OpenOutputStream(path);
  arrow::Status status = stream.status();
  if (status.ok()) status = (*stream)->Write(bytes.data(), static_cast<int64_t>(bytes.size()));
  if (status.ok()) status = (*stream)->Close();
  if (status.ok()) return {};
  // What was written is not to be seen. S3 is told so; GCS needs not be, and Abort() tells nobody.
  if (stream.ok()) static_cast<void>((*stream)->Abort());
  const auto error = impl_->error(status, "writing", uri);
  if (!base::is_not_found(error)) return base::fail(error);
  return base::fail(impl_->bucket_error(*system, "writing", uri).value_or(error));
}

Result<std::vector<std::string>> Store::list(const std::string& uri) {
  CRESSET_TRY(found, impl_->list(uri, false));
  std::vector<std::string> names;
  for (const auto& info : found) names.push_back(info.base_name());
  return names;
}

Result<Listing> Store::look_into(const std::string& uri) {
  CRESSET_TRY(found, impl_->list(uri, false));
  Listing listing;
  for (const auto& info : found)
    (info.IsDirectory() ? listing.folders : listing.objects).push_back(info.base_name());
  return listing;
}

Result<std::vector<std::string>> Store::list_tree(const std::string& uri) {
  CRESSET_TRY(found, impl_->list(uri, true));
  std::vector<std::string> uris;
  for (const auto& info : found)
    if (info.IsFile()) uris.push_back(uri.substr(0, uri.find("://") + 3) + info.path());
  return uris;
}

Result<bool> Store::exists(const std::string& uri) {
  CRESSET_TRY(info, impl_->look_for(uri));
  return info.type() != fs::FileType::NotFound;
}

Result<bool> Store::is_folder(const std::string& uri) {
  CRESSET_TRY(info, impl_->look_for(uri));
  return info.IsDirectory();
}

Result<void> Store::remove_tree(const std::string& uri) {
  CRESSET_TRY(system, impl_->system(uri));
  fs::FileSelector selector = below(path_of(uri));
  selector.recursive = true;
  auto infos = system->GetFileInfo(selector);
  if (!infos.ok()) return base::fail(impl_->error(infos.status(), "removing", uri));
  // Manifests first: what is half removed must not look complete.
  std::stable_partition(infos->begin(), infos->end(),
                        [](const auto& info) { return info.base_name() == kManifestName; });
  for (const auto& info : *infos) {
    if (!info.IsFile()) continue;
    CRESSET_CHECK(impl_->removed(system->DeleteFile(info.path()), uri));
  }
  if (infos->empty()) return {};
  if (is_gcs(uri)) {  // where an object may have the folder's name, which is not to be removed
    CRESSET_TRY(own, impl_->look_for(uri));
    if (own.IsFile()) return {};
  }
  return impl_->removed(system->DeleteDir(selector.base_dir), uri);
}

}  // namespace cresset::data
