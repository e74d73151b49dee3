"""Fifty cycles of `./dev soak` and a little of its idle hour, and the proof that what grows is found."""
import pathlib
import sys

import pytest

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[2])]

from tests.faults.rig import Lab  # noqa: E402
from tests.soak.cycles import POOL_THREAD, Measure, growth, kib_a_cycle, threads_but_pools  # noqa: E402
from tests.soak.idle import but_leases  # noqa: E402
from tests.soak.suite import MOST_KIB, idled, soaked  # noqa: E402
from tests.transitions.suite import live_operator  # noqa: E402

FIRST = Measure(100, 18000, 33, 30, frozenset({'depth{name="a"}', 'requests{code="200"}'}), {})


@pytest.mark.parametrize("last, words", [
    ({"rss_kib": 19025}, "memory grew from 18000 to 19025 KiB"),
    ({"descriptors": 42}, "descriptors: 33 at first and 42 at last"),
    ({"threads": 31}, "threads: 30 at first and 31 at last"),
    ({"series": FIRST.series | {'depth{name="digits"}'}}, "1 new series"),
    ({"waiting": {'workqueue_depth{name="a"}': 1.0}}, "still waiting"),
])
def test_what_grows_is_found(last, words):
    found = list(growth([FIRST, FIRST._replace(cycles=200, **last)], MOST_KIB))
    assert len(found) == 1 and words in found[0]


def test_another_code_of_an_answer_a_pooled_connection_and_a_few_pages_are_no_growth():
    last = FIRST._replace(cycles=200, rss_kib=18500, descriptors=36, series=FIRST.series | {'requests{code="409"}'})
    assert list(growth([FIRST, last], MOST_KIB)) == []
    assert kib_a_cycle([FIRST, last]) == pytest.approx(5)


def test_threads_of_pools_and_those_that_have_just_ended_are_not_counted(tmp_path):
    for number, name in enumerate(("cresset", POOL_THREAD, "cresset", POOL_THREAD)):
        task = tmp_path / "task" / str(number)
        task.mkdir(parents=True)
        (task / "comm").write_text(name + "\n")
    (tmp_path / "task" / "ended").mkdir()
    assert threads_but_pools(tmp_path) == 2


def test_threads_of_pools_are_known_by_the_name_that_the_operator_gives_them():
    header = pathlib.Path(__file__).resolve().parents[2] / "operator" / "base" / "worker_pool.h"
    assert f'kThreadName[] = "{POOL_THREAD}"' in header.read_text()


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    with Lab(tmp_path_factory.mktemp("soak") / "lab") as lab, live_operator(lab) as operator:
        yield lab, operator


def test_nothing_is_left_of_fifty_jobs_and_services_that_were_made_and_deleted(live):
    measures = soaked(*live, 50, 2, 8, print)
    assert live[1].process.poll() is None
    assert measures[-1].cycles == 75
    assert list(growth(measures, MOST_KIB)) == []


def test_over_jobs_that_run_and_services_that_are_ready_the_lease_alone_is_written(live):
    written, measures = idled(*live, 4, 20, print)
    assert live[1].process.poll() is None
    assert written["update", "leases"] >= 3 and but_leases(written) == {}
    assert list(growth(measures, MOST_KIB)) == []
