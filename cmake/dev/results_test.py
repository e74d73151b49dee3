"""What `./dev test` counts is what ran: cases, crashes and unreadable reports."""
import pathlib
import subprocess
import sys

import pytest

SCRIPT = pathlib.Path(__file__).resolve().parent / "results.py"


def run(*args):
    return subprocess.run([sys.executable, str(SCRIPT), *map(str, args)], capture_output=True, text=True, check=False)


@pytest.fixture
def stage(tmp_path):
    folder = tmp_path / "unit"
    (folder / "cases-release").mkdir(parents=True)
    (folder / "seconds").write_text("1.5")
    return folder


def ctest(folder, **runs):
    cases = "".join(f'<testcase name="{n}" status="{s}">{"<failure/>" if s == "fail" else ""}</testcase>' for n, s in runs.items())
    (folder / "ctest-release.xml").write_text(f"<testsuite>{cases}</testsuite>")


def last_line(stage):
    done = run("sum", stage.parent, "unit")
    return done.stdout.splitlines()[-1], done.returncode


def test_the_cases_inside_an_executable_are_counted(stage):
    ctest(stage, a_test="run")
    (stage / "cases-release/a_test.xml").write_text(
        '<testsuites><testsuite><testcase name="x" status="run"/><testcase name="y" status="run"/></testsuite></testsuites>')
    assert last_line(stage) == ("2 passed, 0 failed", 0)


def test_an_executable_that_crashed_after_its_cases_passed_is_a_failure(stage):
    ctest(stage, a_test="fail")
    (stage / "cases-release/a_test.xml").write_text(
        '<testsuites><testsuite><testcase name="x" status="run"/></testsuite></testsuites>')
    assert last_line(stage) == ("1 passed, 1 failed", 1)


def test_an_executable_that_crashed_before_it_wrote_anything_is_a_failure(stage):
    ctest(stage, a_test="fail", plain_test="run")
    assert last_line(stage) == ("1 passed, 1 failed", 1)


def test_a_report_that_was_cut_off_is_a_failure(stage):
    (stage / "pytest.xml").write_text('<testsuites><testsuite><testcase name="x">')
    assert last_line(stage) == ("0 passed, 1 failed", 1)


def test_a_ctest_report_that_was_cut_off_or_is_empty_is_a_failure(stage):
    for text in ("<testsuite><testcase", "<testsuite/>"):
        (stage / "ctest-release.xml").write_text(text)
        (stage / "note.xml").write_text('<testsuite><testcase name="x"/></testsuite>')
        assert last_line(stage) == ("1 passed, 1 failed", 1)


def test_a_stage_that_ran_and_counted_no_case_is_a_failure_beside_one_that_did(stage):
    (stage / "pytest.xml").write_text('<testsuite><testcase name="x"/></testsuite>')
    stories = stage.parent / "stories"
    stories.mkdir()
    (stories / "seconds").write_text("0.1")
    done = run("sum", stage.parent, "unit", "stories")
    assert done.returncode == 1 and "failed: stories: it ran and counted no case at all" in done.stdout
    assert done.stdout.endswith("1 passed, 1 failed\n")


def test_a_noted_check_counts_by_its_exit_status_and_is_named_when_it_failed(stage):
    for name, code in (("good", 0), ("bad", 3)):
        assert run("note", stage / f"{name}.xml", name, code).returncode == 0
    done = run("sum", stage.parent, "unit")
    assert "failed: bad" in done.stdout and done.stdout.endswith("1 passed, 1 failed\n")


def test_a_stage_that_did_not_run_is_shown_as_such(stage):
    ctest(stage, a_test="run")
    assert "stories" in run("sum", stage.parent, "unit", "stories").stdout
    assert "not run" in run("sum", stage.parent, "unit", "stories").stdout


def test_a_failure_is_listed_with_the_beginning_of_what_it_said(stage):
    (stage / "pytest.xml").write_text(
        '<testsuites><testcase classname="story" name="x"><failure message="no route&#10;more">long</failure></testcase></testsuites>')
    assert "failed: story.x: no route\n" in run("sum", stage.parent, "unit").stdout
