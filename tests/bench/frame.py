"""The frame of `./dev bench NAME`: contestants take turns, rows become build/bench/NAME.json.

A row compares ours with a peer: medians of the runs, and a ratio that is above 1 where ours is better
(for rates ours / peer, for times and sizes peer / ours). `low` and `high` are the smallest and the largest
ratio of runs of the same turn, or without a peer the spread of ours, which `ours_low` and `ours_high` are always; a
ratio to nothing is none. What could not be measured is a row without `ours` and with the reason in `note`: no row that
is named is left out.

    bench = Bench("spine")
    times = bench.alternate({"ours": serve_pod, "peer": bare_pod}, runs=5)
    bench.row("pod create to Ready", "s", times["ours"], times["peer"], "a bare pod")
    bench.write()
"""
import json
import pathlib
import statistics
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Bench:
    def __init__(self, name, folder=None):
        self.name = name
        self.path = pathlib.Path(folder or ROOT / "build" / "bench") / f"{name}.json"
        self.rows = []

    @staticmethod
    def alternate(contestants, runs):
        """Calls each contestant once a turn, in turned order every other time; name → list of results."""
        results = {name: [] for name in contestants}
        for turn in range(runs):
            for name in list(contestants)[::-1 if turn % 2 else 1]:
                results[name].append(contestants[name]())
        return results

    def row(self, what, unit, ours, peer=None, peer_name="", higher_is_better=False):
        if not ours:
            raise ValueError(f"{what}: no run of ours; say why with missing()")
        ours, peer = _list(ours), _list(peer)
        made = {"what": what, "unit": unit, "ours": statistics.median(ours),
                "peer": statistics.median(peer) if peer else None, "peer_name": peer_name,
                "ratio": None, "low": min(ours), "high": max(ours), "ours_low": min(ours), "ours_high": max(ours),
                "runs": len(ours)}
        if peer:
            turns = [_ratio(mine, theirs, higher_is_better) for mine, theirs in zip(ours, peer)]
            told = [turn for turn in turns if turn is not None]
            made.update(ratio=_ratio(made["ours"], made["peer"], higher_is_better),
                        low=min(told, default=None), high=max(told, default=None))
        self.rows.append({key: _rounded(value) for key, value in made.items()})

    def missing(self, what, unit, why):
        self.rows.append({"what": what, "unit": unit, "ours": None, "peer": None, "peer_name": "", "ratio": None,
                          "low": None, "high": None, "ours_low": None, "ours_high": None, "runs": 0, "note": why})

    def table(self):
        lines = [f"{'what':<52} {'ours':>10} {'its spread':>19} {'peer':>10} {'ratio':>7} {'low':>8} {'high':>8} runs"]
        for row in self.rows:
            cells = [_shown(row[key]) for key in ("ours", "peer", "ratio", "low", "high")]
            name = f"{row['what']} ({row['unit']})"
            spread = f"{_shown(row['ours_low'])} to {_shown(row['ours_high'])}" if row["runs"] > 1 else "-"
            lines.append(f"{name:<52} {cells[0]:>10} {spread:>19} {cells[1]:>10} {cells[2]:>7} {cells[3]:>8} "
                         f"{cells[4]:>8} {row['runs']:>4}  {row.get('note') or row['peer_name']}".rstrip())
        return "\n".join(lines)

    def write(self):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(self.rows, indent=1) + "\n")
        print(self.table())
        print(f"{len(self.rows)} rows in {self.path}", file=sys.stderr)


def _ratio(mine, theirs, higher_is_better):
    """Two that are nothing are alike; how many times more than nothing something is, nobody can say."""
    better, worse = (mine, theirs) if higher_is_better else (theirs, mine)
    if mine == theirs:
        return 1.0
    return better / worse if worse else None


def _list(values):
    if values is None:
        return []
    return list(values) if isinstance(values, (list, tuple)) else [values]


def _rounded(value):
    return float(f"{value:.5g}") if isinstance(value, float) else value


def _shown(value):
    return "-" if value is None else f"{value:.4g}"
