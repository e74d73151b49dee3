#include "controllers/training_job/observe.h"

#include "controllers/training_job/service.h"

namespace cresset::controllers::training_job {

Observed observe(const crds::TrainingJob& job, const runtime::Store<Pod>& pods,
                 const runtime::Store<Child>& services,
                 const runtime::Store<Child>& network_policies, const ReportsOf& reports_of) {
  const kube::ObjectKey child{job.meta.ns, service_name(job.meta.name)};
  return {.pods = owned_by(pods, job.meta.ns, job.meta.uid),
          .service = own_child(services, child, job.meta.uid),
          .network_policy = own_child(network_policies, child, job.meta.uid),
          .reports = reports_of(job.meta.uid)};
}

}  // namespace cresset::controllers::training_job
