#pragma once
// WaitingRoom: the long polls for a next round. Holds replies, not threads: `look` answers those of
// the jobs given whose answer has come and those whose time is up (204). Any thread may add; owned
// by the server. Once closed, whoever waits and whoever comes later gets 503 at once.

#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "operator/base/clock.h"
#include "operator/coordination/membership.h"
#include "operator/net/server/http_server.h"

namespace cresset::coordination {

struct Waiter {
  kube::ObjectKey job;
  base::Uid job_uid;
  base::Uid pod;
  int after = 0;
  base::MonoTime until;
  net::Reply reply;
};

class WaitingRoom {
 public:
  // The group of a job as it is now; nothing when the job is gone.
  using GroupOf = std::function<std::optional<Group>(const kube::ObjectKey&, const base::Uid&)>;

  ~WaitingRoom();
  void add(Waiter waiter);
  void look(const std::set<kube::ObjectKey>& changed, base::MonoTime now, const GroupOf& group_of);
  // When the first one's time is up.
  std::optional<base::MonoTime> next() const;
  size_t size() const;
  void close(const std::string& why);

 private:
  mutable std::mutex mutex_;
  std::vector<Waiter> waiters_;
  std::optional<std::string> closed_;
};

net::ServerResponse json_response(int status, const base::Json& body);
// {"error": why}
net::ServerResponse error_response(int status, const std::string& why);
// kMember: 200, kGone: 410, kStranger: 403; nothing: it must wait.
std::optional<net::ServerResponse> response_of(const Answer& answer);

}  // namespace cresset::coordination
