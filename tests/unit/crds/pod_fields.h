#pragma once
// Every field that both kinds take over from a pod, for their samples. A value; any thread.

#include "operator/base/json.h"

namespace cresset::crds {

inline base::Json every_pod_field() {
  return {{"resources",
           {{"limits", {{"cpu", "250m"}, {"nvidia.com/gpu", 1}}}, {"requests", {{"cpu", 1}}}}},
          {"nodeSelector", {{"zone", "a"}}},
          {"tolerations",
           {{{"key", "a"},
             {"operator", "Equal"},
             {"value", "b"},
             {"effect", "NoExecute"},
             {"tolerationSeconds", 3}}}},
          {"runtimeClassName", "nvidia"},
          {"image", "mine:1"},
          {"imagePullSecrets", {{{"name", "pull"}}}},
          {"serviceAccountName", "models"},
          {"priorityClassName", "high"}};
}

}  // namespace cresset::crds
