#include "worker/model/script_file.h"

#include <caffe2/serialize/inline_container.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <sstream>

#include "worker/data/core/zip.h"
#include "worker/model/networks/script_module.h"
#include "worker/model/script_code.h"
#include "worker/model/tensors.h"

namespace cresset::model {

using base::Result;

namespace {

using Entries = std::vector<std::pair<std::string, std::string>>;

constexpr size_t kMostCode = size_t{256} << 20;  // unpacked; tensors are not packed
constexpr std::string_view kZip = "PK\3\4", kFlatBuffer = "PTMF";
constexpr size_t kAtFlatBuffer = 4;
constexpr char kHow[] = "; torch.jit.script(module).save(\"net.pt\") writes one";

base::Failure no_module(const std::string& why) {
  return base::fail(base::invalid("no TorchScript module: " + why + kHow));
}

bool is_code(const std::string& inner) {
  return inner.starts_with("code/") && inner.ends_with(".py");
}
// The last is what a traced module was traced with.
bool is_pickle(const std::string& inner) {
  return inner == "data.pkl" || inner == "constants.pkl" || inner == "traced_inputs.pkl";
}

bool is_known(const std::string& inner) {
  static constexpr std::array<std::string_view, 5> kFolders{"data/", "constants/", "traced_inputs/",
                                                            "extra/", "."};
  return is_pickle(inner) || is_code(inner) || inner == "version" || inner == "byteorder" ||
         (inner.starts_with("code/") && inner.ends_with(".py.debug_pkl")) ||
         std::any_of(kFolders.begin(), kFolders.end(),
                     [&](std::string_view folder) { return inner.starts_with(folder); });
}

// Below the one folder of the archive.
std::string inner_of(const std::string& name) { return name.substr(name.find('/') + 1); }

// libtorch asks for names without regard to case, and takes the first that fits.
Result<void> check_names(const Entries& files) {
  std::set<std::string> seen;
  for (const auto& [name, text] : files) {
    const auto folder = name.substr(0, name.find('/') + 1);
    std::string small = name;
    std::transform(small.begin(), small.end(), small.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    if (folder.size() < 2 || !files.front().first.starts_with(folder) || !is_known(inner_of(name)))
      return no_module("its archive has the file " + name + ", which torch.jit does not write");
    if (!seen.insert(small).second)
      return no_module("its archive has the file " + name + " more than once");
  }
  return {};
}

// A zip may be made so that two programs read two things out of it.
Result<void> check_as_libtorch_reads(const std::string& bytes, const Entries& files) {
  const auto differs = no_module("libtorch reads other files out of the archive than minizip");
  try {
    std::istringstream in(bytes);
    caffe2::serialize::PyTorchStreamReader reader(&in);
    if (reader.getAllRecords().size() != files.size()) return differs;
    for (const auto& [name, text] : files) {
      const auto [data, size] = reader.getRecord(inner_of(name));
      if (std::string_view(static_cast<const char*>(data.get()), size) != text) return differs;
    }
  } catch (const std::exception&) {
    return differs;
  }
  return {};
}

// Objects that unpickling makes by methods of their own, in code or in C++; a pickle has a class'
// name on two lines, parted at any dot.
Result<void> check_pickle(const std::string& name, const std::string& text) {
  std::string joined = text;
  std::replace(joined.begin(), joined.end(), '\n', '.');
  for (const char* word : {"__setstate__", "__torch__.torch.classes."})
    if (joined.find(word) != std::string::npos) return base::fail(runs_while_loaded(name, word));
  return {};
}

}  // namespace

Result<void> check_script_file(const std::string& bytes) {
  if (!bytes.starts_with(kZip) ||
      bytes.compare(kAtFlatBuffer, kFlatBuffer.size(), kFlatBuffer) == 0)
    return no_module("its first bytes are not those of a zip archive");
  const auto files = data::unzip(bytes, bytes.size() + kMostCode);
  if (!files) return no_module(files.error().message());
  bool has_object = false, has_constants = false;
  for (const auto& [name, text] : *files) {
    has_object = has_object || inner_of(name) == "data.pkl";
    has_constants = has_constants || inner_of(name) == "constants.pkl";
  }
  if (!has_object || !has_constants)
    return no_module("it is an archive of something else, as torch.save makes of weights");
  CRESSET_CHECK(check_names(*files));
  CRESSET_CHECK(check_as_libtorch_reads(bytes, *files));
  for (const auto& [name, text] : *files) {
    if (is_pickle(inner_of(name))) CRESSET_CHECK(check_pickle(name, text));
    if (is_code(inner_of(name))) CRESSET_CHECK(check_script_code(name, text));
  }
  return {};
}

Result<std::string> weights_of_script(const std::string& bytes) {
  CRESSET_CHECK(check_script_file(bytes));
  CRESSET_TRY(script, networks::load_script(bytes));
  if (!script.has_weights)
    return base::fail(
        base::invalid("it holds the code of a model and no weights; allowed is the directory it "
                      "lies in"));
  return encode_tensors(script.names, script.tensors, {{"format", "pt"}});
}

}  // namespace cresset::model
