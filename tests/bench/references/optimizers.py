"""Prints what PyTorch's own optimizers and schedulers do: the table that unit tests hold ours to.

    python -m venv /tmp/torch && /tmp/torch/bin/pip install torch==2.11.0
    /tmp/torch/bin/python tests/bench/references/optimizers.py > tests/bench/references/optimizers.json

A row of `optimizers` is a spec as users write it and the parameters after STEPS steps at the gradients of gradient().
PyTorch has no LAMB: that row is algorithm 2 of You et al. (2020), in double precision."""
import json

import torch

STEPS = 20
OPTIMIZERS = [
    {"name": "sgd", "learningRate": 0.1},
    {"name": "sgd", "learningRate": 0.1, "weightDecay": 0.01, "momentum": 0.9, "dampening": 0.25},
    {"name": "sgd", "learningRate": 0.05, "momentum": 0.8, "nesterov": True},
    {"name": "adam", "learningRate": 0.01},
    {"name": "adam", "learningRate": 0.02, "weightDecay": 0.1, "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-6},
    {"name": "adamw", "learningRate": 0.01},
    {"name": "adamw", "learningRate": 0.02, "weightDecay": 0.1, "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-6},
    {"name": "adagrad"},
    {"name": "adagrad", "learningRate": 0.1, "weightDecay": 0.05, "epsilon": 1e-8},
    {"name": "lamb", "learningRate": 0.01},
    {"name": "lamb", "learningRate": 0.02, "weightDecay": 0, "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-8},
]
BASE = 0.1
SCHEDULES = [
    {"name": "Constant"},
    {"name": "Constant", "warmupSteps": 6},
    {"name": "Step", "stepSize": 7},
    {"name": "Step", "stepSize": 4, "gamma": 0.5, "warmupSteps": 5, "warmupStartFactor": 0.1},
    {"name": "Cosine"},
    {"name": "Cosine", "etaMin": 0.01, "warmupSteps": 4, "warmupStartFactor": 0.01},
    {"name": "OneCycle"},
    {"name": "OneCycle", "pctStart": 0.25, "divFactor": 10, "finalDivFactor": 100, "annealStrategy": "Linear"},
]


def start():
    """Two parameters of six and three values that floats hold exactly."""
    return [torch.tensor([(i * 5 % 7 - 3) / 8 for i in range(size)], requires_grad=True) for size in (6, 3)]


def gradient(size, step):
    return torch.tensor([((i * 7 + step * 13) % 11 - 5) / 16 for i in range(size)])


def torchs(spec, parameters):
    """PyTorch's optimizer of a spec; what the spec leaves out is PyTorch's default."""
    words = {"learningRate": "lr", "weightDecay": "weight_decay", "epsilon": "eps"}
    given = {words.get(key, key): value for key, value in spec.items() if key not in ("name", "beta1", "beta2")}
    if "beta1" in spec:
        given["betas"] = (spec["beta1"], spec["beta2"])
    kind = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "adagrad": torch.optim.Adagrad}
    return kind[spec["name"]](parameters, **given)


def by_torch(spec):
    parameters = start()
    optimizer = torchs(spec, parameters)
    for step in range(STEPS):
        for one in parameters:
            one.grad = gradient(one.numel(), step)
        optimizer.step()
    return parameters


def by_lamb(spec):
    beta1, beta2, decay = spec.get("beta1", 0.9), spec.get("beta2", 0.999), spec.get("weightDecay", 0.01)
    parameters = [one.detach().double() for one in start()]
    for x in parameters:
        mean, square = torch.zeros_like(x), torch.zeros_like(x)
        for step in range(STEPS):
            g = gradient(x.numel(), step).double()
            mean = beta1 * mean + (1 - beta1) * g
            square = beta2 * square + (1 - beta2) * g * g
            r = mean / (1 - beta1 ** (step + 1)) / ((square / (1 - beta2 ** (step + 1))).sqrt() + spec.get("epsilon", 1e-6))
            update = r + decay * x
            x -= spec["learningRate"] * x.norm() / update.norm() * update
    return parameters


def optimizer_row(spec):
    after = by_lamb(spec) if spec["name"] == "lamb" else by_torch(spec)
    return {"spec": spec, "parameters": [[float(f"{value:.7g}") for value in one.tolist()] for one in after]}


def after_warmup(spec, optimizer, steps):
    schedulers = torch.optim.lr_scheduler
    if spec["name"] == "Step":
        return schedulers.StepLR(optimizer, spec["stepSize"], spec.get("gamma", 0.1))
    if spec["name"] == "Cosine":
        return schedulers.CosineAnnealingLR(optimizer, steps, spec.get("etaMin", 0.0))
    return schedulers.ConstantLR(optimizer, factor=1, total_iters=0)


def scheduler(spec, optimizer):
    schedulers, steps = torch.optim.lr_scheduler, spec.get("warmupSteps", 0)
    if spec["name"] == "OneCycle":
        words = {"pctStart": "pct_start", "divFactor": "div_factor", "finalDivFactor": "final_div_factor"}
        given = {words[key]: value for key, value in spec.items() if key in words}
        return schedulers.OneCycleLR(optimizer, BASE, STEPS, cycle_momentum=False,
                                     anneal_strategy=spec.get("annealStrategy", "Cos").lower(), **given)
    rest = after_warmup(spec, optimizer, STEPS - steps)
    if not steps:
        return rest
    rise = schedulers.LinearLR(optimizer, spec.get("warmupStartFactor", 1 / 3), total_iters=steps)
    return schedulers.SequentialLR(optimizer, [rise, rest], [steps])


def schedule_row(spec):
    optimizer = torch.optim.SGD(start(), lr=BASE)
    follows, rates = scheduler(spec, optimizer), []
    for _ in range(STEPS):
        rates.append(float(f"{optimizer.param_groups[0]['lr']:.10g}"))
        optimizer.step()
        follows.step()
    return {"spec": spec, "learningRate": BASE, "rates": rates}


def show(name, rows, last=False):
    print(f' "{name}": [\n  ' + ",\n  ".join(json.dumps(row) for row in rows) + ("\n ]" if last else "\n ],"))


print(f'{{\n "torch": "{torch.__version__.split("+")[0]}", "steps": {STEPS},')
show("optimizers", map(optimizer_row, OPTIMIZERS))
show("schedules", map(schedule_row, SCHEDULES), last=True)
print("}")
