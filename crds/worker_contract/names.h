#pragma once
// The words that operator, gateway, command line and worker share: environment variables, paths,
// ports, exit codes, labels. Constants only. A change here is a change of the contract between two
// images that may differ by one release: add, never rename.

#include <cstddef>

namespace cresset::worker_contract {

// Environment of every worker pod.
inline constexpr char kConfigEnv[] = "CRESSET_CONFIG";  // WorkerConfig or ServeConfig as JSON
inline constexpr char kWorkerIndexEnv[] = "CRESSET_WORKER_INDEX";  // 0 … count-1
inline constexpr char kPodNameEnv[] = "CRESSET_POD_NAME";
inline constexpr char kPodUidEnv[] = "CRESSET_POD_UID";
inline constexpr char kPodIpEnv[] = "CRESSET_POD_IP";
inline constexpr char kCoordinationUrlEnv[] = "CRESSET_COORDINATION_URL";  // https://host:port
inline constexpr char kCoordinationCaEnv[] = "CRESSET_COORDINATION_CA";    // PEM bundle
// A Membership as JSON, from `cresset run`: the group is this and never changes, nobody is asked.
// With it, one line a Progress goes to standard output instead of a POST.
inline constexpr char kStaticMembershipEnv[] = "CRESSET_STATIC_MEMBERSHIP";
// Where the last words go when it is not kTerminationPath; from `cresset run`.
inline constexpr char kTerminationPathEnv[] = "CRESSET_TERMINATION_PATH";
// Store credentials, from the Secret that spec.storage.secretRef names; the kubelet reads it.
inline constexpr char kAccessKeyEnv[] = "AWS_ACCESS_KEY_ID";
inline constexpr char kSecretKeyEnv[] = "AWS_SECRET_ACCESS_KEY";
inline constexpr char kSessionTokenEnv[] = "AWS_SESSION_TOKEN";
// The key of a Google service account, as the JSON text that Google gives out; of gs:// URIs.
inline constexpr char kGoogleKeyEnv[] = "GOOGLE_APPLICATION_CREDENTIALS_JSON";
// Google's own name: a file with credentials, which a template mounts or a person has.
inline constexpr char kGoogleFileEnv[] = "GOOGLE_APPLICATION_CREDENTIALS";
// "pod": the pod's service account is what Google knows it by, through its metadata server.
inline constexpr char kGoogleIdentityEnv[] = "CRESSET_GOOGLE_IDENTITY";
inline constexpr char kPodIdentity[] = "pod";

// Our container in the pod of a worker and of a server; a template or a mesh may add others.
inline constexpr char kTrainContainer[] = "worker";
inline constexpr char kServeContainer[] = "serve";

// Paths in a worker pod.
inline constexpr char kTokenPath[] = "/var/run/secrets/cresset/token";  // audience kAudience
inline constexpr char kTerminationPath[] = "/dev/termination-log";
inline constexpr char kModelPath[] = "/models";  // emptyDir into which `serve` fetches the model
inline constexpr char kAudience[] = "cresset";

// Ports.
inline constexpr int kStorePort = 29500;        // the group's store, on worker 0
inline constexpr int kServePort = 8080;         // inference and /load
inline constexpr int kCoordinationPort = 8443;  // on the operator
inline constexpr int kMetricsPort = 9090;       // worker train: /metrics, /healthz

// Exit codes of `cresset-worker train` (1 to 9 are left to users' programs, 128+n is a signal).
inline constexpr int kExitSuccess = 0;
inline constexpr int kExitBadInput =
    10;  // the spec, the data or the credentials are wrong: no retry helps
inline constexpr int kExitRetryable = 11;  // the store or the group was not to be had; try again
inline constexpr int kExitGone = 12;       // no longer a member
inline constexpr int kExitStopped = 13;    // asked to stop (suspend, SIGTERM) and checkpointed

// Labels of what Cresset makes, beside app.kubernetes.io/*.
inline constexpr char kJobLabel[] = "cresset.dev/training-job";
inline constexpr char kServiceLabel[] = "cresset.dev/model-service";
inline constexpr char kRevisionLabel[] = "cresset.dev/revision";
inline constexpr char kIndexLabel[] = "cresset.dev/worker-index";

// A URI in a spec, in a report and in status.model.
inline constexpr size_t kMaxUriBytes = 2048;

// Keys in storage secrets other than these four are refused by nobody and read by nobody.

}  // namespace cresset::worker_contract
