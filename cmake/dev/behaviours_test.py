"""docs/behaviours.md has a row for each behaviour, names only tests that exist, and counts its rows right."""
import pathlib
import re
import sys

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent)]

import shown_by  # noqa: E402

TEXT = (shown_by.ROOT / "docs" / "behaviours.md").read_text()
ROWS = shown_by.rows_of(TEXT, "B")
NEVER_GIVEN = {20, 47, 62, 70, 94}
HAS_NO_TEST = ("owed: ", "later: ", "does not arise: ", "decided otherwise: ")


def test_every_behaviour_has_one_row_in_its_turn():
    shown_by.assert_each_case_has_one_row(ROWS)
    assert [row[0] for row in ROWS] == [f"B{number}" for number in range(1, 115) if number not in NEVER_GIVEN]


def test_every_named_test_exists():
    shown_by.assert_named_tests_exist(ROWS)


def test_a_row_names_a_test_or_says_why_not():
    shown_by.assert_each_names_a_test_or_says(ROWS, HAS_NO_TEST)


def test_what_comes_later_says_with_what():
    for case, _, shown in ROWS:
        if shown.startswith("later: "):
            assert re.match(r"later: (frameworks|Kueue|schedulers)\b", shown), f"{case}: {shown}"


def test_what_was_decided_otherwise_is_held_by_a_test():
    for case, _, shown in ROWS:
        if shown.startswith("decided otherwise: "):
            assert "_test." in shown, f"{case}: {shown}"


def test_the_counts_at_the_top_are_those_of_the_rows():
    told = re.search(r"Of (\d+) behaviours: (\d+) shown by a test, (\d+) owed, (\d+) later, (\d+) do not arise here, (\d+) decided otherwise\.", TEXT)
    assert list(map(int, told.groups())) == [len(ROWS), shown_by.count(ROWS), *(shown_by.count(ROWS, opening) for opening in HAS_NO_TEST)]
