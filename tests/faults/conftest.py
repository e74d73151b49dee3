"""A control plane for all tests of this folder, what was learned of it, and proxies of a test's own."""
import pathlib
import sys

import pytest

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[2])]

from tests.faults.held import HELD  # noqa: E402
from tests.faults.one_proxy import Proxy, serve  # noqa: E402
from tests.faults.rig import Lab  # noqa: E402
from tests.faults.suite import Suite  # noqa: E402

SEED = 20261125


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    with Lab(tmp_path_factory.mktemp("faults") / "lab") as lab:
        yield lab


@pytest.fixture(scope="session")
def suite(lab, tmp_path_factory):
    suite = Suite(lab, SEED, jobs=4, quiet=3.0, kept=tmp_path_factory.mktemp("kept"))
    suite.learn(["failure", "suspend"])
    return suite


@pytest.fixture(scope="session")
def begun(suite, request):
    """{test: its runs, of which some go on}, of the tests that were asked for."""
    wanted = {item.function.__name__ for item in request.session.items}
    with suite.pool() as pool:
        yield {test: [pool.submit(suite.hold, plan) for plan in choose(suite)]
               for test, (_, choose) in sorted(HELD.items(), key=lambda held: held[1][0]) if test in wanted}
        pool.shutdown(cancel_futures=True)


@pytest.fixture
def results(begun, request):
    return [future.result() for future in begun[request.function.__name__]]


@pytest.fixture(scope="module")
def upstream(tmp_path_factory):
    with serve(tmp_path_factory.mktemp("upstream")) as server:
        yield server


@pytest.fixture
def proxy(tmp_path, upstream):
    started = []

    def start(*rules, events=(), mutants=()):
        upstream.events, upstream.asked = list(events), []
        started.append(Proxy(tmp_path, upstream, rules, mutants))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.wait()
