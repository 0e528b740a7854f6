"""Random specs to be killed: every procedure, optimizer and schedule, phases of all kinds, every split."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np

ROWS = 400
OPTIMIZERS = {
    "sgd": "sgd({rate}, momentum = {momentum}, nesterov = {nesterov})",
    "adam": "adam({small})",
    "adamw": "adamw({small}, weight_decay = {decay})",
    "rmsprop": "rmsprop({small}, momentum = {momentum})",
    "adagrad": "adagrad({small})",
    "adadelta": "adadelta(1.0)",
}
SCHEDULES = {
    "constant": "constant",
    "step": "step(2, factor = 0.5)",
    "exponential": "exponential(0.9)",
    "linear": "linear(to = 0.1, warmup = 1)",
    "cosine": "cosine(warmup = 30, by = step)",
    "one_cycle": "one_cycle",
    "plateau": "plateau(validation.loss, factor = 0.5, patience = 0)",
    "warmup": "warmup(0.1, 1.0, epochs = 2)",
    "schedule": "schedule(1, 0.5, 0.25)",
}
SPLITS = {
    "random": "random(train = 0.6, validation = 0.2, test = 0.2, seed = {seed})",
    "column": "column(fold, train = [0, 1, 2], validation = [3], test = [4])",
    "folds": "folds(4, fold = {fold}, seed = {seed})",
    "provided": "provided(validation = 0.2, seed = {seed})",
}
CALM = "linear(start = 0.5, to = 0.9)"


SWEEP = "sweep {{ objective = maximize(validation.{measure}); trials = 5 }}\n"


def write_spec(folder: Path, procedure: str, draw: random.Random, length: int, swept: bool = False) -> Path:
    """Writes a random spec of a procedure and its data; its phases have about so many steps. `swept`: with a search."""
    folder.mkdir(parents=True)
    path = folder / "killed.dn"
    text = PROCEDURES[procedure](folder, draw, length)
    text = _swept(text, procedure) if swept else text
    path.write_text(text, "utf-8")
    return path


def _swept(text: str, procedure: str) -> str:
    """The spec with a search for the width of a layer, and where there is one, for a learning rate."""
    hyper, measure = "hyper { width = int(8, 4 .. 32, log) }\n", "accuracy"
    if procedure != "supervised":
        measure = measure if "visible(y)" in text or "output(y)" in text else "log_likelihood"
        if "gan {" in text:
            sweep = SWEEP.format(measure="discriminator_loss").replace("maximize", "minimize")
            return hyper + text.replace("middle(8", "middle($width") + sweep
        if "autoencoder {" in text:
            return (
                hyper + text.replace("middle(8", "middle($width") + SWEEP.format(measure="loss").replace("maximize", "minimize")
            )
        return (
            hyper
            + text.replace("hidden(8", "hidden($width").replace("rbm(8)", "rbm($width)").replace("middle(8", "middle($width")
            + SWEEP.format(measure=measure)
        )
    text = text.replace("dense middle(8)", "dense middle($width)").replace("(0.01", "($rate") + SWEEP.format(measure=measure)
    rate = "rate = float(0.01, 1e-3 .. 1e-1, log)" if "$rate" in text else ""
    return hyper.replace(" }", f"; {rate} }}") + text


def supervised(folder: Path, draw: random.Random, length: int) -> str:
    split = draw.choice(sorted(SPLITS))
    words = SPLITS[split].format(seed=draw.randrange(9), fold=draw.randrange(1, 5))
    source = _npz(folder) if split == "provided" else _csv(folder)
    columns = {"csv": "a = number(scale = standard); b = number(scale = minmax); c = category", "npz": "v = array([6])"}[source]
    given = {"csv": 'csv("rows.csv")', "npz": 'npz("rows.npz")'}[source]
    inputs = {"csv": "features", "npz": "v"}[source]
    phases = [_phase(f"phase_{number}", draw, length) for number in range(draw.choice([1, 1, 2, 3]))]
    return f"""data {{
  source = {given}
  columns {{ {columns}; y = category }}
  target = y
  split = {words}
}}
network {{
  input({inputs})
  dense trunk({draw.choice([8, 24])}, {draw.choice(["relu", "tanh", "gelu"])})
  {draw.choice(["batch_norm; ", ""])}dropout({draw.choice([0.1, 0.4])}); dense middle(8); batch_norm; relu
  output(y)
}}
train {{
{chr(10).join(phases)}
}}
"""


def _phase(name: str, draw: random.Random, length: int) -> str:
    batch = draw.choice(["8", "16", "50", "all"])
    steps = {"8": 30, "16": 15, "50": 5, "all": 1}[batch]
    settings = [f"batch = {batch}", f"optimizer = {_optimizer(draw)}", f"schedule = {SCHEDULES[draw.choice(sorted(SCHEDULES))]}"]
    epochs = max(3, length // steps)
    settings.append(draw.choice([f"epochs = {epochs}", f"steps = {epochs * steps - steps // 2}"]))
    maybe = [
        "keep = best(validation.loss)",
        f"stop = early(validation.loss, patience = {epochs})",
        "clip = norm(exponential(0.95, start = 1.0))",
        "clip = value(0.05)",
        "average = ema(0.95)",
        "average = swa(start = 0.3)",
        f"freeze = until(epoch = {max(1, epochs // 2)}, parts = [trunk, batch_norm])",
        f"freeze = until(step = {steps + 1}, parts = [middle])",
        f"trunk.optimizer = {_optimizer(draw)}",
        "middle.schedule = plateau(validation.loss, patience = 0)",
        "regularize = [l1(1e-4), l2(linear(start = 1e-2, to = 0))]",
        "label_noise = 0.2",
        "rows = 100",
        "accumulate = 3",
    ]
    taken: dict[str, str] = {}
    for setting in draw.sample(maybe, draw.randrange(0, 6)):
        taken.setdefault(setting.partition(" ")[0], setting)
    if batch == "all":
        taken.pop("accumulate", None)
    return f"  phase {name} {{ {'; '.join([*settings, *taken.values()])} }}"


def _optimizer(draw: random.Random) -> str:
    momentum = draw.choice(["0.5", "warmup(0.3, 0.9, epochs = 3)", CALM])
    values = {"rate": 0.05, "small": 0.01, "nesterov": draw.choice(["true", "false"]), "decay": draw.choice(["0.01", CALM])}
    return OPTIMIZERS[draw.choice(sorted(OPTIMIZERS))].format(momentum=momentum, **values)


def _rows() -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(0)
    values = draw.normal(size=(ROWS, 6))
    return values, (values[:, :3].sum(axis=1) + draw.normal(size=ROWS) > 0).astype(np.int64)


def _csv(folder: Path) -> str:
    values, labels = _rows()
    lines = [
        f"{v[0]:.6f},{v[1]:.6f},{'pqr'[int(v[2] > 0)]},{i % 5},{'no yes'.split()[k]}"
        for i, (v, k) in enumerate(zip(values, labels))
    ]
    (folder / "rows.csv").write_text("\n".join(["a,b,c,fold,y", *lines]) + "\n")
    return "csv"


def _npz(folder: Path) -> str:
    values, labels = _rows()
    v = values.astype(np.float32)
    np.savez(folder / "rows.npz", train_v=v[:300], train_y=labels[:300], test_v=v[300:], test_y=labels[300:])
    return "npz"


def variational(folder: Path, draw: random.Random, length: int) -> str:
    """A variational autoencoder of numbers and a category, conditional or not, whose β may change."""
    _csv(folder)
    split = SPLITS[draw.choice(["random", "column", "folds"])].format(seed=draw.randrange(9), fold=draw.randrange(1, 5))
    condition, taken = draw.choice([("", ""), ("condition(y)", "concat(it, condition); ")])
    beta = draw.choice(["1.0", "4.0", "warmup(0.0, 1.0, epochs = 3)", "linear(start = 0.1, to = 2.0)"])
    phases = [_of_composites(f"phase_{number}", draw, length) for number in range(draw.choice([1, 2]))]
    return f"""data {{
  source = csv("rows.csv")
  columns {{ a = number(scale = standard); b = number(scale = minmax); c = category; y = category }}
  split = {split}
}}
vae {{
  {condition}
  encoder {{ input(a, b, c); {taken}dense middle(8, tanh); {draw.choice(["", "batch_norm; "])}dropout(0.1) }}
  latent(2)
  decoder {{ {taken}dense(8, relu); dense(4) }}
}}
train {{
  loss = elbo(beta = {beta}, free_bits = {draw.choice(["0.0", "0.2"])}, variance = 0.5)
  metrics = [log_likelihood(every = 2, samples = 5, final = 20)]
{chr(10).join(phases)}
}}
"""


def adversarial(folder: Path, draw: random.Random, length: int) -> str:
    """A gan of numbers and a category: plain, with a condition, with codes, or with labels; every loss and every remedy."""
    _csv(folder)
    split = SPLITS[draw.choice(["random", "column", "folds"])].format(seed=draw.randrange(9), fold=draw.randrange(1, 5))
    kind, penalized = draw.choice(["plain", "condition", "code", "label", "score"]), draw.random() < 0.4
    above = {"condition": "condition(y)", "code": "code kind(3); code lean(2, uniform)"}.get(kind, "")
    taken = {"condition": "concat(latent, condition); ", "code": "concat(latent, kind, lean); "}.get(kind, "")
    seen = "concat(it, condition); " if kind == "condition" else ""
    end = {"label": "output(y); dense(1)", "score": "output(y)"}.get(kind, "dense(1)")
    mixing = [] if penalized else ["batch_norm; ", "dense(6); minibatch_discrimination(3); "]
    norms = ["virtual_batch_norm; ", "layer_norm; ", "", *mixing]
    found = "recognizer { input(discriminator.features); dense(8); batch_norm; leaky_relu(0.1) }" if kind == "code" else ""
    phases = [_of_gans(f"phase_{number}", draw, length, kind, penalized) for number in range(draw.choice([1, 2]))]
    return f"""data {{
  source = csv("rows.csv")
  columns {{ a = number(scale = standard); b = number(scale = standard); c = category; y = category }}
  {"target = y" if kind in ("label", "score") else ""}
  split = {split}
}}
gan {{
  latent(3, {draw.choice(["normal", "uniform"])})
  {above}
  generator {{ {taken}dense middle(8); {draw.choice(["batch_norm", "virtual_batch_norm", "layer_norm"])}; relu; dense(4) }}
  discriminator {{
    input(a, b, c); {seen}dense features(8{draw.choice(["", ", norm = spectral"])}); {draw.choice(norms)}leaky_relu(0.2)
    {draw.choice(["", "dropout(0.2); "])}{end}
  }}
  {found}
}}
train {{
{chr(10).join(phases)}
}}
"""


def _of_gans(name: str, draw: random.Random, length: int, kind: str, penalized: bool) -> str:
    """A phase of adversarial training, with a number of remedies."""
    batch, updates = draw.choice(["8", "16", "50"]), draw.choice([1, 1, 2, 5])
    epochs = max(3, min(12, length * updates // {"8": 30, "16": 15, "50": 5}[batch]))
    games = ["minimax", "non_saturating"] + ["least_squares", "hinge"] * (kind != "score")
    games += ["wasserstein"] * (penalized and kind != "score")
    game = draw.choice(games)
    losses = [game] + ["0.5 * mutual_information"] * (kind == "code") + ["0.1 * feature_matching"] * (draw.random() < 0.3)
    settings = [f"batch = {batch}", f"epochs = {epochs}", f"loss = [{', '.join(losses)}]", "optimizer = adam(0.002)"]
    settings += [f"discriminator.updates = {updates}"] * (updates > 1)
    settings += [draw.choice(["penalty = r1(1, every = 3)", "penalty = gradient_penalty(1)"])] * penalized
    smoothing = ["one_sided(0.9)", "two_sided(0.9, 0.1)", "drawn(0.7 .. 1.2, 0.0 .. 0.3)"]
    of_labels = [f"label_smoothing = {draw.choice(smoothing)}", "noisy_labels = 0.1"] * (game not in ("hinge", "wasserstein"))
    maybe = [
        *of_labels,
        f"instance_noise = gaussian(0.2, decay = {draw.choice(['linear(to = 0)', 'exponential(0.8)'])})",
        "average = ema(0.95)",
        "average = swa(start = 0.3)",
        "discriminator.optimizer = sgd(0.02, momentum = 0.5)",
        f"freeze = until(step = 4, parts = [{draw.choice(['generator', 'discriminator'])}])",
        "clip = norm(1.0)",
        "regularize = l2(1e-3)",
        f"schedule = {SCHEDULES[draw.choice(sorted(set(SCHEDULES) - {'plateau'}))]}",
        "rows = 100",
        "keep = best(validation.generator_loss)",
        "metrics = [pairwise_distance, classifier_score]",
    ]
    chosen: dict[str, str] = {}
    for setting in draw.sample(maybe, draw.randrange(2, 7)):
        chosen.setdefault(setting.partition(" ")[0], setting)
    return f"  phase {name} {{ {'; '.join([*settings, *chosen.values()])} }}"


def _of_composites(name: str, draw: random.Random, length: int) -> str:
    """A phase that trains all parts of a composite."""
    batch = draw.choice(["8", "16", "50"])
    epochs = max(3, length // {"8": 30, "16": 15, "50": 5}[batch])
    settings = [f"batch = {batch}", f"optimizer = {_optimizer(draw)}", f"epochs = {epochs}"]
    maybe = [
        "keep = best(validation.loss)",
        f"stop = early(validation.loss, patience = {epochs})",
        "clip = norm(5.0)",
        "average = ema(0.95)",
        "average = swa(start = 0.3)",
        "decoder.optimizer = adam(0.002)",
        f"freeze = until(epoch = {max(1, epochs // 2)}, parts = [encoder])",
        "regularize = l2(1e-3)",
        f"schedule = {SCHEDULES[draw.choice(sorted(SCHEDULES))]}",
        "rows = 100",
        "accumulate = 3",
    ]
    taken: dict[str, str] = {}
    for setting in draw.sample(maybe, draw.randrange(0, 6)):
        taken.setdefault(setting.partition(" ")[0], setting)
    return f"  phase {name} {{ {'; '.join([*settings, *taken.values()])} }}"


def machines(procedure: str) -> Callable[[Path, random.Random, int], str]:
    """Who writes specs of a procedure of machines: an `rbm`, with a label or without, or a stack whose layers are pretrained."""

    def write(folder: Path, draw: random.Random, length: int) -> str:
        words = OF_MACHINES[procedure].format(steps=draw.choice(["1", "2", "linear(start = 1, to = 3)"]))
        if draw.random() < 0.3:
            return _deep_autoencoder(folder, draw, length, words)
        return _stack(folder, draw, length, words) if draw.random() < 0.5 else _machine(folder, draw, length, words)

    return write


def reconstruction(folder: Path, draw: random.Random, length: int) -> str:
    """An autoencoder with noise, sparse and contractive codes, its decoder tied, mirrored or written."""
    _csv(folder)
    split = SPLITS[draw.choice(["random", "column", "folds"])].format(seed=draw.randrange(9), fold=draw.randrange(1, 5))
    noise = draw.choice(["", "gaussian_noise(0.3); ", "masking_noise(0.2); ", "salt_and_pepper(0.1); "])
    between = draw.choice(["", "batch_norm; ", "dropout(0.1); "])
    sparse = draw.choice(["", ", regularize = sparsity(target = 0.2, cost = linear(start = 0.1, to = 0.01))"])
    decoder = draw.choice(["= mirror(tied = true)", "= mirror", "{ dense(8, relu); dense(6) }"])
    loss = draw.choice(["mean_squared_error", "[sum_squared_error, 0.1 * contractive]", "mean_absolute_error"])
    phases = [_of_composites(f"phase_{number}", draw, length) for number in range(draw.choice([1, 2]))]
    return f"""{_encoded_data(split)}
