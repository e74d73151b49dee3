"""What a job reads, keeps and writes, and a service loads, in each kind of store as in files: by the real programs."""
import contextlib
import hashlib
import io
import json
import os
import pathlib
import re
import signal
import subprocess
import urllib.request

import numpy
import pyarrow
import pyarrow.parquet
import pytest

from tests.stores.breaking import Breaking
from tests.support.cluster import BUILD, wait_until
from tests.support.operator import free_port

CRESSET, WORKER = BUILD / "operator" / "cresset", BUILD / "worker" / "cresset-worker"
# What a URL, a shell or a listing might take apart.
NAMES = ["we ird", "ü", "a+b", "a%20b", "x=1&y=2", "it's", "c:d", "(1)", "~"]


def points(seed, rows):
    x = numpy.random.default_rng(seed).normal(size=(rows, 4)).astype("float32")
    return pyarrow.table({**{f"x{i}": x[:, i] for i in range(4)}, "side": (x[:, 0] > x[:, 1]).astype("int64")})


def parquet(table, rows_of_group):
    into = io.BytesIO()
    pyarrow.parquet.write_table(table, into, row_group_size=rows_of_group)
    return into.getvalue()


DATA = {f"data/train/{name}/{i}.parquet": parquet(points(i, 400), 100) for i, name in enumerate(NAMES)}
DATA |= {"data/train/_SUCCESS": b"", "data/held/part-1.parquet": parquet(points(99, 200), 200), "data/held/notes.txt": b"none of it"}


def job(uri, endpoint, streaming=None, **spec):
    data = {"train": {"uri": uri("data/train")}, "validation": {"uri": uri("data/held/part-*.parquet")}, "label": "side"}
    if streaming is not None:
        data["streaming"] = streaming
    return {"apiVersion": "cresset.dev/v1alpha1", "kind": "TrainingJob", "metadata": {"name": "points"}, "spec": {
        "workers": {"count": 1}, "storage": {"endpoint": endpoint} if endpoint else {},
        "training": {"model": {"architecture": "mlp", "parameters": {"hidden": [8]}}, "data": data, "epochs": 6, "batchSize": 16},
        "checkpoint": {"uri": uri("models/checkpoints"), "everySteps": 400, "keep": 2}, "output": {"uri": uri("models/points")}, **spec}}


@contextlib.contextmanager
def running(folder, text, environment=None):
    """`cresset run`, in a process group of its own; ended with the context."""
    (folder / "job.yaml").write_text(json.dumps(text))
    variables = {**os.environ, **(environment or {}), "CRESSET_WORKER": str(WORKER), "OMP_NUM_THREADS": "1"}
    with subprocess.Popen([str(CRESSET), "run", str(folder / "job.yaml")], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          env=variables, start_new_session=True) as process:
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def run(folder, text, environment=None):
    """Exit code and output."""
    with running(folder, text, environment) as process:
        output = process.communicate(timeout=120)[0]
        return process.returncode, output


def worker_of(process):
    children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return int(children[0])


def digest_of(data):
    """Of the data set, as `sha256sum` of the lines that it prints for the files."""
    lines = [f"{hashlib.sha256(data[path]).hexdigest()}  {path.removeprefix('data/train/')}\n" for path in sorted(data)
             if path.startswith("data/train/") and path.endswith(".parquet")]
    return "sha256:" + hashlib.sha256("".join(lines).encode()).hexdigest()


STREAMING = {"shuffleWindow": 500, "memoryMiB": 1}
WAYS = {"held": None, "streamed": STREAMING}


@pytest.fixture(scope="session", params=list(WAYS))
def way(request):
    return request.param


@pytest.fixture(scope="session")
def weights_of_files(tmp_path_factory):
    """What a job learns that reads files and is never disturbed, by the way that it reads them."""
    folder, learnt = tmp_path_factory.mktemp("files"), {}
    for path, content in DATA.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)

    def weights(way):
        if way not in learnt:
            text = job(lambda path: f"file://{folder}/{path}", "", WAYS[way], output={"uri": f"file://{folder}/{way}"})
            code, output = run(folder, text)
            assert code == 0, output
            learnt[way] = (folder / way / "1" / "weights.safetensors").read_bytes()
        return learnt[way]

    return weights


@pytest.fixture(scope="session")
def filled(store):
    for path, content in DATA.items():
        store.write(path, content)
    return store


