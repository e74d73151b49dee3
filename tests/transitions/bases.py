"""The specs that changes start from: together they have every field of both kinds, so that each can be changed and taken
away; and which numbers are too many pods for one machine."""

POD = {"resources": {"requests": {"cpu": "100m"}, "limits": {"memory": "1Gi"}}, "nodeSelector": {"zone": "a"},
       "tolerations": [{"key": "spot", "operator": "Equal", "value": "yes", "effect": "NoExecute", "tolerationSeconds": 60}],
       "image": "localhost/mine:1", "imagePullSecrets": [{"name": "pull"}], "serviceAccountName": "models"}
STORAGE = {"secretRef": {"name": "s3"}, "endpoint": "http://s3:7070", "region": "eu"}
PREPROCESS = [{"standardize": {"columns": ["pixel*"]}}, {"reshape": {"shape": [1, 8, 8]}}]

JOB = {
    "framework": "Cresset", "managedBy": "cresset.dev/training-job-controller",
    "workers": {"count": 2, "min": 1, "max": 4, "processesPerWorker": 1, **POD,
                "template": {"metadata": {"labels": {"team": "research"}}, "spec": {"dnsPolicy": "Default"}}},
    "storage": STORAGE,
    "training": {
        "model": {"architecture": "cnn", "parameters": {"channels": [8, 16], "kernel": 5, "hidden": 64, "dropout": 0.1}},
        "data": {"train": {"uri": "s3://data/train.parquet"}, "validation": {"fraction": 0.1, "splitBy": "writer"}, "label": "digit", "features": ["pixel*"],
                 "badRows": {"limit": 5}, "images": {"height": 8, "width": 8, "channels": 1}},
        "preprocess": [{"impute": {"columns": ["pixel*"], "strategy": "Constant", "value": 0.5}}, *PREPROCESS],
        "augment": {"horizontalFlip": 0.5, "verticalFlip": 0.25, "cropPadding": 2},
        "optimizer": {"name": "adamw", "learningRate": 0.01, "weightDecay": 0.02, "beta1": 0.8, "beta2": 0.9, "epsilon": 1e-7},
        "schedule": {"name": "Step", "stepSize": 30, "gamma": 0.5, "warmupSteps": 10, "warmupStartFactor": 0.1},
        "gradient": {"clipNorm": 1.5, "microBatchSize": 16},
        "parallel": {"bucketBytes": 65536, "exchange": "bf16", "optimizerState": "Sharded"},
        "labelSmoothing": 0.1, "classWeights": {"strategy": "Listed", "weights": [{"class": "7", "weight": 2}]},
        "averaging": {"decay": 0.99},
        "epochs": 5, "batchSize": 64, "precision": "bf16", "deterministic": True, "seed": 3},
    "checkpoint": {"uri": "s3://models/checkpoints", "everySteps": 50, "everySeconds": 30, "keep": 2},
    "output": {"uri": "s3://models/digits"},
    "failurePolicy": {"maxRestarts": 2, "refillSteps": 500, "rules": [
        {"name": "killed", "exitCodes": [137], "signals": ["SIGKILL"], "reasons": ["Signal"], "action": "Restart", "maxRestarts": 4},
        {"exitCodes": [3], "action": "Fail"}]},
    "suspend": False, "activeDeadlineSeconds": 7200, "progressDeadlineSeconds": 300, "pendingDeadlineSeconds": 7200,
    "cleanUpPolicy": "All", "ttlSecondsAfterFinished": 3600, "ttlSecondsAfterFailed": 7200}


SEQUENCE = {"layers": 2, "heads": 2, "width": 64, "feedForward": 128, "dropout": 0.1, "vocabularySize": 100, "maxLength": 64, "pooling": "First"}


def job_with(**training):
    return {**JOB, "training": {**JOB["training"], **training}}


NUMBERS = {**JOB, "training": {**{name: part for name, part in JOB["training"].items() if name not in ("labelSmoothing", "classWeights")},
                               "goal": {"name": "Regression", "loss": "Huber", "delta": 0.5},
                               "data": {"train": {"uri": "s3://data/train.csv"}, "labels": ["price*"]}}}

JOINED_TEXTS = {**JOB, "training": {**{name: part for name, part in JOB["training"].items() if name not in ("classWeights", "augment")},
                                    "model": {"architecture": "gpt", "parameters": {name: size for name, size in SEQUENCE.items() if name != "pooling"}}, "data": {"train": {"uri": "s3://data/texts.csv"}},
                                    "preprocess": [{"tokenize": {"columns": ["text"], "vocabulary": {"uri": "s3://models/vocab.json"},
                                                                 "merges": {"uri": "s3://models/merges.txt"}, "maxLength": 64, "samples": "Packed"}}]}}

SERVICE = {
    "model": {"uri": "s3://models/digits/1", "digest": "sha256:" + "a" * 64}, "replicas": 2,
    "access": {"mode": "Keys", "keys": ["e" * 64]}, "batching": {"maxSize": 8, "maxDelayMicroseconds": 100, "maxQueue": 64},
    "storage": STORAGE, "maxRequestBytes": 65536, "drainSeconds": 5, **POD}

