#include "crds/failure_policy.h"

#include <algorithm>
#include <cctype>
#include <csignal>

namespace cresset::crds {

using base::Json;
using base::Reader;
using base::Result;

namespace {

constexpr std::array<std::string_view, 3> kActions{"Fail", "Restart", "RestartUncharged"};
constexpr size_t kMostRules = 16;
constexpr base::IntegerRange kBudget{0, 10000};

struct Signal {
  std::string_view name;
  int number;
};
// Those that end a process; their numbers are the same on all machines that Linux's workers run on.
constexpr std::array<Signal, 23> kSignals{
    {{"SIGHUP", SIGHUP},   {"SIGINT", SIGINT},   {"SIGQUIT", SIGQUIT},     {"SIGILL", SIGILL},
     {"SIGTRAP", SIGTRAP}, {"SIGABRT", SIGABRT}, {"SIGBUS", SIGBUS},       {"SIGFPE", SIGFPE},
     {"SIGKILL", SIGKILL}, {"SIGUSR1", SIGUSR1}, {"SIGSEGV", SIGSEGV},     {"SIGUSR2", SIGUSR2},
     {"SIGPIPE", SIGPIPE}, {"SIGALRM", SIGALRM}, {"SIGTERM", SIGTERM},     {"SIGSTKFLT", SIGSTKFLT},
     {"SIGXCPU", SIGXCPU}, {"SIGXFSZ", SIGXFSZ}, {"SIGVTALRM", SIGVTALRM}, {"SIGPROF", SIGPROF},
     {"SIGIO", SIGIO},     {"SIGPWR", SIGPWR},   {"SIGSYS", SIGSYS}}};

constexpr auto kSignalNames = [] {
  std::array<std::string_view, kSignals.size()> names;
  std::ranges::transform(kSignals, names.begin(), &Signal::name);
  return names;
}();

// The signal that such an exit code tells of; nullptr when it tells of none.
const Signal* signal_of(int exit_code) {
  const auto found = std::ranges::find(kSignals, exit_code - 128, &Signal::number);
  return found == kSignals.end() ? nullptr : &*found;
}

template <typename Values, typename Value>
bool has(const Values& values, const Value& value) {
  return std::ranges::find(values, value) != values.end();
}

bool fits(const FailureRule& rule, const WorkerEnd& end) {
  if (!rule.reasons.empty() && !has(rule.reasons, end.cause)) return false;
  const int code = end.exit_code.value_or(0);
  if (rule.exit_codes && !has(*rule.exit_codes, code)) return false;
  const Signal* signal = signal_of(code);
  return rule.signals.empty() || (signal != nullptr && has(rule.signals, signal->name));
}

// A list that is there has something in it, and of `allowed` alone.
std::vector<std::string> read_words(Reader& reader, std::string_view key,
                                    std::span<const std::string_view> allowed) {
  const auto words = reader.texts(key, allowed.size());
  if (words && words->empty())
    reader.add_error(
        base::invalid(reader.path_of(key) + " is empty; at least one of it is needed"));
  for (size_t i = 0; words && i < words->size(); ++i) {
    if (has(allowed, (*words)[i])) continue;
    std::string list;
    for (const auto word : allowed) list += (list.empty() ? "" : ", ") + std::string(word);
    reader.add_error(base::invalid(reader.path_of(key) + "[" + std::to_string(i) +
                                   "] must be one of " + list + ", found \"" + (*words)[i] + "\""));
  }
  return words.value_or(std::vector<std::string>());
}

bool is_label(std::string_view name) {
  const auto is_end = [](unsigned char c) { return std::isalnum(c) != 0; };
  return is_end(name.front()) && is_end(name.back()) &&
         std::ranges::all_of(
             name, [&](unsigned char c) { return is_end(c) || c == '.' || c == '_' || c == '-'; });
}

// It goes into messages and onto a terminal.
std::string read_name(Reader& reader) {
  const std::string name = reader.name("name", 63).value_or("");
  if (!name.empty() && !is_label(name))
    reader.add_error(
        base::invalid(reader.path_of("name") +
                      " must be letters, digits, \".\", \"_\" and \"-\", with a letter "
                      "or digit first and last, found \"" +
                      name + "\""));
  return name;
}

void check_conditions(const FailureRule& rule, Reader& reader) {
  if (!rule.exit_codes && rule.signals.empty() && rule.reasons.empty())
    reader.add_error(
        base::invalid(reader.path() + " needs one of exitCodes, signals and reasons, found none"));
}

void check_budget(const FailureRule& rule, Reader& reader) {
  if (!rule.max_restarts) return;
  if (rule.action != FailureAction::kRestart)
    reader.add_error(base::invalid(reader.path_of("maxRestarts") +
                                   " goes with action Restart only, found action " +
                                   std::string(kActions[static_cast<size_t>(rule.action)])));
  if (rule.name.empty())
    reader.add_error(base::invalid(reader.path_of("name") +
                                   " is required with maxRestarts, which is counted under it"));
}

Result<FailureRule> decode_rule(const Json& json, const std::string& path) {
  FailureRule rule;
  Reader reader(json, path);
  rule.name = read_name(reader);
  rule.exit_codes = reader.integers("exitCodes", 32, {1, 255});
  rule.signals = read_words(reader, "signals", kSignalNames);
  rule.reasons = read_words(reader, "reasons", kCauses);
  if (const auto action = reader.require("action").one_of("action", kActions))
    rule.action =
        static_cast<FailureAction>(std::ranges::find(kActions, *action) - kActions.begin());
  if (const auto restarts = reader.integer("maxRestarts", kBudget))
    rule.max_restarts = static_cast<int>(*restarts);
  if (reader.finish_lenient()) {
    check_conditions(rule, reader);
    check_budget(rule, reader);
  }
  CRESSET_CHECK(reader.finish());
  return rule;
}

void check_names(const std::vector<FailureRule>& rules, Reader& reader) {
  for (size_t i = 0; i < rules.size(); ++i)
    for (size_t other = 0; other < i; ++other)
      if (!rules[i].name.empty() && rules[i].name == rules[other].name)
        reader.add_error(base::invalid(reader.path_of("rules") + "[" + std::to_string(i) +
                                       "].name \"" + rules[i].name + "\" is that of rules[" +
                                       std::to_string(other) + "] too"));
}

}  // namespace

Verdict judge(const FailurePolicy& policy, const WorkerEnd& end) {
  for (const auto& rule : policy.rules)
    if (fits(rule, end)) return {rule.action, &rule};
  if (end.cause == cause::kBadInput) return {FailureAction::kFail};
  for (const auto taken : {cause::kEvicted, cause::kPreempted, cause::kDrained, cause::kNodeLost})
    if (end.cause == taken) return {FailureAction::kRestartUncharged};
  return {FailureAction::kRestart};
}

std::string describe_rule(const FailurePolicy& policy, const FailureRule& rule) {
  const std::string place =
      "spec.failurePolicy.rules[" + std::to_string(&rule - policy.rules.data()) + "]";
  return rule.name.empty() ? place : place + " (" + rule.name + ")";
}

int restarts_allowed(const FailurePolicy& policy, const Verdict& verdict) {
  return verdict.budget().empty() ? policy.max_restarts : *verdict.rule->max_restarts;
}

std::string budget_field(const FailurePolicy& policy, const Verdict& verdict) {
  if (verdict.budget().empty()) return "spec.failurePolicy.maxRestarts";
  return "maxRestarts of " + describe_rule(policy, *verdict.rule);
}

int Budgets::spent(const Verdict& verdict) const {
  if (verdict.budget().empty()) return restarts;
  const auto found = restarts_by_rule.find(verdict.budget());
  return found == restarts_by_rule.end() ? 0 : found->second;
}

bool Budgets::spend(const FailurePolicy& policy, const Verdict& verdict,
                    std::optional<int64_t> checkpoint_step) {
  if (!verdict.charged()) return true;
  if (spent(verdict) >= restarts_allowed(policy, verdict)) return false;
  ++(verdict.budget().empty() ? restarts : restarts_by_rule[verdict.budget()]);
  budget_step = std::max(budget_step.value_or(0), checkpoint_step.value_or(0));
  return true;
}

bool Budgets::refill(const FailurePolicy& policy, std::optional<int64_t> checkpoint_step) {
  if (restarts == 0 && restarts_by_rule.empty()) return false;
  if (!policy.refill_steps || !budget_step || !checkpoint_step) return false;
  if (*checkpoint_step - *budget_step < *policy.refill_steps) return false;
  *this = {.budget_step = checkpoint_step};
  return true;
}

std::string_view cause_of_code(int exit_code) {
  return signal_of(exit_code) != nullptr ? cause::kSignal : cause::kExitCode;
}

Result<FailurePolicy> decode_failure_policy(const Json& json, const std::string& path) {
  FailurePolicy policy;
  Reader reader(json, path);
  if (const auto restarts = reader.integer("maxRestarts", kBudget))
    policy.max_restarts = static_cast<int>(*restarts);
  policy.refill_steps = reader.integer("refillSteps", {1, 1000000000});
  if (const Json* rules = reader.array("rules", kMostRules))
    for (size_t i = 0; i < rules->size(); ++i) {
      CRESSET_TRY(
          rule, decode_rule((*rules)[i], reader.path_of("rules") + "[" + std::to_string(i) + "]"));
      policy.rules.push_back(std::move(rule));
    }
  check_names(policy.rules, reader);
  CRESSET_CHECK(reader.finish());
  return policy;
}

Json encode(const FailurePolicy& policy) {
  Json json = {{"maxRestarts", policy.max_restarts}};
  if (policy.refill_steps) json["refillSteps"] = *policy.refill_steps;
  for (const auto& rule : policy.rules) {
    Json one = {{"action", kActions[static_cast<size_t>(rule.action)]}};
    if (!rule.name.empty()) one["name"] = rule.name;
    if (rule.exit_codes) one["exitCodes"] = *rule.exit_codes;
    if (!rule.signals.empty()) one["signals"] = rule.signals;
    if (!rule.reasons.empty()) one["reasons"] = rule.reasons;
    if (rule.max_restarts) one["maxRestarts"] = *rule.max_restarts;
    json["rules"].push_back(std::move(one));
  }
  return json;
}

}  // namespace cresset::crds
