#include "operator/cli/top_table.h"

#include <algorithm>
#include <utility>

#include "operator/base/clean_text.h"
#include "operator/cli/progress_line.h"

namespace cresset::cli {

namespace {

constexpr char kUnknown[] = "-";
constexpr size_t kMostCell = 253;  // as of a name
constexpr size_t kMostNote = 1024;
// In the order in which they matter.
constexpr const char* kTroubles[] = {"Failed", "Restarting"};

struct Row {
  std::vector<std::string> cells;
  std::string note = {};
};

std::string known(const std::string& text) { return text.empty() ? kUnknown : text; }

std::string of_all(int64_t done, int64_t all) {
  return all > 0 ? std::to_string(done) + "/" + std::to_string(all) : std::to_string(done);
}

// The message of what went wrong or is not there yet.
std::string note_of(const std::vector<kube::Condition>& conditions, const char* wanted) {
  for (const char* trouble : kTroubles)
    if (kube::is_true(conditions, trouble))
      return kube::find_condition(conditions, trouble)->message.str();
  if (kube::is_true(conditions, "Complete") || kube::is_true(conditions, "Suspended")) return "";
  const auto* found = kube::find_condition(conditions, wanted);
  return found != nullptr && !kube::is_true(conditions, wanted) ? found->message.str() : "";
}

Row row_of(const crds::TrainingJob& job, base::WallTime now) {
  const auto& status = job.status;
  const int64_t epochs = job.config.training.epochs;
  const bool began = status.step > 0;
  std::string checkpoint = kUnknown;
  if (status.checkpoint_time)
    checkpoint = clock_text(std::max<int64_t>(
        0, std::chrono::floor<std::chrono::seconds>(now - *status.checkpoint_time).count()));
  return {{job.meta.ns.str(), job.meta.name, known(status.state.str()),
           of_all(status.step, status.total_steps),
           began ? of_all(std::min(status.epoch + 1, epochs), epochs) : kUnknown,
           began ? decimal(status.loss, 4) : kUnknown,
           status.samples_per_second ? grouped(*status.samples_per_second) : kUnknown,
           status.remaining_seconds ? clock_text(*status.remaining_seconds) : kUnknown,
           std::to_string(status.restarts), checkpoint},
          note_of(status.conditions, "Running")};
}

Row row_of(const crds::ModelService& service) {
  const auto& status = service.status;
  const auto& scaling = status.scaling;
  std::string note = note_of(status.conditions, "Ready");
  if (note.empty()) note = note_of(status.conditions, "RolledOut");
  return {
      {service.meta.ns.str(), service.meta.name, known(status.state),
       of_all(status.ready_replicas, status.replicas),
       scaling ? std::to_string(scaling->min) + "-" + std::to_string(scaling->max) : kUnknown,
       scaling ? decimal(scaling->window_mean, 1) + "/" + decimal(scaling->target, 1) : kUnknown,
       known(status.revision), known(status.url)},
      std::move(note)};
}

std::string table_of(std::vector<Row> rows, bool namespaces) {
  std::vector<size_t> widths(rows.front().cells.size());
  for (auto& row : rows) {
    if (!namespaces) row.cells.front().clear();
    for (size_t i = 0; i < widths.size(); ++i) {
      row.cells[i] = base::clean_begin(row.cells[i], kMostCell);
      widths[i] = std::max(widths[i], row.cells[i].size());
    }
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = namespaces ? 0 : 1; i < widths.size(); ++i) {
      if (line.size() > 0) line += "  ";
      line += row.cells[i] + std::string(widths[i] - row.cells[i].size(), ' ');
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    if (!row.note.empty()) text += "  " + base::clean_begin(row.note, kMostNote) + "\n";
  }
  return text;
}

}  // namespace

std::string top_text(const Shown& shown, bool namespaces, base::WallTime now) {
  if (shown.jobs.empty() && shown.services.empty()) return "no TrainingJobs and no ModelServices\n";
  std::string text;
  if (!shown.jobs.empty()) {
    std::vector<Row> rows{{{"NAMESPACE", "JOB", "STATE", "STEP", "EPOCH", "LOSS", "SAMPLES/S",
                            "LEFT", "RESTARTS", "CHECKPOINT"}}};
    for (const auto& job : shown.jobs) rows.push_back(row_of(job, now));
    text += table_of(std::move(rows), namespaces);
  }
  if (shown.services.empty()) return text;
  std::vector<Row> rows{
      {{"NAMESPACE", "SERVICE", "STATE", "READY", "BOUNDS", "LOAD/TARGET", "REVISION", "URL"}}};
  for (const auto& service : shown.services) rows.push_back(row_of(service));
  return text + (text.empty() ? "" : "\n") + table_of(std::move(rows), namespaces);
}

}  // namespace cresset::cli
