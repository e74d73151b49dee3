#include "operator/kube/core/protobuf_fields.h"

#include <algorithm>

namespace cresset::kube {

namespace {

using enum ProtobufShape;

constexpr ProtobufField kOwner[] = {{1, "kind", kText},
                                    {3, "name", kText},
                                    {4, "uid", kText},
                                    {5, "apiVersion", kText},
                                    {6, "controller", kFlag}};

constexpr ProtobufField kMeta[] = {{1, "name", kText},
                                   {3, "namespace", kText},
                                   {5, "uid", kText},
                                   {6, "resourceVersion", kText},
                                   {7, "generation", kNumber},
                                   {8, "creationTimestamp", kTime},
                                   {9, "deletionTimestamp", kTime},
                                   {11, "labels", kTexts},
                                   {12, "annotations", kTexts},
                                   {13, "ownerReferences", kObjects, kOwner}};

constexpr ProtobufField kWaiting[] = {{1, "reason", kText}, {2, "message", kText}};
constexpr ProtobufField kTerminated[] = {{1, "exitCode", kNumber},
                                         {3, "reason", kText},
                                         {4, "message", kText},
                                         {6, "finishedAt", kTime}};
constexpr ProtobufField kContainerState[] = {{1, "waiting", kObject, kWaiting},
                                             {3, "terminated", kObject, kTerminated}};
constexpr ProtobufField kContainer[] = {{1, "name", kText},
                                        {2, "state", kObject, kContainerState},
                                        {3, "lastState", kObject, kContainerState}};
constexpr ProtobufField kCondition[] = {
    {1, "type", kText}, {2, "status", kText}, {5, "reason", kText}, {6, "message", kText}};
constexpr ProtobufField kPodStatus[] = {{1, "phase", kText},
                                        {2, "conditions", kObjects, kCondition},
                                        {4, "reason", kText},
                                        {6, "podIP", kText},
                                        {8, "containerStatuses", kObjects, kContainer}};
constexpr ProtobufField kPodSpec[] = {{10, "nodeName", kText}};
constexpr ProtobufField kPod[] = {{1, "metadata", kObject, kMeta},
                                  {2, "spec", kObject, kPodSpec},
                                  {3, "status", kObject, kPodStatus}};

constexpr ProtobufField kListMeta[] = {{2, "resourceVersion", kText}, {3, "continue", kText}};
constexpr ProtobufField kPodList[] = {{1, "metadata", kObject, kListMeta},
                                      {2, "items", kObjects, kPod}};

constexpr ProtobufField kCause[] = {{1, "reason", kText}, {2, "message", kText}};
constexpr ProtobufField kDetails[] = {{4, "causes", kObjects, kCause}};
constexpr ProtobufField kStatus[] = {{3, "message", kText},
                                     {4, "reason", kText},
                                     {5, "details", kObject, kDetails},
                                     {6, "code", kNumber}};

static_assert(std::max({std::size(kOwner), std::size(kMeta), std::size(kTerminated),
                        std::size(kContainer), std::size(kCondition), std::size(kPodStatus),
                        std::size(kStatus)}) <= kMostProtobufFields);

}  // namespace

ProtobufFields protobuf_fields(std::string_view kind) {
  if (kind == "Pod") return kPod;
  if (kind == "PodList") return kPodList;
  if (kind == "Status") return kStatus;
  return {};
}

}  // namespace cresset::kube
