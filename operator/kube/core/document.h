#pragma once
// Document: JSON that has been read, and holds what its views show: by simdjson, without a value
// made of it, or, where that gives up (a number of more than 64 bits), as a base::Json. It takes
// and refuses what base::parse_json does, in the same words, but for depth: an API server nests as
// deep as limits.max_depth never is, and JsonView::json() leaves out what is too deep. One thread
// at a time; its views are void once it reads another text.
//
//   Document page;
//   CRESSET_CHECK(page.read(body, {.max_bytes = 1 << 20}));
//   page.root().find("/items").each_item(…);

#include <memory>
#include <string_view>

#include "operator/base/json.h"
#include "operator/kube/core/json_view.h"

namespace cresset::kube {

class Document {
 public:
  Document();                  // null
  Document(base::Json value);  // NOLINT: implicit, for who answers with one
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;
  ~Document();

  // A text is read in the place of the one before it.
  base::Result<void> read(std::string_view text, base::JsonLimits limits = {});
  JsonView root() const;

 private:
  struct Held;
  bool read_fast(std::string_view text, const base::JsonLimits& limits);

  std::unique_ptr<Held> held_;
};

}  // namespace cresset::kube
