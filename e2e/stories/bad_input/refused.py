"""What the API server says no to: wrong jobs and services, by the words of docs/errors.md, and the good job that they are made of."""
import json

JOB = {
    "apiVersion": "cresset.dev/v1alpha1", "kind": "TrainingJob", "metadata": {"name": "job"},
    "spec": {
        "workers": {"count": 1, "resources": {"requests": {"cpu": "100m", "memory": "256Mi"}}},
        "storage": {"secretRef": {"name": "s3"}, "endpoint": "http://s3:7070"},
        "training": {
            "model": {"architecture": "mlp", "parameters": {"hidden": [8]}},
            "data": {"train": {"uri": "s3://data/points.csv"}, "label": "side"},
            "epochs": 2, "batchSize": 20},
        "output": {},
        "failurePolicy": {"maxRestarts": 0},
    },
}


def changed(name, **paths):
    """The good job under another name, with an output of its own and values replaced: changed("x", workers__count=0)."""
    job = json.loads(json.dumps(JOB))
    job["metadata"]["name"] = name
    job["spec"]["output"]["uri"] = f"s3://models/{name}"
    for path, value in paths.items():
        at = job["spec"]
        *parents, last = path.split("__")
        for key in parents:
            at = at.setdefault(key, {})
        if value is None:
            at.pop(last)
        else:
            at[last] = value
    return job


def ruled(**rule):
    return changed("wrong", failurePolicy={"rules": [rule]})


def service(name, model, mode="Open", **spec):
    return {"apiVersion": "cresset.dev/v1alpha1", "kind": "ModelService", "metadata": {"name": name}, "spec": {
        "model": model, "replicas": 1, "access": {"mode": mode}, "maxRequestBytes": 65536,
        "storage": JOB["spec"]["storage"], "resources": {"requests": {"cpu": "100m", "memory": "256Mi"}}, **spec}}


def tokenize(vocabulary, **more):
    return {"tokenize": {"columns": ["text"], "vocabulary": {"uri": f"s3://models/{vocabulary}"}, "maxLength": 64, **more}}


