"""What shown_by.py asserts of a table fails by name when it is not so."""
import pathlib
import sys

import pytest

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent)]

import shown_by  # noqa: E402

TABLE = """
| case | what is expected | shown by |
|---|---|---|
| X1 | a boat floats | `unit/boat_test.cc` `Floats` `e2e/sea_test.py` `test_it_floats` |
| X2 | it flies | missing: wings |
| Y1 | of another table | nothing |
"""


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "tests" / "unit").mkdir(parents=True)
    (tmp_path / "tests" / "unit" / "boat_test.cc").write_text("TEST_F(Boat, Floats) {\n}\nTEST(\n    Boat, Sinks) {}\n")
    (tmp_path / "e2e").mkdir()
    (tmp_path / "e2e" / "sea_test.py").write_text("def test_it_floats(sea):\n    pass\n")
    return tmp_path


def rows(table=TABLE):
    return shown_by.rows_of(table, "X")


def test_a_table_that_is_right_passes_and_is_counted(tree):
    shown_by.assert_each_case_has_one_row(rows())
    shown_by.assert_named_tests_exist(rows(), tree)
    shown_by.assert_each_names_a_test_or_says(rows(), ("missing",))
    assert (shown_by.count(rows()), shown_by.count(rows(), "missing"), len(rows())) == (1, 1, 2)


@pytest.mark.parametrize("before, after, words", [
    ("`Floats`", "`Flies`", "X1: .*boat_test.cc has no test Flies"),
    ("test_it_floats", "test_it_flies", "X1: .*sea_test.py has no test test_it_flies"),
    ("unit/boat", "unit/ship", "X1: .*ship_test.cc does not exist"),
    ("`unit/boat_test.cc` ", "", "X1: None has no test Floats"),
])
def test_a_test_that_there_is_not_is_named(tree, before, after, words):
    with pytest.raises(AssertionError, match=words):
        shown_by.assert_named_tests_exist(rows(TABLE.replace(before, after)), tree)


def test_a_table_without_any_test_fails(tree):
    with pytest.raises(AssertionError):
        shown_by.assert_named_tests_exist(rows()[1:], tree)


def test_a_case_with_two_rows_and_one_without_its_cells_are_named():
    with pytest.raises(AssertionError, match="X1"):
        shown_by.assert_each_case_has_one_row(rows(TABLE.replace("X2", "X1")))
    with pytest.raises(AssertionError, match="X2"):
        shown_by.assert_each_case_has_one_row(rows(TABLE.replace("it flies | ", "")))


def test_a_row_that_says_neither_is_named():
    with pytest.raises(AssertionError, match="X2: missing: wings"):
        shown_by.assert_each_names_a_test_or_says(rows(), ("does not arise",))
