"""Each test of this folder once for each kind of object store."""
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT)]

from tests.support import stores  # noqa: E402


@pytest.fixture(scope="session", params=["s3", "gcs"])
def store(request, tmp_path_factory):
    with getattr(stores, request.param)(tmp_path_factory.mktemp("store")) as store:
        yield store
