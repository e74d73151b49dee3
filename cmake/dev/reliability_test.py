"""docs/reliability.md names only tests that exist, and counts its rows right."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "reliability.md").read_text()
ROWS = [tuple(cell.strip() for cell in line.strip("|").split(" | ")) for line in TEXT.splitlines() if re.match(r"\| [RA]\d", line)]
HAS_NO_TEST = ("missing", "does not arise")
WHOLE_RUNS = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in TEXT.splitlines() if line.startswith("| `./dev ")]


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
        text = (ROOT / "tests" / suite / "suite.py").read_text()
        keys = re.findall(r"`(\w+)`", figures)
        assert keys, command
        for key in keys:
            assert re.search(rf"\b{key}\b", text), f"{command}: tests/{suite}/suite.py has no {key}"
