#pragma once
// What a serving replica tells at GET /load, and what a gateway tells the leader once a second at
// POST /v1/load: one line a revision. Totals only grow; rates are differences taken by the reader.
// Pure values and codecs.

#include <string>
#include <vector>

#include "operator/base/json.h"
#include "operator/base/result.h"

namespace cresset::worker_contract {

struct ReplicaLoad {
  bool ready = false;
  bool draining = false;
  int64_t in_flight = 0;  // requests accepted and not answered, the queued ones included
  int64_t queued = 0;
  int64_t requests_total = 0;
  int64_t rows_total = 0;
  int64_t batches_total = 0;
  double service_seconds_total = 0;  // compute time of batches
  double queue_seconds_total = 0;
  int64_t max_batch = 1;
  bool operator==(const ReplicaLoad&) const = default;
};

// A replica that holds requests.
struct BusyReplica {
  std::string address;  // IP:port, IPv6 in brackets
  int64_t in_flight = 0;
  bool operator==(const BusyReplica&) const = default;
};
inline constexpr size_t kMostBusyReplicas = 1000;  // in a line; the others pass for idle

struct RevisionLoad {
  std::string ns;
  std::string name;
  std::string revision;
  int64_t arrivals = 0;  // requests since the last line of this gateway
  double concurrency =
      0;  // mean number of requests in the system (gateway buffer and pods) over that time
  int64_t waiting = 0;              // buffered in the gateway right now
  int64_t in_flight = 0;            // sent to pods and not answered, right now
  int64_t queued = 0;               // in the replicas' queues, summed over the polled replicas
  double service_milliseconds = 0;  // mean compute time a batch
  double batch_fill = 0;            // rows a batch ÷ max batch, 0 to 1
  int replicas = 0;                 // replicas polled
  std::vector<BusyReplica> busy;    // of those
  bool operator==(const RevisionLoad&) const = default;
};

struct LoadReport {
  std::string gateway;        // pod name: reports of one gateway replace each other
  int64_t sequence = 0;       // grows by one a line
  double period_seconds = 1;  // the time the counts cover
  std::vector<RevisionLoad> revisions;
  bool operator==(const LoadReport&) const = default;
};

base::Json encode(const ReplicaLoad& load);
base::Result<ReplicaLoad> decode_replica_load(const base::Json& json);
base::Json encode(const LoadReport& report);
base::Result<LoadReport> decode_load_report(const base::Json& json);

}  // namespace cresset::worker_contract
