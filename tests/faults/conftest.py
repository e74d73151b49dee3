"""A control plane for all tests of this folder."""
import pathlib
import sys

import pytest

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[2])]

from tests.faults.rig import Lab  # noqa: E402


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    with Lab(tmp_path_factory.mktemp("faults") / "lab") as lab:
        yield lab
