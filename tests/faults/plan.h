#pragma once
// Plan: what one run of the fault proxy does wrong, read from JSON. A rule says which requests or
// watch events it is about (fields that it does not name fit all; "type": of an event; "initial":
// only watches that begin with all there is; "continued": only later pages of lists), from the n-th
// of these on and how often, and what is done:
//
//   {"rules": [{"on": "request", "verb": "create", "resource": "pods", "n": 2, "do":
//   "kill_after_commit"}]}
//
// on request:
//   kill_before, kill_after_commit, kill_after_reply  SIGKILL to the operator
//   swallow         a write that is done, and no answer
//   duplicate       sent twice, or, with ms, once more when that has passed; the second answer is
//                   told
//   delay           (ms)
//   answer          (status, reason, retry_after) not forwarded
//   close           no answer, not forwarded
//   goodbye         answered with "Connection: close", as who drains, and closed
//   hang_up         answered, and closed without a word, as who was idle
//   storm           every connection breaks, this one unanswered, `times` times, ms apart; between
//                   them new ones are served
//   half_open       every connection falls silent, this one unanswered: nothing passes any more,
//                   either way, and none is closed but by the operator; new ones are served
//   pages           a list that has a limit is answered in pages of `limit`
//   no_initial_end  a watch that never says where its initial events end
//   certificate     every connection breaks, this one unanswered; new ones are shown, for ms, a
//                   certificate that has "expired", is for "other_host" or of a "stranger", or for
//                   good one of a new authority ("rotated"), which then stands beside the old one
//                   in the file of authorities
//   mark            notes the version before it; goes with other rules
//   time_travel     kill after the reply; what starts next gets lists and watches with initial
//                   events that allow any age as they were at the mark, and nothing newer than
//                   these for ms. (Ours asks for nothing of any age: only under the mutant
//                   any_age_lists is it shown the past.)
// on event:
//   hold            of that resource for ms, then in order; "compress": only the newest of each
//                   object
//   duplicate       (times)
//   gone            an ERROR 410, then the end
//   rewind          gone; then what allows any age of that resource is as at the mark, and nothing
//                   newer is told for ms
//   replay          the end after it; who goes on watching is told all since the mark once more
//   mark            notes the event's version
//   truncate        a part of it, then the end. Where: `at` thousandths of the line (500 if not
//                   said), or with in_character in the first character of several bytes
//   split           (at, in_character) that part, and the rest after ms
//   drip            a byte at a time
//   trickle         it a byte each ms, and each line that follows after as long
//   half_open       this watch's connection alone falls silent
//   drop_bookmarks
//   corrupt         `value` at `path` (a JSON pointer into the event), or nothing there if it is
//                   not given; the true event follows after ms
// mutants, for tests of the oracles: strip_delete_uid, strip_status_version (a server that forgets
// preconditions), any_age_lists (one that shows the past also to those who ask for the newest of a
// kind: what an operator would see that asks for any age; who asks for one object gets it as it
// is).

#include <mutex>
#include <optional>
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
  std::string verb, resource, subresource, name, type;  // "" = any
  bool initial = false;
  bool continued = false;
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
  int at = 500;
  bool in_character = false;
  int limit = 1;
  std::string certificate;
  std::string path;
  std::optional<base::Json> value;
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
  std::vector<Rule> due(const std::string& on, const Call& call, const std::string& name,
                        const std::string& type = "");
  bool mutant(const std::string& name) const { return plan_.mutants.contains(name); }

 private:
  Plan plan_;
  std::mutex mutex_;
  std::vector<int> seen_;
};

}  // namespace cresset::faults
