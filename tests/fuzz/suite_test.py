"""How `./dev fuzz` reads what libFuzzer tells, and that no target lacks what it needs. The fuzzers themselves are not run here."""
import pathlib
import sys

import pytest

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[2])]

from tests.fuzz.suite import HERE, dictionary, keep, longest, outcome, targets  # noqa: E402

DONE = """INFO: Loaded 1 modules   (30512 inline 8-bit counters): 30512 [0x55, 0x56),
#2\tINITED cov: 100 ft: 101 corp: 1/1b exec/s: 0 rss: 30Mb
#524288\tpulse  cov: 612 ft: 1808 corp: 310/9Kb lim: 64 exec/s: 174762 rss: 60Mb
#1000000\tDONE   cov: 615 ft: 1813 corp: 312/9Kb lim: 80 exec/s: 166666 rss: 66Mb
Done 1000000 runs in 6 second(s)
stat::number_of_executed_units: 1000000
stat::average_exec_per_sec:     166666
"""
FOUND = """INFO: Loaded 1 modules   (99 inline 8-bit counters): 99 [0x55, 0x56),
#64\tREDUCE cov: 20 ft: 31 corp: 7/70b lim: 4 exec/s: 0 rss: 30Mb L: 4/9 MS: 1 EraseBytes-
==12== ERROR: libFuzzer: deadly signal
stat::number_of_executed_units: 71
stat::average_exec_per_sec:     0
"""


def test_a_run_that_ends_is_told_with_its_speed_and_coverage():
    assert outcome(DONE) == (1000000, 6, 166666, 615, 30512, 1813, 312)


def test_of_a_run_that_found_something_the_last_figures_count():
    assert outcome(FOUND) == (71, 0, 0, 20, 99, 31, 7)


@pytest.mark.parametrize("target", targets())
def test_every_target_has_a_corpus_a_bound_and_a_planted_bug(target):
    corpus = HERE / "corpus" / target
    assert 5 <= len(list(corpus.iterdir())) <= 40
    assert max(path.stat().st_size for path in corpus.iterdir()) <= longest(target)
    assert "if (kPlanted && " in (HERE / f"{target}_fuzz.cc").read_text()
    assert f"cresset_fuzz({target} " in (HERE / "CMakeLists.txt").read_text()


def test_no_corpus_is_left_without_its_target():
    assert sorted(folder.name for folder in (HERE / "corpus").iterdir()) == targets()


def test_the_words_of_a_corpus_are_its_dictionary(tmp_path):
    (tmp_path / "a").write_bytes(b'{"kind":"Pod","x":1}\xff')
    (tmp_path / "b").write_bytes(b"kind: v1/b\n")
    assert dictionary(tmp_path) == '"Pod"\n"kind"\n"kind:"\n"v1/b"\n'


def test_rows_of_other_modes_and_targets_stay(tmp_path):
    path = tmp_path / "fuzz.json"
    keep("fast", {"a": {"runs": 1}}, path)
    keep("fast", {"b": {"runs": 2}}, path)
    keep("planted", {"a": {"runs": 3}}, path)
    assert path.read_text().count('"runs"') == 3
