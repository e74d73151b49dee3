#pragma once
// Parses JSON of which only a part is read: caches of ten thousand objects look at a few fields of
// each. The parts left out are named by JSON pointers ("/object/metadata/managedFields"); a list on
// the way stands for each of its elements. What is nested deeper than limits.max_depth is left out
// too: whoever can write an object with an open field must not stop those who read all. Else it is
// what base::parse_json gives, other limits and errors too. Pure; any thread.
//
//   const SparseParser parser({"/items/spec/containers"});
//   CRESSET_TRY(list, parser.parse(body, {.max_bytes = 1 << 20}));

#include <string>
#include <string_view>
#include <vector>

#include "operator/base/json.h"

namespace cresset::kube {

class SparseParser {
 public:
  explicit SparseParser(const std::vector<std::string>& unread = {});

  base::Result<base::Json> parse(std::string_view text, base::JsonLimits limits = {}) const;

  // What is left out below a name: a leaf leaves out all of it.
  struct Unread {
    std::string name;
    std::vector<Unread> below;
  };

 private:
  std::vector<Unread> unread_;
};

// The pointers, each within `place` ("/items").
std::vector<std::string> below(const std::string& place, std::vector<std::string> pointers);

}  // namespace cresset::kube