BASES = {
    "trainingjobs": [JOB, job_with(preprocess=PREPROCESS), job_with(preprocess=PREPROCESS[1:]),
                     job_with(data={"train": {"uri": "s3://data/train.csv"}, "validation": {"uri": "s3://data/held.csv"}, "label": "digit",
                                    "streaming": {"shuffleWindow": 1000, "memoryMiB": 64}},
                              optimizer={"learningRate": 0.1}),
                     job_with(optimizer={"name": "sgd", "momentum": 0.9, "dampening": 0, "nesterov": True},
                              schedule={"name": "Cosine", "etaMin": 0.001, "warmupFraction": 0.1},
                              earlyStopping={"metric": "auc", "patience": 3, "minDelta": 0.001}),
                     job_with(schedule={"name": "OneCycle", "pctStart": 0.2, "divFactor": 10, "finalDivFactor": 100, "annealStrategy": "Linear"}),
                     job_with(schedule={}, gradient={"clipValue": 0.5}),
                     job_with(model={"architecture": "resnet", "parameters": {"depth": 34, "width": 32, "stem": "Large"},
                                     "uri": "s3://models/resnet34.safetensors", "head": "New", "freeze": ["layer1.*"],
                                     "rename": [{"from": "model.", "to": "net."}], "learningRates": [{"parameters": "layer*", "scale": 0.1}]}),
                     job_with(model={"architecture": "transformer", "parameters": SEQUENCE}),
                     job_with(model={"architecture": "torchscript", "uri": "s3://models/net.pt", "parameters": {"headLayer": "fc"}}),
                     job_with(preprocess=[{"minMax": {"columns": ["pixel*"], "min": -1, "max": 1}}]),
                     job_with(preprocess=[{"clip": {"columns": ["pixel*"], "min": 0, "max": 255}}]),
                     job_with(preprocess=[{"clip": {"columns": ["pixel*"], "minQuantile": 0.01, "maxQuantile": 0.99}}]),
                     job_with(preprocess=[{"log": {"columns": ["pixel*"], "offset": 1}}]),
                     job_with(preprocess=[{"quantile": {"columns": ["pixel*"], "quantiles": 100, "distribution": "Normal"}}]),
                     NUMBERS,
                     job_with(preprocess=[{"normalize": {"columns": ["pixel*"], "divisor": 16, "channels": [{"mean": 0.3, "deviation": 0.4}]}}]),
                     job_with(preprocess=[{"oneHot": {"columns": ["pixel*"], "maxCategories": 7}}]),
                     job_with(preprocess=[{"hash": {"columns": ["pixel*"], "buckets": 16}}]),
                     job_with(preprocess=[{"vocabulary": {"columns": ["pixel*"], "maxSize": 50, "minCount": 2}}]),
                     job_with(optimizer={"name": "sgd", "momentum": 0.9, "dampening": 0.5}),
                     job_with(model={"architecture": "transformer", "parameters": {**SEQUENCE, "paddingToken": 3}},
                              preprocess=[{"tokenize": {"columns": ["pixel*"], "vocabulary": {"uri": "s3://models/vocab.txt"}, "maxLength": 64, "lowercase": False}}]),
                     JOINED_TEXTS],
    "modelservices": [SERVICE, {**SERVICE, "scaling": {"min": 1, "max": 3, "target": {"concurrency": 2}, "windowSeconds": 5, "idleSeconds": 5}},
                      {**SERVICE, "model": {"trainingJob": "trained"}}, {**SERVICE, "access": {"mode": "Open"}}]}
# Fields that only make sense on a base other than the first that could have them.
BASE_OF = {"training.data.validation.uri": 3, "model.trainingJob": 2, "access.mode": 3,
           "training.optimizer.name": 3, "training.optimizer.momentum": 4, "training.optimizer.dampening": 20,
           "training.optimizer.nesterov": 4, "training.schedule.warmupFraction": 4, "training.schedule.etaMin": 4,
           **{f"training.schedule.{name}": 5 for name in ("pctStart", "divFactor", "finalDivFactor", "annealStrategy")},
           "training.schedule.name": 6, "training.gradient.clipValue": 6,
           "training.preprocess[].clip.minQuantile": 12, "training.preprocess[].clip.maxQuantile": 12,
           "training.goal": 15, "training.data.labels": 15}

KINDS = {"trainingjobs": ("TrainingJob", "training_job.yaml"), "modelservices": ("ModelService", "model_service.yaml")}
# Each unit is a pod: above this, the API server is only asked whether it would take the value.
PODS = {"workers.count", "replicas", "scaling.min"}
MOST_PODS = 5

# No value of these shows in a child or a condition of an object to which nothing happens.
SILENT = {
    ("trainingjobs", "workers.min"): "only refuses a count below it",
    ("trainingjobs", "workers.max"): "only refuses a count above it",
    **{("trainingjobs", f"failurePolicy{field}"): "no worker fails here" for field in (
        "", ".maxRestarts", ".refillSteps", ".rules", *(f".rules[].{part}" for part in (
            "name", "exitCodes", "exitCodes[]", "signals", "signals[]", "reasons", "reasons[]", "action", "maxRestarts")))},
    **{("trainingjobs", field): "no job ends by itself here" for field in ("cleanUpPolicy", "ttlSecondsAfterFinished", "ttlSecondsAfterFailed")},
    ("modelservices", "access"): "the gateway reads it from the service",
    ("modelservices", "access.mode"): "the gateway reads it from the service",
    ("modelservices", "access.keys"): "the gateway reads it from the service",
    ("modelservices", "access.keys[]"): "the gateway reads it from the service",
    ("modelservices", "scaling.max"): "no load comes here",
    ("modelservices", "scaling.target"): "no load comes here",
    ("modelservices", "scaling.target.concurrency"): "no load comes here",
    ("modelservices", "scaling.windowSeconds"): "no load comes here",
    ("modelservices", "scaling.idleSeconds"): "no load comes here",
}
