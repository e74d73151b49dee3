"""Prints what scikit-learn and pandas make of columns: the table that unit tests hold our preprocessing to.

    python -m venv /tmp/skl && /tmp/skl/bin/pip install scikit-learn==1.9.1 pandas==3.1.1
    /tmp/skl/bin/python tests/bench/references/preprocessing.py > tests/bench/references/preprocessing.json

Each row has the steps as users write them and what they make of ROWS, the columns a, b and c (null = missing), and of MORE, which
are rows that nothing was learnt from. The cases below "texts" are the same of columns of texts among one of numbers."""
import json

import numpy
import pandas
from sklearn.feature_extraction import FeatureHasher
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, QuantileTransformer, StandardScaler


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
    # As torchvision's Normalize after ToTensor: each of the three columns is a channel.
    ([{"normalize": {"columns": ["*"], "channels": [{"mean": 0.485, "deviation": 0.229}, {"mean": 0.456, "deviation": 0.224},
                                                    {"mean": 0.406, "deviation": 0.225}]}}],
     [(["a", "b", "c"], Frames(lambda t, _: (t / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]))]),
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


WAYS = ["bus", "car", "Zürich", "walk", "bus", None, "a longer text, of 31 bytes", "car", "car", "7"]
TEXTS = pandas.DataFrame({"way": [WAYS[i * 7 % 10] for i in range(COUNT)], "age": column(COUNT, 4, 1),
                          "city": [f"c{i * i % 23}" for i in range(COUNT)]})
MORE_TEXTS = pandas.DataFrame({"way": ["car", "boat", None, "7"], "age": [0.0, 1.5, -3.0, 60.0], "city": ["c3", "c1", "c99", "c16"]})


def one_hot(learnt_from, table, name):
    """A missing text is one that was never seen."""
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False).fit(learnt_from[[name]].dropna())
    return encoder.transform(table[[name]].fillna(""))


def by_count(table, name):
    counts = table[name].value_counts()
    return sorted(counts.index, key=lambda text: (-counts[text], text.encode()))


def dummies(most):
    def make(learnt_from, table, name):
        kept = sorted(by_count(learnt_from, name)[:most], key=str.encode)
        known = table[name].where(table[name].isin(kept))
        return pandas.get_dummies(pandas.Categorical(known, categories=kept), dtype=float).to_numpy()
    return make


def hashed(buckets):
    def make(_, table, name):
        hasher = FeatureHasher(n_features=buckets, input_type="string", alternate_sign=False)
        return hasher.transform([[] if pandas.isna(text) else [text] for text in table[name]]).toarray()
    return make


def codes(most, least):
    def make(learnt_from, table, name):
        counts = learnt_from[name].value_counts()
        known = [text for text in by_count(learnt_from, name) if counts[text] >= least][:most]
        return table[name].map({text: i + 1 for i, text in enumerate(known)}).fillna(0).to_numpy()
    return make


def min_max(learnt_from, table, name):
    return MinMaxScaler().fit(learnt_from[[name]]).transform(table[[name]])


def as_it_is(_, table, name):
    return table[[name]].to_numpy(dtype=float)


# What becomes of each column, in their order.
TEXT_CASES = [
    ([{"oneHot": {"columns": ["way", "city"]}}], [one_hot, as_it_is, one_hot]),
    ([{"oneHot": {"columns": ["*y"], "maxCategories": 3}}, {"minMax": {"columns": ["age"]}}], [dummies(3), min_max, dummies(3)]),
    ([{"hash": {"columns": ["way"], "buckets": 7}}, {"hash": {"columns": ["city"], "buckets": 16}}], [hashed(7), as_it_is, hashed(16)]),
    ([{"vocabulary": {"columns": ["way"]}}, {"vocabulary": {"columns": ["city"], "maxSize": 5, "minCount": 3}}],
     [codes(10000, 1), as_it_is, codes(5, 3)]),
]


def listed(table):
    return [[None if numpy.isnan(value) else float(value) for value in row] for row in numpy.asarray(table, dtype=float)]


def with_none(table):
    return [[None if pandas.isna(value) else value for value in row] for row in table.to_numpy()]


def texts_by_theirs():
    cases = []
    for spec, columns in TEXT_CASES:
        made = [numpy.column_stack([make(TEXTS, table, name) for name, make in zip(TEXTS, columns)]) for table in (TEXTS, MORE_TEXTS)]
        cases.append({"steps": spec, "rows": listed(made[0]), "more": listed(made[1])})
    return {"columns": list(TEXTS), "rows": with_none(TEXTS), "more": with_none(MORE_TEXTS), "cases": cases}


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
    print(json.dumps({"columns": list(ROWS), "rows": listed(ROWS), "more": listed(MORE), "cases": cases,
                      "texts": texts_by_theirs()}))


main()
