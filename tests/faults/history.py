"""All that happens in the cluster, by namespace, from watches of the driver's own that no fault touches."""
import collections
import threading

KINDS = ("trainingjobs", "modelservices", "pods", "services", "networkpolicies", "deployments", "replicasets",
         "secrets")
Event = collections.namedtuple("Event", "version type kind object")


class History:
    def __init__(self, api):
        self.api = api
        self.changed = threading.Condition()
        self.now = collections.defaultdict(dict)  # namespace -> {(kind, name): object}
        self.events = collections.defaultdict(list)  # namespace -> [Event]
        self.stopped = False
        self.broken = None
        for kind in KINDS:
            threading.Thread(target=self.follow, args=(kind,), daemon=True).start()

    def follow(self, kind):
        try:
            for what, thing in self.api.watch(kind, lambda: self.stopped):
                meta = thing["metadata"]
                with self.changed:
                    namespace = meta["namespace"]
                    self.events[namespace].append(Event(int(meta["resourceVersion"]), what, kind, thing))
                    if what == "DELETED":
                        self.now[namespace].pop((kind, meta["name"]), None)
                    else:
                        self.now[namespace][kind, meta["name"]] = thing
                    self.changed.notify_all()
        except Exception as error:  # the thread's last word; every wait looks at it
            if not self.stopped:
                self.broken = f"the driver's own watch of {kind}: {error!r}"

    def of(self, namespace, kind):
        with self.changed:
            return [thing for (one, _), thing in self.now[namespace].items() if one == kind]

    def snapshot(self, namespace):
        with self.changed:
            return dict(self.now[namespace]), sorted(self.events[namespace], key=lambda event: event.version)

    def forget(self, namespace):
        with self.changed:
            self.now.pop(namespace, None)
            self.events.pop(namespace, None)
