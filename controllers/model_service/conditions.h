#pragma once
// The four conditions of a ModelService and the one word that people see, out of what a pass found.
// Pure; any thread. Conditions are written by their names here and nowhere else.

#include "controllers/model_service/observe.h"
#include "controllers/model_service/revision.h"
#include "controllers/model_service/trouble.h"

namespace cresset::controllers::model_service {

inline constexpr char kReady[] = "Ready";
inline constexpr char kModelLoaded[] = "ModelLoaded";
inline constexpr char kRolledOut[] = "RolledOut";
inline constexpr char kIdle[] = "Idle";
// The reason of Ready and RolledOut when the API server or a holder of the name refuses a child.
inline constexpr char kRefused[] = "Refused";

// What a pass found and decided, as the conditions need it.
struct Findings {
  std::string invalid;  // spec_error
  Resolved resolved;
  std::string wanted;   // revision, "" when there is no model yet
  std::string serving;  // revision that gets the requests after this pass
  int count = 0;        // replicas that the serving revision is to have
  bool scaled = false;  // spec.scaling is given
  int wanted_count = 0;
  int wanted_ready = 0;
  int serving_ready = 0;
  int existing = 0;   // pods of the Deployments that stay
  int revisions = 0;  // Deployments there after this pass
  Trouble trouble;    // of the wanted revision
};

void set_conditions(std::vector<kube::Condition>& conditions, const Findings& findings,
                    int64_t generation, base::WallTime now);
// Whether ModelLoaded says that this revision has been loaded, by replicas that may have left
// since.
bool has_loaded(const std::vector<kube::Condition>& conditions, const std::string& revision,
                const std::optional<crds::ServedModel>& model);
// Invalid, Waiting, Failed, Starting, Ready, RollingOut, Idle or Stopped.
std::string state_of(const std::vector<kube::Condition>& conditions);

}  // namespace cresset::controllers::model_service
