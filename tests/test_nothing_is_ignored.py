"""Every argument and setting of the examples is mutated: each mutation is an error, or changes what is built or done.

What counts is what happens: the emitted source, the prepared data, the weights after training, everything measured.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch

from specc.checking import check_text
from specc.diagnostics import Report, Source, Span, SpecError
from specc.loading import bind_spec
from specc.pytorch.source import build_module, emit_source
from specc.runs.train import Order, train_spec
from specc.syntax.parse import parse_text
from specc.syntax.tree import Argument, Call, List, Name, Number, Operation, Part, Range, String, Value
from specc.training.device import compute_with
from specc.training.loop import Training
from specc.training.pretrained import start
from specc.training.streams import Streams
from tests.data.binding import parquet_file

EXAMPLES = Path(__file__).parent / "syntax" / "examples"
WAITING = [
    "deep_autoencoder",
    "electricity_forecast",
    "reviews_lstm",
    "sentiment_tree",
    "shakespeare_transformer",
]
"""Examples whose words come later: a list that only shrinks."""
SMALLER = {
    "iris": [("epochs    = 60", "epochs    = 3")],
    "titanic": [("patience = 8", "patience = 2"), ("epochs     = 60", "epochs     = 12"), ("int(64,", "int(16,")],
    "fashion_cnn": [
        ("stem(32, 3", "stem(4, 3"),
        ("32 * $k", "4 * $k"),
        ("[1, 2, 4]", "[1, 2]"),
        ("epochs     = 15", "epochs     = 2"),
        ("batch      = 128", "batch      = 16"),
    ],
    "mnist_rbm": [
        ("hidden(500", "hidden(6"),
        ("chains = 100", "chains = 10"),
        ("free_energy_gap, log_likelihood(every = 5)", "free_energy_gap, log_likelihood(every = 2)"),
        ("epochs     = 20", "epochs     = 4"),
        ("batch      = 100", "batch      = 10"),
    ],
    "mnist_dbn": [
        ("rbm(500)", "rbm(6)"),
        ("rbm(2000)", "rbm(5)"),
        ("batch = 100", "batch = 10"),
        ("warmup(0.5, 0.9, epochs = 5)", "warmup(0.5, 0.9, epochs = 2)"),
        ("epochs     = 20", "epochs     = 3"),
        ("conjugate_gradient(line_searches = 3)", "rmsprop(0.02, momentum = 0.5)"),
        ("batch     = 1000", "batch     = 15"),
        ("until(epoch = 5", "until(epoch = 1"),
        ("epochs    = 50", "epochs    = 3"),
    ],
    "digits_joint_rbm": [
        ("hidden(500)", "hidden(6)"),
        ("chains = 100", "chains = 10"),
        ("epochs    = 20", "epochs    = 4"),
        ("batch     = 100", "batch     = 10"),
    ],
    "movielens_rbm": [
        ("hidden(100)", "hidden(6)"),
        ("schedule(1, 3, 5, 9)", "schedule(1, 3, 2)"),
        ("epochs    = 30", "epochs    = 6"),
        ("batch     = 128", "batch     = 16"),
    ],
    "mnist_vae": [
        ("200", "6"),
        ("latent(20", "latent(2"),
        ("beta = 1.0", "beta = 0.5"),
        ("adam(1e-3)", "adam(2e-3)"),
        ("epochs    = 20", "epochs    = 3"),
        ("batch     = 100", "batch     = 10"),
    ],
    "housing_two_targets": [("trunk(64,", "trunk(8,"), ("adam(1e-3)", "adam(2e-3)"), ("epochs    = 40", "epochs    = 5")],
    "fashion_gan": [
        ("latent(64", "latent(3"),
        ("7 * 7 * 128", "7 * 7 * 4"),
        ("[128, 7, 7]", "[4, 7, 7]"),
        ("[64, 32]", "[3, 2]"),
        ("[64, 128]", "[2, 3]"),
        ("one_sided(0.9)", "one_sided(0.8)"),
        ("epochs = 20", "epochs = 1"),
        ("  sample                  = every(epochs = 1, count = 64)\n", ""),  # which pictures a run draws, and no number
        ("epochs                  = 40", "epochs                  = 2"),
        ("batch                   = 128", "batch                   = 16"),
    ],
    "infogan": [
        ("latent(62", "latent(3"),
        ("kind(10", "kind(3"),
        ("dense(1024); batch_norm; relu", "dense(5); batch_norm; relu"),
        ("7 * 7 * 128", "7 * 7 * 4"),
        ("[128, 7, 7]", "[4, 7, 7]"),
        ("transpose(64", "transpose(3"),
        ("conv2d(64", "conv2d(2"),
        ("conv2d(128", "conv2d(3"),
        ("features(1024)", "features(5)"),
        ("dense(128)", "dense(4)"),
        ("adam(1e-3", "adam(2e-3"),
        ("epochs                  = 30", "epochs                  = 2"),
        ("batch                   = 100", "batch                   = 16"),
    ],
    "edges_to_digits": [
        ("first(32)", "first(2)"),
        ("second(64)", "second(3)"),
        ("down(128)", "down(4)"),
        ("up(64)", "up(3)"),
        ("up(32)", "up(2)"),
        ("down(32); down(64)", "down(2); down(3)"),
        ("epochs    = 50", "epochs    = 2"),
    ],
    "loop": [],
}
"""The same sentences with smaller numbers, so that a mutation trains in a blink."""
LOOP = """data {
  source = csv("data/iris.csv")
  columns { "*" = number(scale = standard); species = category }
  target = species
  split = random(train = 0.8, validation = 0.2)
}
network { input(features); dense trunk(6, relu); batch_norm; dense(5, tanh); output(species) }
train {
  batch = 4
  phase first {
    optimizer       = sgd(0.3, momentum = warmup(0.5, 0.9, epochs = 2))
    trunk.optimizer = adamw(0.05, weight_decay = linear(start = 0.5, to = 0.1, epochs = 2))
    trunk.schedule  = schedule(1, 0.5)
    dense.regularize = l2(exponential(0.5, start = 0.1))
    clip            = norm(cosine(start = 0.4, to = 0.1))
    average         = ema(0.3)
    freeze          = [until(epoch = 1, parts = [trunk]), until(step = 4, parts = [batch_norm])]
    label_noise     = 0.2
    rows            = 33
    accumulate      = 2
    epochs          = 3
  }
  phase second {
    optimizer = rmsprop(0.01, momentum = 0.5)
    clip = value(0.05)
    average = swa(start = 0.3)
    freeze = always(parts = [dense_1])
    epochs = 4
  }
}
"""
"""The loop's own words, which no example of a network has."""
OTHER_WORDS = {
    "relu": "tanh",
    "he_normal": "zeros",
    "horizontal": "vertical",
    "same": "0",
    "unit": "symmetric",
    "standard": "minmax",
    "onehot": "embedding(2)",
    "median": "mean",
    "mode": 'constant("Q")',
    "true": "false",
    "one_cycle": "linear",
    "accuracy": "precision",
    "bernoulli": "gaussian",
    "softmax": "bernoulli",
    "static": "stochastic",
    "reconstruction_error": "accuracy",
    "persistent_contrastive_divergence": "parallel_tempering",
    "auroc": "recall",
    "f1": "precision",
    "number": "category",
    "category": "category(missing = drop, impute = mode)",
}
SAY_THE_DEFAULT = {
    "encode = onehot",
    "horizontal",
    'labels = ["0", "1"]',
    "train = 0.7",
    "split  = random(train = 0.7, validation = 0.15, test = 0.15, stratify = species)",
    "of = trunk",
    "train = 0.8",
    "train = 0.9",
    'labels = ["no", "yes"]',
    "units = bernoulli",
    "units = softmax",
    "steps = 1",
    "procedure  = contrastive_divergence(steps = 1)",
    "optimizer = sgd(0.05)",
    "to = 0",
    "[accuracy]",
    "metrics   = [accuracy]",
    "normal",
    "reconstruction = binary_cross_entropy",
    "digit = category",  # a column that nothing reads
    "category",
    "discriminator.updates   = 1",
    "loss                    = non_saturating",
    "loss                    = [non_saturating, 1.0 * mutual_information]",
}
"""Written out though the default is the same: deleted, or a list emptied, nothing changes."""


