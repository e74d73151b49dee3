"""Prints what scikit-learn and pandas make of columns: the table that unit tests hold our preprocessing to.

    python -m venv /tmp/skl && /tmp/skl/bin/pip install scikit-learn==1.9.1 pandas==3.1.1
    /tmp/skl/bin/python tests/bench/references/preprocessing.py > tests/bench/references/preprocessing.json

Each row has the steps as users write them and what they make of ROWS, the columns a, b and c (null = missing), and of MORE, which
are rows that nothing was learnt from."""
import json

import numpy
import pandas
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import MinMaxScaler, QuantileTransformer, StandardScaler


def column(count, scale, bend):
    """Values that floats hold exactly, some of them several times."""
    return [((i * 37 % 101) / 8) ** bend * scale for i in range(count)]


COUNT = 60
ROWS = pandas.DataFrame({"a": column(COUNT, 1, 1), "b": column(COUNT, -0.5, 2), "c": [float(i % 7) for i in range(COUNT)]})
ROWS.loc[5::11, "a"] = None
ROWS.loc[3::9, "c"] = None
MORE = pandas.DataFrame({"a": [-1.0, 0.0, 3.3, 100.0], "b": [-500.0, -0.5, 0.0, 7.0], "c": [None, 2.0, 3.5, 9.0]})


class Frames:
    """A step that pandas has no fit for: `learn` gives what `make` is called with."""

    def __init__(self, make, learn=lambda table: None):
        self.make, self.learn = make, learn

    def fit(self, table):
        self.learnt = self.learn(table)
        return self

    def transform(self, table):
        return self.make(table, self.learnt)


def impute(strategy, **more):
    return SimpleImputer(strategy=strategy, **more)


CASES = [
    ([{"impute": {"columns": ["a", "c"], "strategy": name}}], [(["a", "c"], impute(theirs, **more))])
    for name, theirs, more in (("Mean", "mean", {}), ("Median", "median", {}), ("MostFrequent", "most_frequent", {}))
] + [
    ([{"impute": {"columns": ["*"], "strategy": "Constant", "value": 2.5}}], [(["a", "b", "c"], impute("constant", fill_value=2.5))]),
    ([{"minMax": {"columns": ["a"]}}, {"minMax": {"columns": ["b", "c"], "min": -1, "max": 3}}],
     [(["a"], MinMaxScaler()), (["b", "c"], MinMaxScaler(feature_range=(-1, 3)))]),
    ([{"clip": {"columns": ["b"], "min": -20.5, "max": -1}}], [(["b"], Frames(lambda t, _: t.clip(-20.5, -1)))]),
    ([{"clip": {"columns": ["a", "b"], "minQuantile": 0.05, "maxQuantile": 0.9}}],
     [(["a", "b"], Frames(lambda t, q: t.clip(*q, axis=1), lambda t: (t.quantile(0.05), t.quantile(0.9))))]),
    ([{"log": {"columns": ["a"], "offset": 1}}, {"log": {"columns": ["c"]}}],
     [(["a"], Frames(lambda t, _: numpy.log1p(t + 1))), (["c"], Frames(lambda t, _: numpy.log1p(t)))]),
    ([{"quantile": {"columns": ["a", "b", "c"], "quantiles": 1000}}],
     [(["a", "b", "c"], QuantileTransformer(n_quantiles=1000, subsample=None))]),
    ([{"quantile": {"columns": ["a", "b", "c"], "quantiles": 11, "distribution": "Normal"}}],
     [(["a", "b", "c"], QuantileTransformer(n_quantiles=11, subsample=None, output_distribution="normal"))]),
    # Each step learns from what those before it leave.
    ([{"impute": {"columns": ["a", "c"], "strategy": "Median"}}, {"log": {"columns": ["a"], "offset": 1}},
      {"standardize": {"columns": ["*"]}}],
     [(["a", "c"], impute("median")), (["a"], Frames(lambda t, _: numpy.log1p(t + 1))), (["a", "b", "c"], StandardScaler())]),
    ([{"clip": {"columns": ["b"], "minQuantile": 0.1}}, {"standardize": {"columns": ["b"]}}, {"clip": {"columns": ["b"], "min": -1}},
      {"minMax": {"columns": ["b"]}}],
     [(["b"], Frames(lambda t, q: t.clip(lower=q, axis=1), lambda t: t.quantile(0.1))), (["b"], StandardScaler()),
      (["b"], Frames(lambda t, _: t.clip(lower=-1))), (["b"], MinMaxScaler())]),
    ([{"standardize": {"columns": ["a"]}}, {"impute": {"columns": ["a"], "strategy": "MostFrequent"}},
      {"quantile": {"columns": ["a"], "quantiles": 20}}, {"standardize": {"columns": ["a"]}}],
     [(["a"], StandardScaler()), (["a"], impute("most_frequent")), (["a"], QuantileTransformer(n_quantiles=20, subsample=None)),
      (["a"], StandardScaler())]),
]


def listed(table):
    return [[None if numpy.isnan(value) else float(value) for value in row] for row in table.to_numpy(dtype=float)]


def by_theirs(steps):
    rows, more = ROWS.copy(), MORE.copy()
    for columns, step in steps:
        step.fit(rows[columns])
        for table in (rows, more):
            table[columns] = numpy.asarray(step.transform(table[columns]), dtype=float)
    return rows, more


def main():
    cases = []
    for spec, steps in CASES:
        rows, more = by_theirs(steps)
        cases.append({"steps": spec, "rows": listed(rows), "more": listed(more)})
    print(json.dumps({"columns": list(ROWS), "rows": listed(ROWS), "more": listed(MORE), "cases": cases}))


main()
