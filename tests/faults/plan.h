#pragma once
// Plan: what one run of the fault proxy does wrong, read from JSON. A rule says which requests or
// watch events it is about (fields that it does not name fit all), from the n-th of these on and
// how often, and what is done:
//
//   {"rules": [{"on": "request", "verb": "create", "resource": "pods", "n": 2, "do":
//   "kill_after_commit"}]}
//
// on request: kill_before, kill_after_commit, kill_after_reply (SIGKILL to the operator), swallow
// (a
//   write that is done, no answer), duplicate (sent twice, or, with ms, once more when that has
//   passed, the second answer is told), delay (ms), answer (status, reason, retry_after; not
//   forwarded), close (no answer, not forwarded), mark (notes the version before it; goes with
//   other rules), time_travel (kill after the reply; what starts next gets its lists as they were
//   at the mark, and nothing newer for ms).
// on event: hold (of that resource for ms, then in order; "compress": only the newest of each
// object),
//   duplicate (times), gone (an ERROR 410, then the end), truncate (half of it, then the end), drip
//   (a byte at a time), half_open (nothing more, and no end), drop_bookmarks.
// mutants: strip_delete_uid, strip_status_version: a server that forgets preconditions;
// any_age_lists:
//   one that shows the past also to lists that ask for the newest. For tests of the oracles.

#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "operator/base/json.h"
#include "operator/base/result.h"
#include "tests/faults/call.h"

namespace cresset::faults {

struct Rule {
  int index = 0;
  std::string on;
  std::string verb, resource, subresource, name;  // "" = any
  int n = 1;
  int count = 1;
  std::string action;
  int ms = 0;
  int times = 1;
  int status = 500;
  std::string reason;
  std::string message;
  int retry_after = -1;
  bool compress = false;
};

struct Plan {
  std::vector<Rule> rules;
  std::set<std::string> mutants;
};

base::Result<Plan> parse_plan(const base::Json& json);

// Counts what passes by and tells which rules are due. Any thread.
class Matcher {
 public:
  explicit Matcher(Plan plan) : plan_(std::move(plan)), seen_(plan_.rules.size(), 0) {}
  // Copies of the rules that are due now; `name` is the object's (of a create, from its body).
  std::vector<Rule> due(const std::string& on, const Call& call, const std::string& name);
  bool mutant(const std::string& name) const { return plan_.mutants.contains(name); }

 private:
  Plan plan_;
  std::mutex mutex_;
  std::vector<int> seen_;
};

}  // namespace cresset::faults