class Mutation(NamedTuple):
    span: Span
    text: str


def example(name: str) -> str:
    text = LOOP if name == "loop" else (EXAMPLES / f"{name}.dn").read_text("utf-8")
    for before, after in SMALLER[name]:
        assert before in text
        text = text.replace(before, after)
    return text


@functools.cache
def mutations(text: str) -> list[Mutation]:
    """Of every value of the spec, outside of a hyperparameter's range and of the sweep."""
    tree = parse_text(Source("x.dn", text), Report(Source("x.dn", text)))
    found: list[Mutation] = []
    for part in tree.statements:
        assert isinstance(part, Part) and part.body is not None
        if part.kind != "sweep":
            found += _of_part(part, text, top=part.kind == "hyper")
    return found


def _of_part(part: Part, text: str, top: bool = False) -> Iterator[Mutation]:
    for argument in part.arguments:
        yield from _of_argument(argument, text)
    for statement in part.body.statements if part.body else []:
        if isinstance(statement, Part):
            yield from _of_part(statement, text)
        elif top and isinstance(statement.value, Call):  # a hyperparameter: its default only
            yield from _of_value(statement.value.arguments[0].value, text)
        else:
            yield from _of_value(statement.value, text)
            yield Mutation(statement.span, "")


def _of_argument(argument: Argument, text: str) -> Iterator[Mutation]:
    yield from _of_value(argument.value, text)
    end = argument.span.end
    while text[end] in ", ":
        end += 1
    yield Mutation(Span(argument.span.start, end), "")


