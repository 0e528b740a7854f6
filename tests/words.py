"""A small spec around every word of the vocabulary, for tests that walk the registry."""

from __future__ import annotations

from collections.abc import Iterator

from specc.checking import check_text
from specc.defaults import with_defaults
from specc.diagnostics import Report, Source, SpecError
from specc.infer import infer_shapes
from specc.ir import ArrayFit, Bound, CategoryFit, ImageFit, Spec
from specc.vocabulary.part import Part, every_class

DATA = """
data {
  source = npz("rows.npz")
  columns { vector = array([12]); image = image([3, 9, 8], scale = unit); label = category(labels = ["a", "b", "c"]) }
  target = label
}
"""
TRAIN = "train { epochs = 1; batch = 8 }\n"
NETWORKS = (
    "network {{ input(vector); dense(12, tanh); {layer}; output(label) }}",
    "network {{ input(image); conv2d(4, 2, activation = tanh); {layer}; flatten; output(label) }}",
    "network {{ input(image); conv2d(4, 2, activation = tanh); {layer}; output(label) }}",
    "network {{ input(vector); {layer}; flatten; output(label) }}",
    "network {{ input(vector); dense(128, tanh); {layer}; flatten; output(label) }}",
    "network {{ input(vector); dense condition(5); input(image); conv2d(4, 2); {layer}; flatten; output(label) }}",
)


def example_of(word: type[Part]) -> str:
    """The example in a word's docstring."""
    return (word.__doc__ or "").partition("Example: `")[2].partition("`")[0]


def bound_spec(network: str, data: str = DATA, train: str = TRAIN) -> Spec:
    """A spec bound to made-up fits, without any data file. Raises `SpecError`."""
    source = Source("word.dn", data + network + "\n" + train)
    spec = check_text(source)
    assert spec.data is not None
    fits = {
        "vector": ArrayFit(size=(12,)),
        "image": ImageFit(size=(3, 9, 8), scale=(1 / 255,) * 3, shift=(0.0,) * 3),
        "label": CategoryFit(labels=("a", "b", "c"), encode="label"),
    }
    bound = Bound(fits={n: fits[n] for n in spec.data.columns}, sizes={}, rows={"train": 8}, class_counts={"label": (3, 3, 2)})
    spec = infer_shapes(spec.model_copy(update={"bound": bound}), Report(source), {})
    return with_defaults(spec)


def network_around(layer: str) -> Spec:
    """The first of the small networks that can hold a layer."""
    for network in NETWORKS:
        try:
            return bound_spec(network.format(layer=layer))
        except SpecError as error:
            last = error
    raise AssertionError(f"no network holds {layer}: {last}")


UNUSUAL = (
    "conv2d(6, [2, 3], stride = [2, 1], padding = same, groups = 2, bias = false)",
    "conv2d(4, 3, padding = [1, 2], dilation = 2)",
    "conv2d(4, 4, stride = 3, padding = same, activation = leaky_relu(0.2))",
    "conv2d_transpose(3, 3, stride = 2, padding = 1, output_padding = 1)",
    "conv2d_transpose(3, [2, 3], stride = [2, 1], dilation = [1, 2])",
    "depthwise_conv2d(3, multiplier = 2, stride = 2, padding = same)",
    "max_pool2d(2, padding = same)",
    "max_pool2d(3, stride = 2, padding = 1)",
    "average_pool2d(2, padding = same, stride = 1)",
    "average_pool2d(3, stride = 2, padding = 1)",
    "average_pool2d([2, 3], padding = same)",
    "upsample(2, bilinear)",
    "upsample(3)",
    "batch_norm(affine = false, epsilon = 1e-3)",
    "layer_norm(affine = false)",
    "layer_norm(epsilon = 1e-2)",
    "instance_norm(affine = false, epsilon = 1e-2)",
    "group_norm(3, affine = false)",
    "conv2d(6, 3); group_norm(2, epsilon = 1e-2)",
    "salt_and_pepper(0.2, low = -1)",
    "minibatch_discrimination(3, kernel_width = 1)",
    "dense(5, relu, norm = spectral)",
    "dense(5, norm = weight, bias = false)",
    "conv2d(6, [2, 3], groups = 2, padding = same, norm = spectral)",
    "conv2d(6, 3, norm = weight, activation = relu)",
    "conv2d_transpose(3, 4, stride = 2, padding = 1, activation = tanh)",
    "conv2d_transpose(3, 4, stride = 2, padding = 1, norm = spectral, activation = tanh)",
    "conv2d_transpose(3, [2, 3], norm = weight)",
    "softmax",
    "log_softmax",
    "add { conv2d(4, 3, stride = 2, padding = same); shortcut }",
    "add { sequence { dense(12, relu); dense(12) }; it; dense(12) }",
    "concat { conv2d(2, 1); conv2d(5, 1) }",
    "multiply { dense(5); dense(5, sigmoid) }",
    "reshape([3, 2, 2])",
)


MACHINES = (
    "rbm {{ visible(vector, units = gaussian); hidden(5, units = {units}) }}",
    "rbm {{ visible(vector, units = gaussian(variance = learned)); visible(image); hidden(5, units = {units}) }}",
    "rbm {{ visible(image); visible(label); hidden(5, units = {units}) }}",
    "dbn {{ visible(image); rbm(7, units = {units}); rbm(5); dense(4, tanh); output(label) }}",
)


def machine_examples() -> Iterator[str]:
    """Models of machines: each kind of hidden units over each kind of visible ones, labels, a stack."""
    for model in MACHINES:
        yield from (model.format(units=units) for units in ("bernoulli", "gaussian", "relu"))


def machine_around(model: str) -> Spec:
    """A bound spec of machines, which has a target where they answer it."""
    return bound_spec(model, DATA if "label" in model else DATA.replace("  target = label\n", ""))


def layer_examples() -> Iterator[str]:
    """Layers as a spec writes them: the example of each word, each activation, and unusual settings."""
    for word in every_class("layer"):
        of_machines = word.__module__.endswith(".boltzmann")  # no network holds them: see `tests/onnx/machines.py`
        if word.word not in ("input", "output", "activate", "shortcut", "pretrained", "virtual_batch_norm") and not of_machines:
            yield example_of(word)
    for word in every_class("activation"):
        yield f"dense(5, {example_of(word).partition(', ')[2].removesuffix(')')})"
    yield from UNUSUAL
