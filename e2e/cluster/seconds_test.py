"""What the cluster's parts take, on a machine that does nothing else (cmake/dev/test.sh runs this file alone)."""
import subprocess
import time

from support_for_tests import HERE

CONTROL_PLANE = str(HERE / "control_plane.sh")


def test_a_control_plane_is_ready_within_ten_seconds(tmp_path):
    folder = tmp_path / "plane"
    before = time.monotonic()
    subprocess.run([CONTROL_PLANE, "start", str(folder)], check=True, timeout=60)
    ready_after = time.monotonic() - before
    subprocess.run([CONTROL_PLANE, "stop", str(folder)], check=True, timeout=30)
    assert ready_after < 10