autoencoder {{
  encoder {{ input(features); {noise}dense middle(8, tanh); {between}dense(4, sigmoid{sparse}) }}
  decoder {decoder}
}}
train {{
  loss = {loss}
  metrics = [sum_squared_error(every = 2)]
{chr(10).join(phases)}
}}
"""


def layerwise(folder: Path, draw: random.Random, length: int) -> str:
    """A stack that is pretrained layer by layer, then trained as a whole."""
    _csv(folder)
    split = SPLITS[draw.choice(["random", "column", "folds"])].format(seed=draw.randrange(9), fold=draw.randrange(1, 5))
    own = draw.choice(["", "middle.epochs = 4; ", "dense_1.optimizer = rmsprop(0.005); "])
    whole = _of_composites("finetune", draw, length // 2)
    return f"""{_encoded_data(split)}
autoencoder {{
  encoder {{
    input(features); masking_noise(0.2); dense middle(8, relu)
    batch_norm; gaussian_noise(0.2); dense(4, sigmoid); dense(2)
  }}
  decoder = mirror(tied = {draw.choice(["true", "false"])})
}}
train {{
  {_of_composites("pretrain", draw, length // 3).strip().replace("{ ", "{ procedure = layerwise; " + own, 1)}
{whole}
}}
"""


def _deep_autoencoder(folder: Path, draw: random.Random, length: int, words: str) -> str:
    """An autoencoder whose layers are pretrained as machines, then trained as a whole."""
    _csv(folder)
    split = SPLITS[draw.choice(["random", "column", "folds"])].format(seed=draw.randrange(9), fold=draw.randrange(1, 5))
    own = draw.choice(["", "middle.epochs = 4; ", "dense_1.optimizer = sgd(0.001); "])
    return f"""{_encoded_data(split)}
autoencoder {{
  encoder {{ input(features); dense middle(8, sigmoid); dense(4, relu); dense(2) }}
  decoder = mirror(tied = {draw.choice(["true", "false"])}, activation = linear)
}}
train {{
  phase pretrain {{ procedure = {words}; {own}{_of_machines(draw, length // 3)} }}
{_of_composites("finetune", draw, length // 2)}
}}
"""


def _encoded_data(split: str) -> str:
    columns = "a = number(scale = standard); b = number(scale = minmax); c = category; y = category"
    return f'data {{ source = csv("rows.csv"); columns {{ {columns} }}; split = {split} }}'


def up_down(folder: Path, draw: random.Random, length: int) -> str:
    """A stack that is pretrained, then trained as one model of its data."""
    whole = f"phase whole {{ procedure = up_down(steps = {draw.choice([1, 3])}); {_of_machines(draw, length)} }}"
    return _stack(folder, draw, length, OF_MACHINES["contrastive_divergence"].format(steps=1), whole)


def _machine(folder: Path, draw: random.Random, length: int, words: str) -> str:
    target, label = draw.choice([("", ""), ("target = y", "visible(y)")])
    metrics = "metrics = [free_energy_gap, log_likelihood(every = 2, chains = 10, temperatures = 50, final = 100)]"
    kept = draw.choice(["", "keep = best(validation.log_likelihood)"])
    variance = draw.choice(["gaussian", "gaussian(variance = learned)"])
    hidden = draw.choice(["8", "8, units = gaussian", "8, units = relu"])
    return f"""{_visible_data(folder, draw, target)}
rbm {{ visible(a, units = {variance}); visible(b, c); {label}; hidden({hidden}) }}
train {{ procedure = {words}; {metrics}; {kept}; {_of_machines(draw, length)} }}
"""


def _stack(folder: Path, draw: random.Random, length: int, words: str, whole: str = "") -> str:
    own = draw.choice(["", "rbm_2.epochs = 2", "rbm_1.optimizer = adam(0.01)"])
    return f"""{_visible_data(folder, draw, "target = y")}
dbn {{ visible(features); rbm(8); rbm(6); output(y) }}
train {{
  phase pretrain {{ procedure = {words}; {own}; {_of_machines(draw, length // 2)} }}
  {whole}
  phase finetune {{ freeze = until(epoch = 1, parts = [rbm]); optimizer = {_optimizer(draw)}; epochs = {max(3, length // 30)} }}
}}
"""


def _visible_data(folder: Path, draw: random.Random, target: str) -> str:
    _csv(folder)
    split = SPLITS[draw.choice(["random", "column", "folds"])].format(seed=draw.randrange(9), fold=draw.randrange(1, 5))
    columns = "a = number(scale = standard); b = number(scale = minmax); c = category; y = category"
    return f'data {{ source = csv("rows.csv"); columns {{ {columns} }}; {target}; split = {split} }}'


def _of_machines(draw: random.Random, length: int) -> str:
    """How machines are trained, at rates that none of them diverges with."""
    batch = draw.choice(["8", "16", "50"])
    steps = {"8": 30, "16": 15, "50": 5}[batch]
    momentum = draw.choice(["0", "0.5", CALM])
    optimizer = draw.choice([f"sgd(0.005, momentum = {momentum})", "adam(0.002)", "rmsprop(0.001)"])
    maybe = ["regularize = l2(1e-3)", "regularize = l1(1e-4)", "average = ema(0.9)", "rows = 100", "schedule = linear(to = 0)"]
    taken: dict[str, str] = {}
    for setting in draw.sample(maybe, draw.randrange(0, 3)):
        taken.setdefault(setting.partition(" ")[0], setting)
    return "; ".join([f"batch = {batch}", f"optimizer = {optimizer}", f"epochs = {max(3, length // steps)}", *taken.values()])


OF_MACHINES = {
    "contrastive_divergence": "contrastive_divergence(steps = {steps})",
    "persistent_contrastive_divergence": "persistent_contrastive_divergence(steps = {steps}, chains = 20)",
    "parallel_tempering": "parallel_tempering(chains = 10, temperatures = 4, steps = {steps})",
}
PROCEDURES: dict[str, Callable[[Path, random.Random, int], str]] = {
    "supervised": supervised,
    **{word: machines(word) for word in OF_MACHINES},
    "up_down": up_down,
    "reconstruction": reconstruction,
    "layerwise": layerwise,
    "variational": variational,
    "adversarial": adversarial,
}
"""Who writes a spec of each procedure of the vocabulary: all of them are killed."""
