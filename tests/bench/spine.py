#!/usr/bin/env python3
"""./dev bench spine: what the spine costs, on the cluster that `./dev up` and `./dev demo --keep` left.

Rows: seconds of demo and test, cold and warm; pod create to Ready and our share of it; first answer from
zero; sizes of images; memory of operator, gateway, worker. Demo and test are not run here: their own files
are read (build/demo.json, build/test/STAGE/seconds) and kept under the label given, so that a cold run can
be noted before it is warm; a run that has another label already is not noted again:

    ./dev demo && ./dev bench spine --label cold; ./dev demo --keep && ./dev bench spine --label warm
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "bench"), str(ROOT / "e2e" / "stories"), str(ROOT / "e2e" / "images")]

import images  # noqa: E402
import pods  # noqa: E402
from frame import Bench  # noqa: E402
from support.kube import CommandFailed, Kube, wait_for  # noqa: E402

KEPT = ROOT / "build" / "bench" / "spine-runs.json"
STAGES = ("lint", "build", "unit", "integration", "sanitizers", "stories")
BARE = """
apiVersion: v1
kind: Pod
metadata: {{name: {name}, labels: {{bench: bare}}}}
spec:
  terminationGracePeriodSeconds: 0
  securityContext: {{runAsNonRoot: true, runAsUser: 65532, seccompProfile: {{type: RuntimeDefault}}}}
  containers:
  - name: pause
    image: "{image}"
    imagePullPolicy: Never
    securityContext: {{allowPrivilegeEscalation: false, capabilities: {{drop: [ALL]}}}}
"""


def is_its_own(kept, label, what, *files):
    """Whether the last ./dev WHAT, which left these files, was noted under no other label; then it is now this one's."""
    when = max(path.stat().st_mtime_ns for path in files)
    others = [name for name, run in kept.items() if name != label and run.get(f"{what}_written") == when]
    if others:
        print(f"the last ./dev {what} is noted as {others[0]} already: run it once more to note it as {label}", file=sys.stderr)
        return False
    kept[label][f"{what}_written"] = when
    return True


def read_runs(label):
    """What the last demo and test noted, kept under `label`; answers all labels."""
    kept = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    run = kept.setdefault(label, {})
    demo = ROOT / "build" / "demo.json"
    if demo.exists() and is_its_own(kept, label, "demo", demo):
        figures = json.loads(demo.read_text())
        run.update({"demo": figures["seconds_total"], "first_answer": figures["seconds_first_answer_from_zero"]})
    stages = {stage: ROOT / "build" / "test" / stage / "seconds" for stage in STAGES}
    if all(path.exists() for path in stages.values()) and is_its_own(kept, label, "test", *stages.values()):
        run["test"] = sum(float(path.read_text()) for path in stages.values())
    KEPT.parent.mkdir(parents=True, exist_ok=True)
    KEPT.write_text(json.dumps(kept, indent=1) + "\n")
    return kept


def rows_of_runs(bench, kept):
    for key in ("demo", "test"):
        for label in ("cold", "warm"):
            seconds = kept.get(label, {}).get(key)
            if seconds is None:
                bench.missing(f"./dev {key}, {label}", "s", f"run ./dev {key}, then ./dev bench spine --label {label}")
            else:
                bench.row(f"./dev {key}, {label}", "s", seconds)


def bare_pod(kube, image, number=iter(range(1000))):
    """Create to running and Ready of a pod that does nothing: the cluster's share."""
    name = f"bench-bare-{next(number)}"
    with pods.PodWatch(kube, "bench=bare") as watch:
        started = time.monotonic()
        kube.apply(BARE.format(name=name, image=image))
        times = watch.times(set(), started)
    kube.run("delete", "pod", name, "--wait=true")
    return times


def replica(kube, service):
    """Create to running and Ready of one more replica of a served model."""
    selector = f"cresset.dev/model-service={service}"
    count = kube.get("modelservice", service)["spec"].get("replicas", 1)
    known = pods.names(kube, selector)
    with pods.PodWatch(kube, selector) as watch:
        started = time.monotonic()
        kube.run("scale", "modelservice", service, f"--replicas={count + 1}")
        times = watch.times(known, started)
    kube.run("scale", "modelservice", service, f"--replicas={count}")
    wait_for("the replica to leave", lambda: len(pods.names(kube, selector)) == count, 90)
    return times


