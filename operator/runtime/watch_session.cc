#include "operator/runtime/watch_session.h"

#include "operator/runtime/list_pages.h"

namespace cresset::runtime {

namespace {

constexpr auto kShortWatch = std::chrono::seconds(1);

}  // namespace

WatchSession::WatchSession(kube::Api& api, const InformerOptions& options, SyncPolicy& policy,
                           const ListWatchCallbacks& callbacks, Signs signs, base::Clock& clock,
                           base::Log log)
    : api_(api),
      options_(options),
      policy_(policy),
      callbacks_(callbacks),
      signs_(std::move(signs)),
      clock_(clock),
      log_(std::move(log)) {}

base::Result<void> WatchSession::run(int timeout_seconds, std::stop_token stop) {
  const std::stop_callback forward(stop, [this] { stop_.request_stop(); });
  const auto begun = clock_.mono();
  initial_ = policy_.next() == SyncPolicy::Ask::kStream;
  if (initial_) {
    callbacks_.begin_list();
    patience_.emplace(clock_, kEndPatience, [this] { stop_.request_stop(); });
  }
  const kube::WatchOptions from{
      .ns = options_.ns,
      .label_selector = options_.label_selector,
      .field_selector = options_.field_selector,
      .resource_version = policy_.version(),
      .timeout_seconds = timeout_seconds,
      .initial_events = initial_,
      // A quiet kind tells nothing for a minute. One that begins with all there is never is quiet.
      .on_open = initial_ ? std::function<void()>() : signs_.opened};
  const auto ended = api_.watch(options_.resource, from, stop_.get_token(),
                                [this](const kube::WatchEvent& event) { on_event(event); });
  return verdict(ended, begun);
}

base::Result<void> WatchSession::verdict(const base::Result<void>& ended,
                                         base::MonoTime begun) const {
  if (told_) return base::fail(*told_);
  if (patience_ && patience_->is_over())
    return base::fail(base::unsupported("the server did not say within " +
                                        std::to_string(kEndPatience.count()) +
                                        " s where the initial events end"));
  if (!ended) return base::fail(ended.error());
  if (initial_)
    return base::fail(base::unsupported("the watch ended before its initial events did"));
  if (events_ == 0 && clock_.mono() - begun < kShortWatch)
    return base::fail(base::unavailable("the watch ended at once and without an event"));
  return {};
}

void WatchSession::on_event(const kube::WatchEvent& event) {
  if (told_) return;
  ++events_;
  if (event.type == kube::WatchEventType::kError)
    return end_with(kube::status_error(static_cast<int>(event.object.number_at("/code", 500)),
                                       base::dump(event.object.json())));
  if (initial_ || !policy_.is_past(event.object.text_at("/metadata/resourceVersion")))
    on_news(event);
  else
    log_.debug("watch event skipped: it is older than what was seen");
  if (!told_) signs_.served();
}

void WatchSession::on_news(const kube::WatchEvent& event) {
  if (event.type != kube::WatchEventType::kBookmark) return on_object(event);
  if (initial_) return on_initial_bookmark(event);
  policy_.saw(std::string(event.object.text_at("/metadata/resourceVersion")));
}

// The versions of the initial events are in no order; the bookmark at their end has that of all.
void WatchSession::on_initial_bookmark(const kube::WatchEvent& event) {
  if (!kube::ends_initial_events(event)) return;
  const std::string version(event.object.text_at("/metadata/resourceVersion"));
  if (version.empty())
    return end_with(base::unsupported("the end of the initial events has no version"));
  initial_ = false;
  patience_.reset();
  callbacks_.end_list();
  policy_.synced(version);
}

void WatchSession::on_object(const kube::WatchEvent& event) {
  if (!is_of(event.object, options_.resource)) {
    log_.warn("watch event skipped: not an object of this kind",
              {{"kind", std::string(event.object.text_at("/kind"))}});
    return;
  }
  if (event.type == kube::WatchEventType::kDeleted)
    callbacks_.deleted(event.object);
  else
    callbacks_.put(event.object);
  if (initial_)
    patience_->renew();
  else
    policy_.saw(std::string(event.object.text_at("/metadata/resourceVersion")));
}

void WatchSession::end_with(base::Error error) {
  told_ = std::move(error);
  stop_.request_stop();
}

}  // namespace cresset::runtime
