#pragma once
// What the API server writes as protobuf (in an Accept of ours, of pods alone: they are most of
// what it sends, and cost it a fifth of what they cost as JSON), read into the JSON text that it
// would have written, of which the fields that Cresset reads are all that is kept (kFields of
// protobuf_fields.cc). So decoders, views and errors do not know which of both it was. What a text
// says that is no UTF-8 is replaced, as the API server's JSON does. Pure; any thread.
//
//   if (is_protobuf(body)) CRESSET_TRY(text, json_of_protobuf(body));
// Sources: Kubernetes API concepts ("Protobuf encoding"), k8s.io/apimachinery and k8s.io/api,
// generated.proto.

#include <string>
#include <string_view>

#include "operator/base/result.h"

namespace cresset::kube {

// For who reads both: what a server or a proxy writes that knows no protobuf is JSON.
inline constexpr char kProtobufOrJson[] = "application/vnd.kubernetes.protobuf,application/json";

// As that, for who reads no more of an object than that it is there.
inline constexpr char kMetadataOrJson[] =
    "application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,"
    "application/json";

// Whether an answer or an object is protobuf; JSON never is.
bool is_protobuf(std::string_view bytes);
// An object, list or Status. Of a kind that nobody reads, what kind it is.
base::Result<std::string> json_of_protobuf(std::string_view bytes);
// An event of a watch, without the length before it.
base::Result<std::string> json_of_protobuf_event(std::string_view frame);

}  // namespace cresset::kube