def rows_of_pods(bench, kube, options, kept):
    names = {"replica": "pod create to Ready, serving replica", "first": "first answer from zero"}
    try:
        # A service that scales itself would fight `kubectl scale`.
        service = options.service if kube.get("modelservice", options.service) else None
    except (CommandFailed, OSError) as error:
        service, why = None, str(error)
    else:
        why = f"no ModelService {options.service} in {kube.namespace}: ./dev demo --keep leaves one"
    if service is None:
        for name in names.values():
            bench.missing(name, "s", why)
        bench.missing("our share of it: container running to Ready", "s", why)
        return
    scaling = kube.get("modelservice", service)["spec"].get("scaling")
    if scaling:
        kube.run("patch", "modelservice", service, "--type=merge", "-p", '{"spec":{"scaling":null,"replicas":1}}')
        wait_for("one replica", lambda: len(pods.names(kube, f"cresset.dev/model-service={service}")) == 1, 120)
    try:
        results = bench.alternate({"ours": lambda: replica(kube, service),
                                   "bare": lambda: bare_pod(kube, options.pause_image)}, options.runs)
    finally:
        if scaling:
            kube.run("patch", "modelservice", service, "--type=merge", "-p", json.dumps({"spec": {"scaling": scaling}}))
    bare = [times["running"] for times in results["bare"]]
    bench.row(names["replica"], "s", [t["ready"] for t in results["ours"]], [t["ready"] for t in results["bare"]],
              "a bare pause pod")
    bench.row("our share of it: container running to Ready", "s", [t["ready"] - t["running"] for t in results["ours"]])
    first = [run["first_answer"] for run in kept.values() if "first_answer" in run]
    if first:
        bench.row(names["first"], "s", first, bare[:len(first)], "a bare pod's create to running")
    else:
        bench.missing(names["first"], "s", "run ./dev demo first")


def rows_of_sizes(bench):
    made = images.Images(ROOT, images.default_cache(os.environ), os.environ)
    built = made.built()
    for name in ("cresset", "cresset-worker", "cresset-worker-cuda"):
        if name in built:
            manifest = json.loads(made.store.path(built[name].digest).read_text())
            bench.row(f"image {name}", "MB", sum(layer["size"] for layer in manifest["layers"]) / 1e6)
        else:
            bench.missing(f"image {name}", "MB", f"run ./dev images {name} first")


def rows_of_memory(bench, kube, options):
    for what, namespace, prefix in (("operator", "cresset-system", "cresset-operator"),
                                    ("gateway", "cresset-system", "cresset-gateway"),
                                    ("worker (serving)", kube.namespace, options.service)):
        try:
            found = pods.memory_megabytes(kube, namespace, prefix)
        except (CommandFailed, OSError) as error:
            bench.missing(f"memory of the {what}", "MB", str(error))
            continue
        if found:
            bench.row(f"memory of the {what}", "MB", found)
        else:
            bench.missing(f"memory of the {what}", "MB", f"no pod {namespace}/{prefix}* is running")


def training_memory(kube, service, name="bench-training"):
    """Megabytes of each worker of the demo's job, made once more under another name and without an end."""
    job = kube.get("trainingjob", service)
    if job is None:
        raise OSError(f"no TrainingJob {service} in {kube.namespace}: ./dev demo --keep leaves one")
    spec = job["spec"]
    spec["training"]["epochs"] = 1000
    for part in {"output", "checkpoint"} & spec.keys():
        spec[part]["uri"] += "-" + name
    kube.apply(json.dumps({"apiVersion": "cresset.dev/v1alpha1", "kind": "TrainingJob", "metadata": {"name": name},
                           "spec": spec}))

    def of_all():
        found = pods.memory_megabytes(kube, kube.namespace, name)
        return found if len(found) == spec["workers"]["count"] else None

    try:
        wait_for("200 steps", lambda: kube.get("trainingjob", name).get("status", {}).get("step", 0) >= 200, 120)
        return wait_for("the kubelet to tell what each worker holds", of_all, 60)
    finally:
        kube.run("delete", "trainingjob", name, "--wait=true")


def row_of_training(bench, kube, options):
    what = "memory of the worker (training)"
    try:
        bench.row(what, "MB", training_memory(kube, options.service))
    except (CommandFailed, OSError, subprocess.SubprocessError) as error:  # a TimeoutError is an OSError
        bench.missing(what, "MB", str(error))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--label", choices=("cold", "warm"), default="warm", help="what the last demo and test were")
    parser.add_argument("--namespace", default="cresset-demo")
    parser.add_argument("--service", default="digits")
    parser.add_argument("--pause-image", default="localhost/pause:dev")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    kube = Kube([str(ROOT / "dev"), "kubectl"], os.environ["KUBECONFIG"], options.namespace)
    bench, kept = Bench("spine"), read_runs(options.label)
    rows_of_runs(bench, kept)
    rows_of_pods(bench, kube, options, kept)
    rows_of_sizes(bench)
    rows_of_memory(bench, kube, options)
    row_of_training(bench, kube, options)
    bench.write()


if __name__ == "__main__":
    main()
