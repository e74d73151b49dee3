#include "tests/faults/session.h"

#include <algorithm>
#include <limits>
#include <thread>

#include "tests/faults/past_stream.h"
#include "tests/faults/watch_pump.h"

namespace cresset::faults {

using base::Json;

namespace {

constexpr base::JsonLimits kBodyLimits{.max_bytes = 256 << 20, .max_depth = 256};

Json json_of(const std::string& body) {
  auto parsed = base::parse_json(body, kBodyLimits);
  return parsed ? *parsed : Json::object();
}

const Rule* first(const std::vector<Rule>& rules, std::initializer_list<const char*> actions) {
  const auto found = std::find_if(rules.begin(), rules.end(), [&](const Rule& rule) {
    return std::find(actions.begin(), actions.end(), rule.action) != actions.end();
  });
  return found == rules.end() ? nullptr : &*found;
}

std::string name_in(const HttpRequest& request, const Call& call) {
  if (!call.name.empty() || call.verb != "create") return call.name;
  return base::text_at(json_of(request.body()), "/metadata/name");
}

// As a network does that kept a packet.
void send_late(World& world, const HttpRequest& request, int64_t id, int ms) {
  std::this_thread::sleep_for(std::chrono::milliseconds(ms));
  asio::io_context context;
  Json line{{"kind", "late"}, {"id", id}, {"status", 0}};
  try {
    const auto answer =
        UpstreamConnection(context, world.upstream_tls, world.upstream).exchange(request);
    line["status"] = answer.result_int();
    line["uid"] = base::text_at(json_of(answer.body()), "/metadata/uid");
  } catch (const boost::system::system_error&) {
    line["message"] = "no answer";
  }
  world.trace.add(std::move(line));
}

}  // namespace

Session::Session(World& world, asio::io_context& context, asio::ip::tcp::socket socket,
                 const Certificates::Shown& shown)
    : world_(world),
      context_(context),
      certificate_(shown.wrong),
      operator_side_(std::move(socket), shown.tls),
      upstream_(context, world.upstream_tls, world.upstream) {
  world_.opened(connection());
}

Session::~Session() { world_.closed(connection()); }

void Session::run() {
  operator_side_.next_layer().set_option(asio::ip::tcp::no_delay(true));
  boost::system::error_code refusal;
  operator_side_.handshake(Tls::server, refusal);
  if (refusal && !certificate_.empty())
    world_.trace.add({{"kind", "refused"}, {"certificate", certificate_}});
  if (refusal) return;
  for (;;) {
    http::request_parser<http::string_body> parser;
    parser.body_limit(std::numeric_limits<int64_t>::max());
    http::read(operator_side_, buffer_, parser);
    if (world_.is_silent(connection())) return hang();
    if (!serve(parser.release())) return;
  }
}

void Session::hang() {
  char dropped[4096];
  boost::system::error_code left;
  while (!left) operator_side_.next_layer().read_some(asio::buffer(dropped), left);
}

bool Session::serve(HttpRequest request) {
  const int64_t id = ++world_.calls;
  // What it thins out and makes up is JSON. Who asks for protobuf takes that too.
  request.set(http::field::accept, "application/json");
  Call call = parse_call(std::string(request.method_string()), std::string(request.target()));
  note_request(request, call, id);
  if (!world_.ns.empty() && call.ns.empty() && (call.verb == "list" || call.verb == "watch"))
    call.ns = world_.ns;
  return serve_call(request, call, id);
}

void Session::note_request(const HttpRequest& request, const Call& call, int64_t id) {
  Json line{{"kind", "request"},
            {"id", id},
            {"verb", call.verb},
            {"group", call.group},
            {"resource", call.resource},
            {"namespace", call.ns},
            {"name", name_in(request, call)},
            {"subresource", call.subresource}};
  if (call.counts()) line["write"] = ++world_.writes;
  if (const auto* one = call.parameter("fieldSelector")) line["one"] = *one;
  if (const auto* labels = call.parameter("labelSelector")) line["of"] = *labels;
  if (const auto* from = call.parameter("resourceVersion")) line["from"] = *from;
  if (!certificate_.empty()) line["certificate"] = certificate_;
  const Json body = call.writes() ? json_of(request.body()) : Json::object();
  const char* uid = call.verb == "delete" ? "/preconditions/uid" : "/metadata/uid";
  if (const auto given = base::text_at(body, uid); !given.empty()) line["uid"] = given;
  if (const auto given = base::text_at(body, "/metadata/resourceVersion"); !given.empty())
    line["rv"] = given;
  world_.trace.add(std::move(line));
}

bool Session::breaks_off(const std::vector<Rule>& rules) {
  if (const Rule* rule = first(rules, {"kill_before"})) {
    world_.kill_operator(*rule);
    return true;
  }
  if (const Rule* rule = first(rules, {"certificate"})) {
    world_.certificates.show(rule->certificate, rule->ms);
    world_.break_connections();
    return true;
  }
  if (first(rules, {"half_open"}) != nullptr) {
    world_.all_fall_silent();
    hang();
    return true;
  }
  if (const Rule* rule = first(rules, {"storm"})) {
    world_.storm(*rule);
    return true;
  }
  return first(rules, {"close"}) != nullptr;
}

bool Session::serve_call(HttpRequest& request, Call& call, int64_t id) {
  const auto rules = world_.matcher.due("request", call, name_in(request, call));
  for (const auto& rule : rules)
    world_.trace.add({{"kind", "fault"},
                      {"rule", rule.index},
                      {"on", "request"},
                      {"do", rule.action},
                      {"id", id}});
  if (first(rules, {"mark"}) != nullptr) world_.mark(version_now(request));
  if (breaks_off(rules)) return false;
  if (const Rule* rule = first(rules, {"delay"}))
    std::this_thread::sleep_for(std::chrono::milliseconds(rule->ms));
  if (const Rule* rule = first(rules, {"answer"})) return answer(*rule, request.version());
  if (call.verb == "watch") {
    serve_watch(request, call, id, rules);
    return false;
  }
  show_past(call);
  if (const Rule* rule = first(rules, {"pages"}); rule && call.parameter("limit") != nullptr)
    call.set_parameter("limit", std::to_string(rule->limit));
  apply_mutants(request, call);
  request.target(call.target());
  HttpResponse response = forward(request, call, id, first(rules, {"duplicate"}));
  if (const Rule* rule = first(rules, {"kill_after_commit"})) {
    world_.kill_operator(*rule);
    return false;
  }
  if (first(rules, {"goodbye"}) != nullptr) response.keep_alive(false);
  if (first(rules, {"swallow"}) != nullptr || !tell(response)) return false;
  if (const Rule* rule = first(rules, {"time_travel"})) world_.travel(rule->ms);
  if (const Rule* rule = first(rules, {"kill_after_reply", "time_travel"})) {
    world_.kill_operator(*rule);
    return false;
  }
  return response.keep_alive() && first(rules, {"hang_up"}) == nullptr;
}

void Session::serve_watch(HttpRequest& request, Call& call, int64_t id,
                          const std::vector<Rule>& rules) {
  const Watch watch{call, id, connection(), first(rules, {"no_initial_end"}) != nullptr,
                    begin_in_past(call, request)};
  if (watch.begins.empty() && !call.streams_list())
    if (const auto from = world_.replay_from(call)) {
      call.set_parameter("resourceVersion", *from);
      world_.trace.add({{"kind", "replay"}, {"resource", call.resource}, {"rv", *from}});
    }
  request.target(call.target());
  pump_watch(world_, watch, context_, upstream_.begin(request), operator_side_);
}

HttpResponse Session::forward(const HttpRequest& request, const Call& call, int64_t id,
                              const Rule* duplicate) {
  HttpResponse response = upstream_.exchange(request);
  if (duplicate != nullptr && duplicate->ms > 0)
    std::thread(send_late, std::ref(world_), request, id, duplicate->ms).detach();
  else if (duplicate != nullptr)
    response = upstream_.exchange(request);
  Json line{{"kind", "response"}, {"id", id}, {"status", response.result_int()}};
  if (call.writes()) {
    const Json body = json_of(response.body());
    line["rv"] = base::text_at(body, "/metadata/resourceVersion");
    line["uid"] = base::text_at(body, "/metadata/uid", base::text_at(body, "/details/uid"));
    if (response.result_int() >= 400) line["message"] = base::text_at(body, "/message");
  }
  world_.trace.add(std::move(line));
  return response;
}

bool Session::tell(HttpResponse& response) {
  if (world_.is_silent(connection())) {
    hang();
    return false;
  }
  http::write(operator_side_, response);
  return true;
}

bool Session::answer(const Rule& rule, unsigned version) {
  const Json status{{"kind", "Status"},
                    {"apiVersion", "v1"},
                    {"metadata", Json::object()},
                    {"status", "Failure"},
                    {"message", rule.message.empty() ? "made up by the fault proxy" : rule.message},
                    {"reason", rule.reason},
                    {"code", rule.status}};
  HttpResponse response(static_cast<http::status>(rule.status), version);
  response.set(http::field::content_type, "application/json");
  if (rule.retry_after >= 0)
    response.set(http::field::retry_after, std::to_string(rule.retry_after));
  response.body() = base::dump(status);
  response.prepare_payload();
  return tell(response);
}

// Only what allows any age is shown the past: what asks for the newest gets the newest, unless the
// mutant is on. Who asks for one object by its name looks whether it is there now.
std::optional<Past> Session::past_of(const Call& call) {
  const std::string* version = call.parameter("resourceVersion");
  const bool newest = version == nullptr || version->empty();
  const bool any_age =
      newest ? world_.matcher.mutant("any_age_lists") && call.parameter("fieldSelector") == nullptr
             : *version == "0";
  const bool begins =
      call.verb == "list" ? call.parameter("continue") == nullptr : call.streams_list();
  return any_age && begins ? world_.past(call.resource) : std::nullopt;
}

void Session::show_past(Call& call) {
  const auto past = past_of(call);
  if (!past) return;
  call = list_at(call, past->version);
  note_past(call, past->version);
}

std::string Session::begin_in_past(Call& call, HttpRequest like) {
  const auto past = past_of(call);
  if (!past) return "";
  like.target(list_at(call, past->version).target());
  std::string lines = stream_of(json_of(upstream_.exchange(like).body()), past->version);
  if (lines.empty()) return "";  // the server has forgotten that version
  call = watch_from(call, past->version);
  note_past(call, past->version);
  return lines;
}

void Session::note_past(const Call& call, const std::string& version) {
  world_.trace.add({{"kind", "past"}, {"resource", call.resource}, {"rv", version}});
}

// The newest version of all, by a list of a kind that is hardly there.
std::string Session::version_now(const HttpRequest& like) {
  HttpRequest request(http::verb::get, "/api/v1/namespaces/" + world_.ns + "/configmaps?limit=1",
                      like.version());
  request.set(http::field::host, like[http::field::host]);
  request.set(http::field::authorization, like[http::field::authorization]);
  return base::text_at(json_of(upstream_.exchange(request).body()), "/metadata/resourceVersion");
}

void Session::apply_mutants(HttpRequest& request, const Call& call) {
  const bool uid = call.verb == "delete" && world_.matcher.mutant("strip_delete_uid");
  const bool version = call.verb == "patch" && call.subresource == "status" &&
                       world_.matcher.mutant("strip_status_version");
  if (!uid && !version) return;
  Json body = json_of(request.body());
  if (uid) body.erase("preconditions");
  if (version) body["metadata"].erase("resourceVersion");
  request.body() = base::dump(body);
  request.prepare_payload();
}

}  // namespace cresset::faults
