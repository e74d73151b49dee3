// Any bytes as a ModelService: it is read or refused in words; a valid one is written and read
// again as itself, and is the same without what is null; a status that was written once is always
// written alike.

#include "crds/model_service.h"
#include "tests/fuzz/target.h"

namespace {

using cresset::base::Json;
using cresset::crds::decode_model_service;
using cresset::crds::ModelService;
using cresset::fuzz::kPlanted;
using cresset::fuzz::require;
using cresset::fuzz::sent;

constexpr size_t kLongest = 2048;

Json written(const ModelService& service) {
  Json spec = encode(service.spec);
  if (kPlanted && service.spec.model.uri.size() > 20) spec["model"].erase("uri");
  return sent(spec);
}

void check_spec(const ModelService& service, Json object) {
  object["spec"] = cresset::fuzz::without_nulls(object["spec"]);
  require(*decode_model_service(object) == service);
  object["spec"] = written(service);
  const auto again = decode_model_service(object);
  require(*again == service);
  require(written(*again) == object["spec"]);
}

void check_status(const ModelService& service) {
  using cresset::crds::decode_model_service_status;
  const Json once = sent(encode(service.status));
  require(sent(encode(decode_model_service_status(once))) == once);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > kLongest) return 0;
  const auto object = cresset::base::parse_json(cresset::fuzz::view(data, size));
  if (!object) return 0;
  const auto service = decode_model_service(*object);
  require(service.has_value() == object->is_object());
  if (!service) return 0;
  check_status(*service);
  if (service->spec_error.empty()) check_spec(*service, *object);
  return 0;
}
