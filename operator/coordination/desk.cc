#include "operator/coordination/desk.h"

namespace cresset::coordination {

using base::Result;

namespace {

int status_of(const base::Error& error) {
  if (base::is_unauthorized(error)) return 401;
  if (base::is_forbidden(error)) return 403;
  if (base::is_not_found(error)) return 404;
  if (base::is_gone(error)) return 410;
  if (error.kind() == base::ErrorKind::kUnsupported) return 405;
  if (error.kind() == base::ErrorKind::kTooLarge) return 413;
  if (base::is_invalid(error)) return 400;
  return 503;
}

net::ServerResponse response_of(const base::Error& error) {
  return error_response(status_of(error), error.message());
}

// A worker speaks for a job of its own namespace, as a pod.
Result<void> check_worker(const Caller& caller, const kube::ObjectKey& job) {
  if (caller.ns != job.ns)
    return base::fail(
        base::forbidden("the token is of namespace " + caller.ns + ", the job of " + job.ns));
  if (caller.pod_uid.empty())
    return base::fail(
        base::forbidden("the token is bound to no pod; a pod's projected token is wanted"));
  return {};
}

}  // namespace

Desk::Desk(const CoordinationOptions& options, const CoordinationSources& sources,
           TokenReviewer& reviewer, Reports& reports, WaitingRoom& room, base::Clock& clock,
           Look look)
    : options_(options),
      sources_(sources),
      reviewer_(reviewer),
      reports_(reports),
      room_(room),
      clock_(clock),
      look_(std::move(look)) {}

void Desk::serve(const net::ServerRequest& request, net::Reply reply) {
  if (!sources_.is_leader()) {
    auto elsewhere = error_response(503, "");
    elsewhere.body = base::dump(worker_contract::not_the_leader(sources_.leader()));
    return reply(std::move(elsewhere));
  }
  const auto route = parse_route(request.method, request.path, request.parameter("after"));
  if (!route) return reply(response_of(route.error()));
  const auto token = bearer_token(request.header("Authorization"));
  if (!token) return reply(response_of(token.error()));
  const auto caller = reviewer_.review(*token);
  if (!caller) return reply(response_of(caller.error()));
  if (std::holds_alternative<LoadRoute>(*route)) return reply(load(*caller, request.body));
  if (const auto* wanted = std::get_if<ProgressRoute>(&*route))
    return reply(progress(*wanted, *caller, request.body));
  membership(std::get<MembershipRoute>(*route), *caller, std::move(reply));
}

void Desk::membership(const MembershipRoute& route, const Caller& caller, net::Reply reply) {
  if (const auto allowed = check_worker(caller, route.job); !allowed)
    return reply(response_of(allowed.error()));
  const auto job = sources_.job(route.job);
  if (!job) return reply(error_response(404, "there is no TrainingJob " + route.job.to_string()));
  room_.add({.job = route.job,
             .job_uid = job->uid,
             .pod = caller.pod_uid,
             .after = route.after,
             .until = clock_.mono() + options_.long_poll,
             .reply = std::move(reply)});
  look_(route.job);
}

net::ServerResponse Desk::progress(const ProgressRoute& route, const Caller& caller,
                                   const std::string& body) {
  if (const auto allowed = check_worker(caller, route.job); !allowed)
    return response_of(allowed.error());
  const auto job = sources_.job(route.job);
  if (!job) return error_response(404, "there is no TrainingJob " + route.job.to_string());
  const auto pod = sources_.pod({caller.ns, caller.pod_name});
  if (!pod || pod->job != job->uid || pod->index < 0)
    return error_response(
        403, "pod " + caller.pod_name + " is no worker of TrainingJob " + route.job.to_string());
  if (pod->uid != caller.pod_uid)
    return error_response(410, "pod " + caller.pod_name + " was replaced by another of its name");
  const auto json =
      base::parse_json(body, {.max_bytes = 64 << 10, .max_depth = 8, .max_elements = 1024});
  if (!json) return response_of(json.error());
  auto progress = worker_contract::decode_progress(*json);
  if (!progress) return response_of(progress.error());
  reports_.put(route.job, job->uid, pod->index, pod->uid, std::move(*progress));
  return {.status = 204};
}

net::ServerResponse Desk::load(const Caller& caller, const std::string& body) {
  if (caller.ns != options_.ns || caller.account != options_.gateway_account)
    return error_response(403, "load reports are taken from system:serviceaccount:" + options_.ns +
                                   ":" + options_.gateway_account + " only, not from " + caller.ns +
                                   ":" + caller.account);
  const auto json = base::parse_json(body, {.max_bytes = 4 << 20, .max_depth = 8});
  if (!json) return response_of(json.error());
  const auto report = worker_contract::decode_load_report(*json);
  if (!report) return response_of(report.error());
  sources_.on_load(*report);
  return {.status = 204};
}

}  // namespace cresset::coordination