def _of_value(value: Value, text: str) -> Iterator[Mutation]:
    match value:
        case Number():
            number = value.value
            yield Mutation(value.span, str(number + 1 if isinstance(number, int) else number * 0.5 or 0.5))
        case String():
            yield Mutation(value.span, f'"{value.value}x"')
        case Name():
            yield Mutation(value.span, "zzz")
            if value.text in OTHER_WORDS:
                yield Mutation(value.span, OTHER_WORDS[value.text])
        case Call():
            yield Mutation(value.word_span, "zzz")
            for argument in value.arguments:
                yield from _of_argument(argument, text)
        case List():
            for item in value.items:
                yield from _of_value(item, text)
            yield Mutation(value.span, "[]")
        case Operation():
            yield from _of_value(value.left, text)
            yield from _of_value(value.right, text)
        case Range():
            pass


def mutated(text: str, mutation: Mutation) -> str:
    result = text[: mutation.span.start] + mutation.text + text[mutation.span.end :]
    return result.replace(", )", ")").replace("()", "") if mutation.text == "" else result


class Effect(NamedTuple):
    """What a spec builds and does."""

    source: str
    data: str
    weights: str
    measured: str


def effect(text: str, folder: Path) -> Effect:
    source = Source("spec.dn", text)
    report = Report(source)
    spec, dataset = bind_spec(check_text(source, folder=str(folder), report=report), report, folder)
    hashed = hashlib.sha256()
    for arrays in (dataset.inputs, dataset.targets, dataset.truth, dataset.rows):
        for name, values in sorted(arrays.items()):
            hashed.update(name.encode() + np.ascontiguousarray(values).tobytes())
    streams = Streams(spec.phases[0].settings.seed)
    module = build_module(spec)
    start(module, streams["weights"], dataset.pretrained)
    events: list[dict] = []
    training = Training(spec, dataset, module, streams, torch.device("cpu"), report=events.append)
    with compute_with(torch.device("cpu"), threads=1):  # two would wait for one another longer than they work
        training.run()
        measured = {name: found.metrics for name, found in training.evaluate().items()}
    for event in events:
        event.pop("seconds")
    weights = hashlib.sha256(b"".join(t.numpy().tobytes() for t in module.state_dict().values())).hexdigest()
    return Effect(emit_source(spec), hashed.hexdigest(), weights, repr((events, measured)))


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Small made-up data for each example."""
    generator = np.random.default_rng(1)
    iris, titanic, fashion, mnist, housing = map(tmp_path_factory.mktemp, ("iris", "titanic", "fashion", "mnist", "housing"))
    ratings = tmp_path_factory.mktemp("ratings")
    _write_iris(iris / "data", generator)
    _write_titanic(titanic / "data", generator)
    _write_fashion(fashion / "data" / "fashion_mnist", generator)
    _write_fashion(mnist / "data" / "mnist", generator)
    _write_houses(housing, generator)
    _write_ratings(ratings / "data", generator)
    edges = tmp_path_factory.mktemp("edges")
    _write_edges(edges / "data", generator)
    machines = dict.fromkeys(("mnist_rbm", "mnist_dbn", "digits_joint_rbm", "mnist_vae", "infogan"), mnist)
    tables = {"iris": iris, "loop": iris, "titanic": titanic, "housing_two_targets": housing, "movielens_rbm": ratings}
    return tables | {"fashion_cnn": fashion, "fashion_gan": fashion, "edges_to_digits": edges} | machines


def _write_edges(folder: Path, generator: np.random.Generator) -> None:
    folder.mkdir()
    drawn = {name: generator.integers(0, 256, (9, 32 * 32)).tolist() for name in ("edges", "photo")}
    (folder / "edges.parquet").write_bytes(parquet_file(**drawn))


def _write_ratings(folder: Path, generator: np.random.Generator) -> None:
    folder.mkdir()
    lines = ["userId,movieId,rating,timestamp"]
    for user in range(40):
        for film in sorted(generator.choice(25, 12, replace=False)):
            rating = 1 + (user + film) % 2 * 2 + generator.integers(3)
            lines.append(f"{user},{film},{rating},0")
    (folder / "ratings.csv").write_text("\n".join(lines) + "\n")


def _write_iris(folder: Path, generator: np.random.Generator) -> None:
    folder.mkdir()
    lines = ["sepal_length,sepal_width,petal_length,petal_width,species"]
    for i in range(45):
        numbers = generator.normal(i % 3, 1.0, 4).round(2)
        lines.append(",".join([*map(str, numbers), ["setosa", "versicolor", "virginica"][i % 3]]))
    (folder / "iris.csv").write_text("\n".join(lines) + "\n")


def _write_titanic(folder: Path, generator: np.random.Generator) -> None:
    folder.mkdir()
    lines = ["pclass,survived,sex,age,sibsp,parch,fare,embarked"]
    for i in range(115):
        age = "?" if i % 9 == 0 else f"{generator.gamma(4, 8):.1f}"
        port = "?" if i % 23 == 0 else generator.choice(["S", "S", "C", "Q"])
        fare = "?" if i % 31 == 0 else f"{generator.gamma(1, 30):.2f}"
        sex = generator.choice(["male", "female"])
        pclass, survived, sibsp, parch = generator.integers([1, 0, 0, 0], [4, 2, 4, 3])
        lines.append(f"{pclass},{survived},{sex},{age},{sibsp},{parch},{fare},{port}")
    (folder / "titanic3.csv").write_text("\n".join(lines) + "\n")


def _write_fashion(folder: Path, generator: np.random.Generator) -> None:
    folder.mkdir(parents=True)
    for name, rows in (("train", 33), ("t10k", 20)):
        images = generator.integers(0, 256, (rows, 28, 28), dtype=np.uint8)
        labels = np.arange(rows, dtype=np.uint8) % 10
        packed = struct.pack(">HBBIII", 0, 8, 3, rows, 28, 28) + images.tobytes()
        (folder / f"{name}-images-idx3-ubyte.gz").write_bytes(gzip.compress(packed))
        (folder / f"{name}-labels-idx1-ubyte").write_bytes(struct.pack(">HBBI", 0, 8, 1, rows) + labels.tobytes())


HOUSES = """data {
  source = parquet("data/houses.parquet")
  columns {
    area   = number(transform = log1p, scale = standard)
    rooms  = number(scale = minmax, impute = median)
    region = category(encode = embedding(4))
    price  = number(transform = log1p, scale = standard)
  }
  target = price
}
network { input(features); dense(6, relu); dense encoder(5, tanh); output(price) }
train { epochs = 1 }
"""
"""The run that the two targets take their `encoder` from."""


def _write_houses(folder: Path, generator: np.random.Generator) -> None:
    (folder / "data").mkdir()
    area, rooms, fold = generator.lognormal(4.5, 0.5, 150), generator.integers(1, 7, 150), np.arange(150) % 5
    region = generator.choice(["north", "south", "west"], 150)
    price = area * 2000 + rooms * 9000 + (region == "west") * 40_000 + generator.normal(0, 5000, 150)
    sold = np.where(price < np.median(price), "yes", "no")
    missing = [None if i % 17 == 0 else float(count) for i, count in enumerate(rooms)]
    columns = {"area": area.tolist(), "rooms": missing, "region": region.tolist(), "price": price.tolist()}
    rows = parquet_file(**columns, sold=sold.tolist(), fold=fold.tolist())
    (folder / "data" / "houses.parquet").write_bytes(rows)
    (folder / "houses.dn").write_text(HOUSES)
    train_spec(Order(folder / "houses.dn", device="cpu"))


def every_mutation() -> list[tuple[str, int]]:
    return [(name, number) for name in SMALLER for number in range(len(mutations(example(name))))]


def label(name: str, number: int) -> str:
    text = example(name)
    mutation = mutations(text)[number]
    line = text.count("\n", 0, mutation.span.start) + 1
    return f"{name}:{line}: {text[mutation.span.start : mutation.span.end]} -> {mutation.text or 'nothing'}"


@pytest.fixture(scope="module")
def effects(folders: dict[str, Path]) -> dict[str, Effect]:
    return {name: effect(example(name), folders[name]) for name in SMALLER}


@pytest.mark.parametrize(("name", "number"), every_mutation(), ids=lambda value: str(value))
def test_each_mutation_is_an_error_or_changes_what_is_done(
    name: str, number: int, folders: dict[str, Path], effects: dict[str, Effect]
) -> None:
    text = example(name)
    mutation = mutations(text)[number]
    written = text[mutation.span.start : mutation.span.end].rstrip(", ")
    try:
        changed = effect(mutated(text, mutation), folders[name])
    except SpecError:
        return
    is_default = mutation.text in ("", "[]") and written in SAY_THE_DEFAULT
    assert (changed == effects[name]) == is_default, f"{'no default' if is_default else 'ignored'}: {label(name, number)}"


def test_every_example_is_mutated_or_waits_for_its_words() -> None:
    names = {path.stem for path in EXAMPLES.glob("*.dn")}
    assert names | {"loop"} == set(SMALLER) | set(WAITING)
    for name in WAITING:
        with pytest.raises(SpecError):
            check_text(Source(f"{name}.dn", (EXAMPLES / f"{name}.dn").read_text("utf-8")))
