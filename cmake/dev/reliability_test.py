"""docs/reliability.md names only tests that exist, and counts its rows right."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "reliability.md").read_text()
ROWS = [tuple(cell.strip() for cell in line.strip("|").split(" | ")) for line in TEXT.splitlines() if re.match(r"\| [RA]\d", line)]
HAS_NO_TEST = ("missing", "does not arise")


def names_of(path):
    """What a test file holds, C++ or Python."""
    text = path.read_text()
    return set(re.findall(r"^TEST(?:_F|_P)?\(\s*\w+,\s*(\w+)\)", text, re.M)) | set(re.findall(r"^def (test_\w+)", text, re.M))


def test_every_case_has_one_row():
    cases = [row[0] for row in ROWS]
    assert len(cases) == len(set(cases))
    assert all(len(row) == 3 for row in ROWS)


def test_every_named_test_exists():
    named = 0
    for case, _, shown in ROWS:
        path = None
        for word in re.findall(r"`([^`]+)`", shown):
            if word.endswith(("_test.cc", "_test.py")):
                path = ROOT / ("" if word.startswith("e2e/") else "tests") / word
                assert path.is_file(), f"{case}: {path} does not exist"
            else:
                named += 1
                assert path and word in names_of(path), f"{case}: {path} has no test {word}"
    assert named > 0


def test_a_row_says_missing_or_names_a_test():
    for case, _, shown in ROWS:
        assert shown.startswith(HAS_NO_TEST) or shown.startswith("`"), f"{case}: {shown}"


def test_the_counts_at_the_top_are_those_of_the_rows():
    def counts(letter):
        rows = [shown for case, _, shown in ROWS if case[0] == letter]
        return [sum(shown.startswith("`") for shown in rows), len(rows), sum(shown.startswith("does not arise") for shown in rows)]

    told = re.search(r"Shown: (\d+) of (\d+) cases by a test\. (\d+) cannot arise here\. .*: (\d+) of (\d+) shown, (\d+) cannot arise\.", TEXT)
    assert list(map(int, told.groups())) == counts("R") + counts("A")