SOURCE = {"uri": "s3://models/points/1"}
NUMBERS = {"name": "Regression"}
DATA = {"train": {"uri": "s3://data/points.csv"}}
REFUSED = {  # what the API server says no to
    "an unknown field": changed("wrong", training__epoch=3),
    "a wrong type": changed("wrong", training__epochs="many"),
    "zero workers": changed("wrong", workers__count=0),
    "`min` above `max`": changed("wrong", workers={"min": 3, "max": 2, "count": 3}),
    "`count` below `min`": changed("wrong", workers={"min": 3, "count": 2}),
    "`count` above `max`": changed("wrong", workers={"max": 3, "count": 4}),
    "no data": changed("wrong", training__data=None),
    "an unknown architecture": changed("wrong", training__model={"architecture": "magic"}),
    "a URI of another scheme": changed("wrong", output={"uri": "ftp://x/y"}),
    "an endpoint for stores of two kinds": changed("wrong", output={"uri": "gs://models/x"}),
    "a learning rate of zero": changed("wrong", training__optimizer={"learningRate": 0}),
    "a parameter of another optimizer": changed("wrong", training__optimizer={"momentum": 0.9}),
    "a parameter of another schedule": changed("wrong", training__schedule={"name": "Cosine", "gamma": 0.5}),
    "two ways to clip gradients": changed("wrong", training__gradient={"clipNorm": 1, "clipValue": 1}),
    "gradients that travel in another format": changed("wrong", training__parallel={"exchange": "fp16"}),
    "class weights that are not listed": changed("wrong", training__classWeights={"strategy": "Listed"}),
    "a goal that the architecture does not have": changed("wrong", training__goal=NUMBERS, training__model={"architecture": "gpt"}),
    "two ways to name labels": changed("wrong", training__goal=NUMBERS, training__data__labels=["x"]),
    "several labels that are classes": changed("wrong", training__data={**DATA, "labels": ["side"]}),
    "one label of a goal with several": changed("wrong", training__goal={"name": "MultiLabel"}),
    "label smoothing of numbers": changed("wrong", training__goal=NUMBERS, training__labelSmoothing=0.1),
    "class weights of numbers": changed("wrong", training__goal=NUMBERS, training__classWeights={"strategy": "Balanced"}),
    "a loss of another goal": changed("wrong", training__goal={"name": "MultiLabel", "loss": "Huber"}, training__data={**DATA, "labels": ["side"]}),
    "a metric of another goal": changed("wrong", training__goal=NUMBERS, training__earlyStopping={"metric": "auc"},
                                        training__data__validation={"fraction": 0.1}),
    "early stopping without validation": changed("wrong", training__earlyStopping={}),
    "two kinds of validation": changed("wrong", training__data__validation={"uri": "s3://data/a.csv", "fraction": 0.1}),
    "validation that another file is split by": changed("wrong", training__data__validation={"uri": "s3://data/a.csv", "splitBy": "who"}),
    "validation held back of rows that are streamed": changed("wrong", training__data__streaming={}, training__data__validation={"fraction": 0.1}),
    "validation split by the label": changed("wrong", training__data__validation={"fraction": 0.1, "splitBy": "side"}),
    "an empty preprocessing step": changed("wrong", training__preprocess=[{}]),
    "a clip without a bound": changed("wrong", training__preprocess=[{"clip": {"columns": ["x"]}}]),
    "a clip with two bounds on one side": changed("wrong", training__preprocess=[{"clip": {"columns": ["x"], "min": 0, "minQuantile": 0.1}}]),
    "a range that is none": changed("wrong", training__preprocess=[{"minMax": {"columns": ["x"], "min": 1}}]),
    "nothing to predict": changed("wrong", training__data__label=None),
    "a label of texts for gpt": changed("wrong", training__model={"architecture": "gpt"}, training__preprocess=[tokenize("v.json")]),
    "merges without a byte-level vocabulary": changed("wrong", training__preprocess=[tokenize("v.txt", merges={"uri": "s3://models/m.txt"})]),
    "lower case of a byte-level vocabulary": changed("wrong", training__preprocess=[tokenize("v.json", lowercase=True)]),
    "texts joined for another goal": changed("wrong", training__preprocess=[tokenize("v.json", samples="Packed")]),
    "texts joined that are streamed": changed("wrong", training__model={"architecture": "gpt"}, training__data={**DATA, "streaming": {}},
                                              training__preprocess=[tokenize("v.json", samples="Packed")]),
    "a manager that is no domain and path": changed("wrong", managedBy="kueue"),
    "a rule for failures without a condition": ruled(action="Fail"),
    "a rule for a cause that there is not": ruled(reasons=["OutOfMemory"], action="Fail"),
    "a rule for a signal that there is not": ruled(signals=["KILL"], action="Fail"),
    "a budget of a rule that charges nobody": ruled(name="memory", reasons=["OOMKilled"], action="RestartUncharged", maxRestarts=2),
    "a budget of a rule without a name": ruled(reasons=["OOMKilled"], action="Restart", maxRestarts=2),
    "a rule for failures with a name that is no label": ruled(name="out of memory", reasons=["OOMKilled"], action="Fail"),
    "two rules for failures with one name": changed("wrong", failurePolicy={"rules": [
        {"name": "memory", "reasons": [reason], "action": "Restart"} for reason in ("OOMKilled", "Evicted")]}),
    "steps that refill restarts, without a checkpoint": changed("wrong", failurePolicy={"refillSteps": 100}),
    "a quantity that is none": changed("wrong", workers__resources={"limits": {"cpu": "lots"}}),
    "a service: an unknown field": service("wrong", SOURCE, replica=2),
    "a service: a wrong type": service("wrong", SOURCE, drainSeconds="long"),
    "a service: two models": service("wrong", {**SOURCE, "trainingJob": "points"}),
    "a service: no model": service("wrong", {}),
    "a service: a URI of another scheme": service("wrong", {"uri": "ftp://x/y"}),
    "a service: a digest without its URI": service("wrong", {"trainingJob": "points", "digest": "sha256:" + "0" * 64}),
    "a service: a digest of another kind": service("wrong", {**SOURCE, "digest": "md5:0"}),
    "a service: `min` above `max`": service("wrong", SOURCE, scaling={"min": 3, "max": 2}),
    "a service: an unknown mode of access": service("wrong", SOURCE, mode="Everybody"),
    "a service: keys without their mode": service("wrong", SOURCE, access={"mode": "Open", "keys": ["0" * 64]}),
    "a service: a quantity that is none": service("wrong", SOURCE, resources={"limits": {"memory": "lots"}}),
    "a service: too long a name": service("w" * 53, SOURCE),
}
