"""Tables of docs/ that name for each case the tests that show it: what holds such a table to the tree, for the tests of
each document (reliability_test.py, behaviours_test.py). A row is (case, what is expected, what shows it); in the last
cell `PATH_test.cc` or `PATH_test.py` in backticks is a file, below tests/ unless it begins with e2e/, and the words in
backticks behind it are its tests."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]


def rows_of(text, letter):
    """The rows of all tables whose case is `letter` and a number."""
    return [tuple(cell.strip() for cell in line.strip("|").split(" | ")) for line in text.splitlines() if re.match(rf"\| {letter}\d", line)]


def names_of(path):
    """What a test file holds, C++ or Python."""
    text = path.read_text()
    return set(re.findall(r"^TEST(?:_F|_P)?\(\s*\w+,\s*(\w+)\)", text, re.M)) | set(re.findall(r"^def (test_\w+)", text, re.M))


def assert_each_case_has_one_row(rows):
    cases = [row[0] for row in rows]
    assert len(cases) == len(set(cases)), sorted(case for case in set(cases) if cases.count(case) > 1)
    for row in rows:
        assert len(row) == 3, row


def assert_named_tests_exist(rows, root=ROOT):
    named = 0
    for case, _, shown in rows:
        path = None
        for word in re.findall(r"`([^`]+)`", shown):
            if word.endswith(("_test.cc", "_test.py")):
                path = root / ("" if word.startswith("e2e/") else "tests") / word
                assert path.is_file(), f"{case}: {path} does not exist"
            else:
                named += 1
                assert path and word in names_of(path), f"{case}: {path} has no test {word}"
    assert named > 0


def assert_each_names_a_test_or_says(rows, openings):
    """That a row begins with a test, or with one of the words by which it says that there is none."""
    for case, _, shown in rows:
        assert shown.startswith(("`", *openings)), f"{case}: {shown}"


def count(rows, opening="`"):
    """The rows that begin so; as it stands, those that are shown by tests."""
    return sum(shown.startswith(opening) for _, _, shown in rows)
