#pragma once
// Desk: answers one request: who is it, may they, what do they get. A request for membership ends
// in the waiting room, whose next look answers it. Blocks while a token is reviewed. Any thread;
// owned by the server.

#include "operator/coordination/routes.h"
#include "operator/coordination/server.h"
#include "operator/coordination/waiting_room.h"

namespace cresset::coordination {

class Desk {
 public:
  // `look` has the waiting room looked through for that job soon.
  using Look = std::function<void(const kube::ObjectKey& job)>;
  Desk(const CoordinationOptions& options, const CoordinationSources& sources,
       TokenReviewer& reviewer, Reports& reports, WaitingRoom& room, base::Clock& clock, Look look);
  void serve(const net::ServerRequest& request, net::Reply reply);

 private:
  net::ServerResponse progress(const ProgressRoute& route, const Caller& caller,
                               const std::string& body);
  net::ServerResponse load(const Caller& caller, const std::string& body);
  void membership(const MembershipRoute& route, const Caller& caller, net::Reply reply);

  const CoordinationOptions& options_;
  const CoordinationSources& sources_;
  TokenReviewer& reviewer_;
  Reports& reports_;
  WaitingRoom& room_;
  base::Clock& clock_;
  Look look_;
};

}  // namespace cresset::coordination
