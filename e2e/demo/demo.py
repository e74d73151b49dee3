#!/usr/bin/env python3
"""`./dev demo`: the story of the digits, told to somebody who sees Cresset for the first time.

Runs under the Python of ./dev. Writes build/demo.json and, for `cresset run`, build/demo. With --keep
everything stays up; a cluster that was up before stays up in any case. What an earlier demo left in its
namespace is deleted first.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "e2e" / "stories")]

import local_job  # noqa: E402
from digits.story import Digits  # noqa: E402
from support.kube import CLUSTER, Kube, wait_for  # noqa: E402

NAMESPACE = "cresset-demo"
LOG = ROOT / "build" / "demo.log"


class Teller:
    """Prints each step with its time, and tables indented below."""

    def __init__(self):
        self.started = time.monotonic()
        self.times = {}
        self.now = "the beginning"

    def step(self, title, action):
        self.now = title
        print(f"\n== {title}", flush=True)
        before = time.monotonic()
        result = action()
        self.times[title] = round(time.monotonic() - before, 1)
        print(f"   ({self.times[title]} s)", flush=True)
        return result

    def say(self, line):
        print(f"   {line}", flush=True)

    def show(self, table):
        print("\n".join("     " + line for line in table.splitlines()), flush=True)


def dev(*args):
    subprocess.run([str(ROOT / "dev"), *args], check=True, stdout=subprocess.DEVNULL if args[0] == "helm" else None)


def a_cluster_runs():
    """Also one that is not ready, which `./dev up` mends: it is not the demo's to end."""
    return subprocess.run([str(CLUSTER), "exec", "true"], capture_output=True, check=False).returncode == 0


def install():
    dev("helm", "upgrade", "--install", "cresset", str(ROOT / "helm" / "cresset"), "--namespace", "cresset-system",
        "--create-namespace", "--values", str(ROOT / "build" / "images" / "values.yaml"), "--wait", "--timeout", "120s")


def clean(kube, say):
    """Deletes what an earlier demo (kept, or stopped on its way) left, and waits for its end."""
    if kube.get("namespace", NAMESPACE) is None:
        say("nothing is there")
        return
    say(f"an earlier demo left the namespace {NAMESPACE}; it is deleted with all that is in it")
    kube.run("delete", "namespace", NAMESPACE, "--wait=false")
    wait_for(f"the end of namespace {NAMESPACE}", lambda: kube.get("namespace", NAMESPACE) is None, 120,
             explain=lambda: kube.run("get", "namespace", NAMESPACE, "-o", "yaml", check=False).stdout)


def tell(teller, options):
    teller.step("Programs and images: what is built already is not built again", lambda: dev("images"))
    teller.step("A Kubernetes cluster on this machine, in a network of its own", lambda: dev("up"))
    teller.step("Cresset is installed with its Helm chart", install)
    kube = Kube([str(ROOT / "dev"), "kubectl"], os.environ["KUBECONFIG"], NAMESPACE)
    story = Digits(kube, os.environ["CRESSET_GATEWAY"], os.environ.get("CRESSET_S3_IMAGE", "localhost/versitygw:dev"),
                   teller.say, teller.show)
    teller.step("Room for the demo: the namespace " + NAMESPACE, lambda: clean(kube, teller.say))
    teller.step("An S3 server gets 5,000 handwritten digits", story.upload)
    teller.step("kubectl apply -f training-job.yaml: two workers learn; one is killed on the way", story.train)
    teller.step("kubectl apply -f model-service.yaml: the model answers", story.serve)
    teller.step("How much one replica can answer", story.measure_capacity)
    teller.step("2.2 times as much with one replica", story.overload_without_scaling)
    teller.step("The same load with scaling: up", story.scale_up)
    teller.step("... and down to zero", story.sleep)
    teller.step("A request wakes it", story.wake)
    if not options.keep:
        teller.step("Everything is deleted", story.delete)
        kube.run("delete", "namespace", NAMESPACE, "--wait=false", check=False)
    return story.figures


def reason(error):
    """One error in the words of a person who did not write it."""
    if isinstance(error, subprocess.CalledProcessError):
        return f"`{' '.join(map(str, error.cmd))}` ended with {error.returncode}; what it said is above"
    if isinstance(error, subprocess.TimeoutExpired):
        return f"`{' '.join(map(str, error.cmd))}` gave no answer in {error.timeout:.0f} s"
    if isinstance(error, (AssertionError, TimeoutError, RuntimeError)) and str(error):
        return str(error)
    return f"{type(error).__name__}: {error}"


def stop(teller, error, log=LOG):
    """The end of a demo that could not go on; the traceback goes into a file."""
    log.parent.mkdir(exist_ok=True)
    log.write_text("".join(traceback.format_exception(error)))
    print(f"""
The demo stops here.
  step     {teller.now}
  reason   {reason(error)}
  look at  ./dev kubectl -n {NAMESPACE} get trainingjobs,modelservices,pods,events
           ./dev kubectl -n cresset-system logs deployment/cresset-operator
           {log} (where in the code), {os.environ.get('CRESSET_AUDIT_LOG', 'the audit log')} (each request to the API server)
  then     ./dev demo starts over; ./dev down ends the cluster and leaves nothing behind""", file=sys.stderr)
    return 1


def goodbye(options, job, stays_up=False):
    if options.keep:
        print(f"""
Everything is still up. To look around:
  export KUBECONFIG={os.environ['KUBECONFIG']}
  ./dev kubectl -n {NAMESPACE} get trainingjobs,modelservices,pods
  curl -H "Authorization: Bearer $(./dev kubectl -n {NAMESPACE} create token default --audience cresset)" \\
       {os.environ['CRESSET_GATEWAY']}/{NAMESPACE}/digits/v2/models/digits
  ./dev down                 stops it all and leaves nothing behind""")
        return
    cluster = "./dev up                   the cluster alone, without Cresset: README.md says how to install it"
    if stays_up:
        print("\nThe cluster was up before this demo, so it stays up, with Cresset in it; ./dev down ends it.")
        cluster = "./dev kubectl              apply what is in manifests/samples/"
    print(f"""
What to try next, in {ROOT}:
  ./dev demo --keep          the same, and it stays up for you to look around
  {cluster}
  {local_job.PROGRAM} run {job.relative_to(ROOT)}
                             the same training on this machine, without a cluster""")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave cluster, job and service up")
    options = parser.parse_args()
    teller, was_up = Teller(), a_cluster_runs()
    try:
        figures = tell(teller, options)
        job = local_job.write(ROOT / "build" / "demo")
    except (Exception, KeyboardInterrupt) as error:
        return stop(teller, error)
    figures["seconds_total"] = round(time.monotonic() - teller.started, 1)
    figures["seconds_by_step"] = teller.times
    out = ROOT / "build" / "demo.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(figures, indent=2) + "\n")
    print(f"\nDone in {figures['seconds_total']:.0f} s; the figures are in {out.relative_to(ROOT)}.")
    goodbye(options, job, was_up)
    if not options.keep and not was_up:
        dev("down")
    return 0


if __name__ == "__main__":
    sys.exit(main())
