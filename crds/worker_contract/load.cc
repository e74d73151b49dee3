#include "crds/worker_contract/load.h"

namespace cresset::worker_contract {

using base::Json;
using base::Reader;
using base::Result;

Json encode(const ReplicaLoad& load) {
  return {{"ready", load.ready},
          {"draining", load.draining},
          {"inFlight", load.in_flight},
          {"queued", load.queued},
          {"requestsTotal", load.requests_total},
          {"rowsTotal", load.rows_total},
          {"batchesTotal", load.batches_total},
          {"serviceSecondsTotal", load.service_seconds_total},
          {"queueSecondsTotal", load.queue_seconds_total},
          {"maxBatch", load.max_batch}};
}

Result<ReplicaLoad> decode_replica_load(const Json& json) {
  ReplicaLoad load;
  Reader reader(json, "load");
  load.ready = reader.flag("ready").value_or(false);
  load.draining = reader.flag("draining").value_or(false);
  load.in_flight = reader.integer("inFlight", {0}).value_or(0);
  load.queued = reader.integer("queued", {0}).value_or(0);
  load.requests_total = reader.integer("requestsTotal", {0}).value_or(0);
  load.rows_total = reader.integer("rowsTotal", {0}).value_or(0);
  load.batches_total = reader.integer("batchesTotal", {0}).value_or(0);
  load.service_seconds_total = reader.number("serviceSecondsTotal", {0}).value_or(0);
  load.queue_seconds_total = reader.number("queueSecondsTotal", {0}).value_or(0);
  load.max_batch = reader.integer("maxBatch", {1}).value_or(1);
  CRESSET_CHECK(reader.finish_lenient());
  return load;
}

namespace {

Json encode_revision(const RevisionLoad& load) {
  Json busy = Json::array();
  for (const auto& [address, in_flight] : load.busy)
    busy.push_back({{"address", address}, {"inFlight", in_flight}});
  return {{"namespace", load.ns},
          {"name", load.name},
          {"revision", load.revision},
          {"arrivals", load.arrivals},
          {"concurrency", load.concurrency},
          {"waiting", load.waiting},
          {"inFlight", load.in_flight},
          {"queued", load.queued},
          {"serviceMilliseconds", load.service_milliseconds},
          {"batchFill", load.batch_fill},
          {"replicas", load.replicas},
          {"busy", std::move(busy)}};
}

Result<BusyReplica> decode_busy(const Json& json, const std::string& path) {
  BusyReplica replica;
  Reader reader(json, path);
  replica.address = reader.require("address").text("address", 64).value_or("");
  replica.in_flight = reader.require("inFlight").integer("inFlight", {0}).value_or(0);
  CRESSET_CHECK(reader.finish_lenient());
  return replica;
}

Result<RevisionLoad> decode_revision(const Json& json, const std::string& path) {
  RevisionLoad load;
  Reader reader(json, path);
  load.ns = reader.require("namespace").text("namespace", 253).value_or("");
  load.name = reader.require("name").text("name", 253).value_or("");
  load.revision = reader.text("revision", 253).value_or("");
  load.arrivals = reader.integer("arrivals", {0}).value_or(0);
  load.concurrency = reader.number("concurrency", {0}).value_or(0);
  load.waiting = reader.integer("waiting", {0}).value_or(0);
  load.in_flight = reader.integer("inFlight", {0}).value_or(0);
  load.queued = reader.integer("queued", {0}).value_or(0);
  load.service_milliseconds = reader.number("serviceMilliseconds", {0}).value_or(0);
  load.batch_fill = reader.number("batchFill", {0, 1}).value_or(0);
  load.replicas = static_cast<int>(reader.integer("replicas", {0, 1 << 20}).value_or(0));
  if (const Json* list = reader.array("busy", kMostBusyReplicas))
    for (size_t i = 0; i < list->size(); ++i) {
      CRESSET_TRY(replica, decode_busy((*list)[i], path + ".busy[" + std::to_string(i) + "]"));
      load.busy.push_back(std::move(replica));
    }
  CRESSET_CHECK(reader.finish_lenient());
  return load;
}

}  // namespace

Json encode(const LoadReport& report) {
  Json revisions = Json::array();
  for (const auto& revision : report.revisions) revisions.push_back(encode_revision(revision));
  return {{"gateway", report.gateway},
          {"sequence", report.sequence},
          {"periodSeconds", report.period_seconds},
          {"revisions", std::move(revisions)}};
}

Result<LoadReport> decode_load_report(const Json& json) {
  LoadReport report;
  Reader reader(json, "report");
  report.gateway = reader.require("gateway").text("gateway", 253).value_or("");
  report.sequence = reader.integer("sequence", {0}).value_or(0);
  report.period_seconds = reader.number("periodSeconds", {0, 3600, true}).value_or(1);
  if (const Json* list = reader.array("revisions", 100000))
    for (size_t i = 0; i < list->size(); ++i) {
      CRESSET_TRY(revision,
                  decode_revision((*list)[i], "report.revisions[" + std::to_string(i) + "]"));
      report.revisions.push_back(std::move(revision));
    }
  CRESSET_CHECK(reader.finish_lenient());
  return report;
}

}  // namespace cresset::worker_contract
