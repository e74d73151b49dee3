#pragma once
// EventRecorder: writes events.k8s.io/v1 Events about objects, so that `kubectl describe` tells
// what the operator did and why. Repeats of the same event (object, reason, note) raise its series
// count instead of adding objects. Writing an event never fails or delays a reconcile: a thread of
// its own writes, what is refused is logged, and over 1,000 waiting ones are dropped. Any thread;
// owned by main; its destructor writes what waits unless the server does not answer.

#include <memory>
#include <string>

#include "operator/base/clock.h"
#include "operator/base/log.h"
#include "operator/kube/client/client.h"

namespace cresset::runtime {

enum class EventType { kNormal, kWarning };

struct ObjectReference {
  std::string api_version;
  std::string kind;
  std::string ns;
  std::string name;
  base::Uid uid;
  bool operator==(const ObjectReference&) const = default;
};

struct EventNote {
  EventType type = EventType::kNormal;
  std::string reason;  // CamelCase constant
  std::string action;  // what was done, CamelCase: "CreatePod"
  std::string note;    // for a person, at most 1,024 bytes
  bool operator==(const EventNote&) const = default;
};

class EventRecorder {
 public:
  EventRecorder(kube::Api& api, std::string component, std::string instance, base::Clock& clock,
                base::Log log);
  ~EventRecorder();
  void record(const ObjectReference& about, const EventNote& note);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cresset::runtime
