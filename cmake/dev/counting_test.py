"""A run of tests that dies is counted as a failure, whatever it managed to write before."""
import os
import pathlib
import subprocess
import sys

import pytest

DEV = pathlib.Path(__file__).resolve().parent
PARTS = "".join(f'. "$ROOT/cmake/dev/{part}.sh"; ' for part in ("lib", "wheels", "build", "test"))


@pytest.fixture
def stage(tmp_path):
    """stage(COMMAND, PROGRAM=SCRIPT...): the last line and exit status of a stage that runs COMMAND, where
    PROGRAM is replaced by a shell script."""

    def run(command, **programs):
        shims = tmp_path / "bin"
        shims.mkdir()
        for name, script in programs.items():
            (shims / name).write_text(f"#!/bin/sh\n{script}\n")
            (shims / name).chmod(0o755)
        script = f"set -u; ROOT={DEV.parent.parent}; {PARTS} RESULTS={tmp_path}/results; stage_x() {{ {command}; }}; " \
                 f'run_stage x; "$PYTHON" "$ROOT/cmake/dev/results.py" sum "$RESULTS" x'
        path = f"{shims}:{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"
        done = subprocess.run(["bash", "-c", script], env={**os.environ, "PATH": path}, capture_output=True, text=True,
                              check=False)
        return done.stdout, done.returncode

    return run


def folder_with(tmp_path, name, text):
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / name).write_text(text)
    return tmp_path / "tests"


def test_a_passing_folder_is_a_success(stage, tmp_path):
    folder = folder_with(tmp_path, "a_test.py", "def test_a(): pass\n")
    out, code = stage(f"run_pytest a {folder}/a_test.py")
    assert (out.splitlines()[-1], code) == ("1 passed, 0 failed", 0)


def test_a_failing_case_is_counted_once(stage, tmp_path):
    folder = folder_with(tmp_path, "a_test.py", "def test_a(): assert 0\n")
    out, code = stage(f"run_pytest a {folder}/a_test.py")
    assert (out.splitlines()[-1], code) == ("0 passed, 1 failed", 1)


def test_a_conftest_that_cannot_be_imported_is_a_failure(stage, tmp_path):
    folder = folder_with(tmp_path, "conftest.py", "import there_is_no_such_module\n")
    out, code = stage(f"run_pytest a {folder}")
    assert code == 1 and "failed: a as a whole: exit status 4, and it left no report" in out


def test_a_folder_without_tests_is_a_failure(stage, tmp_path):
    folder = folder_with(tmp_path, "conftest.py", "")
    out, code = stage(f"run_pytest a {folder}")
    assert code == 1 and "failed: a as a whole: exit status 5" in out


def test_a_pytest_that_was_killed_is_a_failure_beside_one_that_passed(stage, tmp_path):
    folder = folder_with(tmp_path, "a_test.py", "def test_a(): pass\n")
    (tmp_path / "tests/b_test.py").write_text("import os\ndef test_b(): os.kill(os.getpid(), 9)\n")
    out, code = stage(f"run_pytest a {folder}/a_test.py; run_pytest b {folder}/b_test.py")
    assert (out.splitlines()[-1], code) == ("1 passed, 1 failed", 1)
    assert "failed: b as a whole: exit status 137, and it left no report" in out


def test_of_two_runs_at_once_one_that_was_killed_is_a_failure_beside_one_that_passed(stage, tmp_path):
    for folder, test in (("a", "pass"), ("b", "os.kill(os.getppid(), 9), os.kill(os.getpid(), 9)"), ("b/c", "pass")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{folder[-1]}_test.py").write_text(f"import os\ndef test_{folder[-1]}(): {test}\n")
    (tmp_path / "cmake").symlink_to(DEV.parent)
    out, code = stage(f"ROOT={tmp_path}; INTEGRATION='b b/c a' ALONE=''; "
                      "build_preset() { :; }; use_venv() { :; }; use_kube() { :; }; use_relay() { :; }; use_versitygw() { :; }; use_fake_gcs_server() { :; }; "
                      "use_helm() { :; }; "
                      "stage_integration")
    assert (out.splitlines()[-1], code) == ("2 passed, 1 failed", 1)
    assert "failed: b-left_a_report" in out


def test_the_stories_say_that_they_end_a_cluster_that_was_kept(tmp_path):
    def said():
        script = f"set -u; ROOT={DEV.parent.parent}; {PARTS} E2E_DIR={tmp_path} CLUSTER=true STAGE=stories RESULTS={tmp_path}; " \
                 "need_root() { :; }; ready_for_stories() { return 1; }; stage_stories"
        return subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stderr

    assert said() == ""
    (tmp_path / "state").write_text("node1.init=1:2\n")
    assert f"the cluster in {tmp_path} is ended first" in said() and "CRESSET_E2E_DIR" in said()


def test_a_ctest_that_was_killed_is_a_failure(stage):
    out, code = stage("run_ctest release", ctest="kill -9 $$")
    assert code == 1 and "failed: ctest-release as a whole: exit status 137, and it left no report" in out


def test_a_ctest_that_says_that_it_passed_and_wrote_nothing_is_a_failure(stage):
    out, code = stage("run_ctest release", ctest="exit 0")
    assert code == 1 and "failed: ctest-release as a whole: exit status 0, and it left no report" in out
