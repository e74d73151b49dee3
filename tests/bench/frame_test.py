"""The frame's arithmetic: which way a ratio points, whose turn it is, and that nothing is left out."""
import json

import pytest
from frame import Bench


def test_a_ratio_above_one_means_that_ours_is_better():
    bench = Bench("x")
    bench.row("time", "s", [2.0, 1.0, 1.0], [4.0, 4.0, 3.0], "them")
    bench.row("rate", "1/s", [30.0], [10.0], "them", higher_is_better=True)
    time, rate = bench.rows
    assert (time["ours"], time["peer"], time["ratio"]) == (1.0, 4.0, 4.0)
    assert (time["low"], time["high"], time["runs"]) == (2.0, 4.0, 3)
    assert (time["ours_low"], time["ours_high"]) == (1.0, 2.0)
    assert rate["ratio"] == 3.0


def test_nothing_beside_nothing_is_alike_and_nothing_beside_something_has_no_ratio():
    bench = Bench("x")
    bench.row("no writes", "writes", [0, 0], [0, 0], "them")
    bench.row("fewer writes", "writes", [0, 2], [6, 6], "them")
    bench.row("none at all", "writes", [0, 0], [6, 6], "them")
    assert [(row["ratio"], row["low"], row["high"]) for row in bench.rows] == [(1.0, 1.0, 1.0), (6.0, 3.0, 3.0), (None, None, None)]
    assert "none at all" in bench.table()


def test_without_a_peer_low_and_high_are_the_spread_of_ours():
    bench = Bench("x")
    bench.row("size", "MB", [3, 1, 2])
    assert bench.rows[0]["low"] == 1 and bench.rows[0]["high"] == 3
    assert bench.rows[0]["ratio"] is None


def test_the_table_tells_the_spread_of_ours_also_beside_a_peer_and_of_one_run_none():
    bench = Bench("x")
    bench.row("several", "s", [2.0, 1.0, 1.5], [4.0, 4.0, 3.0], "them")
    bench.row("one", "s", [2.0], [4.0], "them")
    bench.missing("none", "s", "not today")
    _, several, one, none = bench.table().splitlines()
    assert "1 to 2 " in several
    assert " to " not in one and " to " not in none


def test_contestants_take_turns_in_turned_order():
    order = []
    results = Bench.alternate({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, runs=3)
    assert order == ["a", "b", "b", "a", "a", "b"]
    assert len(results["a"]) == len(results["b"]) == 3


def test_what_was_not_measured_is_a_row_with_the_reason(tmp_path):
    bench = Bench("x", tmp_path)
    bench.missing("cold demo", "s", "run ./dev demo first")
    bench.write()
    row = json.loads((tmp_path / "x.json").read_text())[0]
    assert row["ours"] is None and row["note"] == "run ./dev demo first"
    assert {"what", "unit", "ours", "peer", "peer_name", "ratio", "low", "high", "ours_low", "ours_high", "runs"} <= set(row)
    with pytest.raises(ValueError, match="cold demo"):
        bench.row("cold demo", "s", [])
