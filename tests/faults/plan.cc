#include "tests/faults/plan.h"

#include <algorithm>
#include <array>

namespace cresset::faults {

using base::Json;
using base::Result;

namespace {

constexpr std::array<std::string_view, 2> kOn{"request", "event"};
constexpr std::array<std::string_view, 27> kActions{"kill_before",
                                                    "kill_after_commit",
                                                    "kill_after_reply",
                                                    "swallow",
                                                    "duplicate",
                                                    "delay",
                                                    "answer",
                                                    "close",
                                                    "goodbye",
                                                    "hang_up",
                                                    "storm",
                                                    "pages",
                                                    "no_initial_end",
                                                    "certificate",
                                                    "mark",
                                                    "time_travel",
                                                    "hold",
                                                    "gone",
                                                    "rewind",
                                                    "replay",
                                                    "truncate",
                                                    "split",
                                                    "drip",
                                                    "trickle",
                                                    "half_open",
                                                    "drop_bookmarks",
                                                    "corrupt"};
constexpr std::array<std::string_view, 4> kCertificates{"expired", "other_host", "stranger",
                                                        "rotated"};
constexpr std::array<std::string_view, 3> kMutants{"strip_delete_uid", "strip_status_version",
                                                   "any_age_lists"};

int integer_of(base::Reader& reader, const char* key, int otherwise) {
  return static_cast<int>(
      reader.integer(key, {.min = 0, .max = 1'000'000'000}).value_or(otherwise));
}

// What only some actions have.
void parse_details(base::Reader& reader, Rule& rule) {
  rule.at = static_cast<int>(reader.integer("at", {.min = 0, .max = 1000}).value_or(500));
  rule.in_character = reader.flag("in_character").value_or(false);
  rule.limit = static_cast<int>(reader.integer("limit", {.min = 1, .max = 500}).value_or(1));
  rule.certificate = reader.one_of("certificate", kCertificates).value_or("");
  rule.path = reader.text("path").value_or("");
  if (const Json* value = reader.any("value")) rule.value = *value;
  if (rule.action == "certificate") reader.require("certificate");
  if (rule.action == "corrupt") reader.require("path");
}

Result<Rule> parse_rule(const Json& json, const std::string& path) {
  base::Reader reader(json, path);
  Rule rule;
  reader.require("on").require("do");
  rule.on = reader.one_of("on", kOn).value_or("");
  rule.action = reader.one_of("do", kActions).value_or("");
  rule.verb = reader.text("verb").value_or("");
  rule.resource = reader.text("resource").value_or("");
  rule.subresource = reader.text("subresource").value_or("");
  rule.name = reader.text("name").value_or("");
  rule.type = reader.text("type").value_or("");
  rule.initial = reader.flag("initial").value_or(false);
  rule.continued = reader.flag("continued").value_or(false);
  rule.n = integer_of(reader, "n", 1);
  rule.count = integer_of(reader, "count", 1);
  rule.ms = integer_of(reader, "ms", 0);
  rule.times = integer_of(reader, "times", 1);
  rule.status = integer_of(reader, "status", 500);
  rule.retry_after =
      static_cast<int>(reader.integer("retry_after", {.min = 0, .max = 60}).value_or(-1));
  rule.reason = reader.text("reason").value_or("");
  rule.message = reader.text("message").value_or("");
  rule.compress = reader.flag("compress").value_or(false);
  parse_details(reader, rule);
  CRESSET_CHECK(reader.finish());
  return rule;
}

bool fits(const std::string& wanted, const std::string& found) {
  return wanted.empty() || wanted == found;
}

bool is_about(const Rule& rule, const Call& call, const std::string& name) {
  return fits(rule.verb, call.verb) && fits(rule.resource, call.resource) &&
         fits(rule.name, name) && (!rule.initial || call.streams_list()) &&
         (!rule.continued || call.parameter("continue") != nullptr);
}

}  // namespace

Result<Plan> parse_plan(const Json& json) {
  base::Reader reader(json, "plan");
  Plan plan;
  if (const Json* rules = reader.array("rules"))
    for (size_t i = 0; i < rules->size(); ++i) {
      CRESSET_TRY(rule, parse_rule((*rules)[i], "plan.rules[" + std::to_string(i) + "]"));
      rule.index = static_cast<int>(i);
      plan.rules.push_back(std::move(rule));
    }
  for (auto& mutant : reader.texts("mutants").value_or(std::vector<std::string>{})) {
    if (std::find(kMutants.begin(), kMutants.end(), mutant) == kMutants.end())
      return base::fail(
          base::invalid("plan.mutants: found \"" + mutant +
                        "\"; allowed are strip_delete_uid, strip_status_version, any_age_lists"));
    plan.mutants.insert(std::move(mutant));
  }
  reader.any("note");
  CRESSET_CHECK(reader.finish());
  return plan;
}

std::vector<Rule> Matcher::due(const std::string& on, const Call& call, const std::string& name,
                               const std::string& type) {
  std::vector<Rule> found;
  std::lock_guard lock(mutex_);
  for (size_t i = 0; i < plan_.rules.size(); ++i) {
    const Rule& rule = plan_.rules[i];
    if (rule.on != on || !is_about(rule, call, name) || !fits(rule.type, type)) continue;
    // A rule for a resource that names no subresource means the object itself.
    if (!rule.resource.empty() && rule.subresource != call.subresource) continue;
    if (rule.resource.empty() && rule.verb.empty() && on == "request" && !call.counts()) continue;
    const int nth = ++seen_[i];
    if (nth >= rule.n && nth < rule.n + rule.count) found.push_back(rule);
  }
  return found;
}

}  // namespace cresset::faults
