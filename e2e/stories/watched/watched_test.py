"""What a person sees of a job with `cresset logs`, `get` and `top`: the lines of its pods come from the kubelet of the node."""
import os
import pathlib
import re
import subprocess

import pytest

from support import points
from support.kube import is_true

CRESSET = pathlib.Path(__file__).resolve().parents[3] / "build" / "release" / "operator" / "cresset"
JOB = points.JOB.replace("EPOCHS", "60").replace("count: 1", "count: 2")


@pytest.fixture(scope="module")
def space(kube, s3_image):
    with points.namespace(kube, "story-watched", s3_image) as space:
        yield space


def command(space, *args):
    return [str(CRESSET), *args, "-n", space.namespace], {**os.environ, "KUBECONFIG": space.kubeconfig}


def run(space, *args):
    words, environment = command(space, *args)
    return subprocess.run(words, capture_output=True, text=True, timeout=60, env=environment)


@pytest.fixture(scope="module")
def followed(space):
    """The job, and what `logs -f` printed of it: begun before it has a pod, ended by its end."""
    space.apply(JOB)
    words, environment = command(space, "logs", "-f", "points")
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as process:
        try:
            out, errors = process.communicate(timeout=150)
        finally:
            process.kill()
    return process.returncode, out.splitlines(), errors


def test_logs_follow_all_workers_from_before_their_pods_to_the_end_of_the_job(space, followed):
    code, lines, errors = followed
    assert code == 0, errors
    assert is_true(space.get("trainingjob", "points"), "Complete")
    for who in ("rank 0", "rank 1", "worker 0", "worker 1"):
        assert any(line.startswith(f"{who} | ") for line in lines), f"nothing of {who}:\n" + "\n".join(lines)
    assert all(re.match(r"(rank|worker) [01] \| ", line) for line in lines), lines
    assert sum("rank started" in line for line in lines) == 2, lines


@pytest.fixture(scope="module")
def whole(space, followed):
    """The same once more, after the end."""
    shown = run(space, "logs", "points")
    assert shown.returncode == 0, shown.stderr
    return shown.stdout.splitlines()


def test_afterwards_logs_show_the_same_lines_in_the_order_of_their_times(followed, whole):
    assert sorted(whole) == sorted(followed[1])
    times = [found[1] for line in whole if (found := re.match(r"\w+ [01] \| (\d\d:\d\d:\d\d\.\d{3}) ", line))]
    assert len(times) > 6, whole
    assert times == sorted(times)


def test_the_lines_of_one_rank_are_shown_alone(space, whole):
    alone = run(space, "logs", "points", "--rank", "1").stdout.splitlines()
    assert alone == [line for line in whole if line.startswith("rank 1 | ")]


def test_get_and_top_show_the_job_as_its_status_has_it(space, followed):
    status = space.get("trainingjob", "points")["status"]
    for words in (("get",), ("top", "--once")):
        shown = run(space, *words)
        assert shown.returncode == 0, shown.stderr
        row = next(line.split() for line in shown.stdout.splitlines() if "points" in line.split())
        assert "Complete" in row and any(cell.split("/")[0] == str(status["step"]) for cell in row), shown.stdout


def test_a_job_that_is_not_there_is_named(space):
    answer = run(space, "logs", "nobody")
    assert answer.returncode == 1
    assert "nobody" in answer.stderr and space.namespace in answer.stderr, answer.stderr
