#include "operator/cli/top.h"

#include <unistd.h>

#include <cstdio>
#include <thread>

#include "operator/cli/cluster.h"
#include "operator/cli/window.h"
#include "operator/kube/core/refusal.h"

namespace cresset::cli {

using base::Result;

namespace {

constexpr std::chrono::seconds kBetween{2};

// The API server orders a list by namespace and name.
template <typename Object, typename Decode>
Result<std::vector<Object>> list_all(kube::Api& api, const kube::Resource& resource,
                                     const std::string& ns, Decode decode) {
  const auto page = api.list(resource, {.ns = ns});
  if (!page)
    return base::fail(base::Error(page.error().kind(), kube::refusal_text(resource, page.error())));
  std::vector<Object> found;
  page->root().find("/items").each_item([&](const kube::JsonView& item) {
    if (auto object = decode(kube::object_json(item))) found.push_back(std::move(*object));
  });
  return found;
}

Result<int> top(const TopOptions& options) {
  CRESSET_TRY(config, cluster_of(options.kubeconfig, options.extra_ca_file));
  const std::string ns = options.all_namespaces ? ""
                         : options.ns.empty()   ? config.default_namespace
                                                : options.ns;
  kube::Client client(config, base::Log(base::LogLevel::kError));
  const base::SystemClock clock;
  const bool terminal = !options.once && isatty(STDOUT_FILENO) == 1;
  if (terminal) std::fputs("\033[2J", stdout);
  while (true) {
    const auto shown = list_shown(client, ns);
    if (!shown && options.once) {
      std::fprintf(stderr, "cresset: %s\n", shown.error().message().c_str());
      return kNotDone;
    }
    const std::string text = shown ? top_text(*shown, options.all_namespaces, clock.wall())
                                   : shown.error().message() + "\n";
    std::fputs((terminal ? framed(text, window_of(stdout)) : text).c_str(), stdout);
    if (options.once) return kDone;
    std::fflush(stdout);
    std::this_thread::sleep_for(kBetween);
  }
}

}  // namespace

Result<Shown> list_shown(kube::Api& api, const std::string& ns) {
  Shown shown;
  CRESSET_TRY(jobs,
              list_all<crds::TrainingJob>(api, kube::kTrainingJobs, ns, crds::decode_training_job));
  CRESSET_TRY(services, list_all<crds::ModelService>(api, kube::kModelServices, ns,
                                                     crds::decode_model_service));
  shown.jobs = std::move(jobs);
  shown.services = std::move(services);
  return shown;
}

int top_command(const TopOptions& options) {
  const auto code = top(options);
  if (code) return *code;
  std::fprintf(stderr, "cresset: %s\n", code.error().message().c_str());
  return kNobodyToAsk;
}

}  // namespace cresset::cli