def test_a_job_that_is_killed_goes_on_from_its_checkpoint_and_learns_what_it_learns_of_files(filled, way, weights_of_files, tmp_path):
    text = job(filled.uri, filled.endpoint, WAYS[way], output={"uri": filled.uri(f"models/{way}")},
               checkpoint={"uri": filled.uri(f"models/checkpoints-{way}"), "everySteps": 400, "keep": 2})
    with running(tmp_path, text, filled.environment) as process:
        wait_until(lambda: [path for path in filled.paths(f"models/checkpoints-{way}") if path.endswith("manifest.json")] or
                   process.poll() is not None, "a checkpoint")
        os.kill(worker_of(process), signal.SIGKILL)
        output = process.communicate(timeout=120)[0]
    assert process.returncode == 0, output
    log = pathlib.Path(re.search(r"logs are in (\S+)", output)[1], "worker-0.log").read_text()
    assert '"message":"checkpoint restored"' in log, log
    model = f"models/{way}/1"
    assert filled.read(f"{model}/weights.safetensors") == weights_of_files(way)
    assert json.loads(filled.read(f"{model}/model.json"))["data"]["digest"] == digest_of(DATA)
    kept = [path for path in filled.paths(f"models/checkpoints-{way}") if path.endswith("manifest.json")]
    assert 1 <= len(kept) <= text["spec"]["checkpoint"]["keep"] and "old checkpoints stay" not in log, f"{kept}\n{log}"


def test_a_store_that_breaks_off_its_answers_is_asked_again(filled, weights_of_files, tmp_path):
    with Breaking(filled.endpoint, cuts=1, after=3000) as broken:
        text = job(filled.uri, broken.endpoint, STREAMING, output={"uri": filled.uri("models/broken")})
        del text["spec"]["checkpoint"]
        code, output = run(tmp_path, text, filled.environment)
        assert broken.cuts == 0
    assert code == 0, output
    assert filled.read("models/broken/1/weights.safetensors") == weights_of_files("streamed")


WRONG = {
    "an object": ({"training": "data/nothing.parquet"},
                  "spec.training.data.train.uri: reading URI/data/nothing.parquet: it does not exist; check the path"),
    "a glob": ({"training": "data/tr*n/*.csv"}, "spec.training.data.train.uri: URI/data/tr*n/*.csv matches no file; check the path"),
    "a bucket": ({"training": "nowhere/points.parquet"},
                 'spec.training.data.train.uri: reading URI/nowhere/points.parquet: the bucket "nowhere" does not exist at STORE; check its name'),
    "a bucket of models": ({"output": "nowhere/points"},
                           'spec.output.uri: listing URI/nowhere/points: the bucket "nowhere" does not exist at STORE; check its name'),
}


@pytest.mark.parametrize("what", list(WRONG))
def test_what_is_not_there_is_named(filled, what, tmp_path):
    places, words = WRONG[what]
    text = job(filled.uri, filled.endpoint)
    if "training" in places:
        text["spec"]["training"]["data"]["train"]["uri"] = filled.uri(places["training"])
    if "output" in places:
        text["spec"]["output"]["uri"] = filled.uri(places["output"])
    code, output = run(tmp_path, text, filled.environment)
    assert code == 1
    assert words.replace("URI/", filled.uri("")).replace("STORE", filled.endpoint) in output, output


def test_a_service_loads_its_model_and_names_the_one_that_is_missing(filled, tmp_path):
    text = job(filled.uri, filled.endpoint, output={"uri": filled.uri("models/served")})
    text["spec"]["training"]["epochs"] = 1
    del text["spec"]["checkpoint"]
    assert run(tmp_path, text, filled.environment)[0] == 0
    config = {"namespace": "team", "name": "points", "revision": "1", "storage": {"endpoint": filled.endpoint}}
    port = free_port()
    for version in ("1", "2"):
        words = {**config, "model": {"uri": filled.uri(f"models/served/{version}"), "digest": ""}}
        environment = {**os.environ, **filled.environment, "CRESSET_CONFIG": json.dumps(words)}
        with subprocess.Popen([str(WORKER), "serve", "--address", "127.0.0.1", "--port", str(port), "--last-words", str(tmp_path / "words")],
                              env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as server:
            if version == "1":
                wait_until(lambda: is_ready(port), "the model answers")
                server.terminate()
            output = server.communicate(timeout=30)[0]
    uri = filled.uri("models/served/2")
    assert f"spec.model {uri}: reading {uri}/manifest.json: it does not exist; check the path" in output.replace("\\/", "/"), output


def is_ready(port):
    with contextlib.suppress(OSError):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/health/ready", timeout=5) as answer:
            return answer.status == 200
    return False
