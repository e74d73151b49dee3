// Any bytes as an object in protobuf: they are refused, or give JSON that anybody can read and that
// says which kind it is; as the object of a watch's event they give the same.

#include "operator/kube/core/protobuf.h"
#include "tests/fuzz/target.h"

namespace {

using cresset::base::parse_json;
using cresset::fuzz::kPlanted;
using cresset::fuzz::require;
using cresset::kube::json_of_protobuf;
using cresset::kube::json_of_protobuf_event;

constexpr size_t kLongest = 1024;

std::string field(char number, std::string_view bytes) {
  std::string made{static_cast<char>(number << 3 | 2)};
  made += static_cast<char>((bytes.size() & 0x7F) | 0x80);
  made += static_cast<char>(bytes.size() >> 7);
  return made += bytes;
}

std::string read(std::string_view object) {
  auto text = json_of_protobuf(object);
  if (!text) return text.error().message();
  if (kPlanted && text->find("\"controller\":true") != text->npos) text->pop_back();
  const auto json = parse_json(*text);
  require(json.has_value() && json->contains("apiVersion") && json->contains("kind"));
  require(!json->dump().empty());  // throws unless it is UTF-8
  return *text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > kLongest) return 0;
  const auto object = cresset::fuzz::view(data, size);
  const std::string alone = read(object);
  const auto event = json_of_protobuf_event(field(1, "ADDED") + field(2, field(1, object)));
  require(event ? *event == R"({"type":"ADDED","object":)" + alone + "}"
                : event.error().message() == alone);
  return 0;
}
