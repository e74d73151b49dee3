"""docs/reliability.md names only tests that exist, and counts its rows right."""
import pathlib
import re
import sys

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent)]

import shown_by  # noqa: E402

TEXT = (shown_by.ROOT / "docs" / "reliability.md").read_text()
CASES, ATTACKS = (shown_by.rows_of(TEXT, letter) for letter in "RA")
ROWS = CASES + ATTACKS
HAS_NO_TEST = ("missing", "does not arise")
WHOLE_RUNS = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in TEXT.splitlines() if line.startswith("| `./dev ")]


def test_every_case_has_one_row():
    shown_by.assert_each_case_has_one_row(ROWS)


def test_every_named_test_exists():
    shown_by.assert_named_tests_exist(ROWS)


def test_a_row_says_missing_or_names_a_test():
    shown_by.assert_each_names_a_test_or_says(ROWS, HAS_NO_TEST)


def test_the_counts_at_the_top_are_those_of_the_rows():
    def counts(rows):
        return [shown_by.count(rows), len(rows), shown_by.count(rows, "does not arise")]

    told = re.search(r"Shown: (\d+) of (\d+) cases by a test\. (\d+) cannot arise here\. .*: (\d+) of (\d+) shown, (\d+) cannot arise\.", TEXT)
    assert list(map(int, told.groups())) == counts(CASES) + counts(ATTACKS)


def test_a_whole_run_has_a_date_a_commit_and_its_figures_or_claims_nothing():
    assert WHOLE_RUNS
    for command, date, commit, figures in WHOLE_RUNS:
        if figures.startswith("not run whole yet"):
            assert not date and not commit, command
        else:
            assert re.fullmatch(r"\d{4}-\d\d-\d\d", date) and re.fullmatch(r"[0-9a-f]{7,40}", commit), command
            for key in re.findall(r"`\w+`", figures):
                assert re.search(key + r" [\d\[{]", figures), f"{command}: {key} has no figure"


def test_figures_of_whole_runs_are_called_as_the_suite_calls_them():
    for command, *_, figures in WHOLE_RUNS:
        suite = re.search(r"\./dev (\w+)", command)[1]
        text = (shown_by.ROOT / "tests" / suite / "suite.py").read_text()
        keys = re.findall(r"`(\w+)`", figures)
        assert keys, command
        for key in keys:
            assert re.search(rf"\b{key}\b", text), f"{command}: tests/{suite}/suite.py has no {key}"
