"""Every word explains itself: a sentence, and an example that checks in a small spec around it."""

from __future__ import annotations

from pathlib import Path

import pytest

from specc.diagnostics import Source, SpecError
from specc.loading import check_source
from specc.vocabulary.index import INDEX
from specc.vocabulary.part import Part, every_class

WORDS = [word for family in INDEX for word in every_class(family)]
LABELS = 'category(labels = ["a", "b"])'


def page_of(word: type[Part]) -> tuple[str, str]:
    """What a word's docstring says, and its example."""
    text, _, example = (word.__doc__ or "").partition("Example: `")
    return text.strip(), example.strip().removesuffix("`")


def spec(
    data: str = "",
    source: str = 'source = npz("rows.npz")',
    columns: str = "x = number; i = image([3, 28, 28])",
    target: str = LABELS,
    network: str = "input(features); dense(8); output(y)",
    train: str = "batch = 8",
    head: str = "",
    foot: str = "",
) -> str:
    return (
        f"{head}\ndata {{ {source}; columns {{ {columns}; y = {target} }}; target = y; {data} }}\n"
        f"network {{ {network} }}\ntrain {{ epochs = 8; {train} }}\n{foot}\n"
    )


MACHINE = "visible(features); hidden(8)"


def machine(
    model: str = f"rbm {{ {MACHINE} }}", columns: str = "x = number; c = category", target: str = "", train: str = ""
) -> str:
    """A spec of a machine, or of several, which learn without a target."""
    target = f"target = {target}; " if target else ""
    data = f'data {{ source = npz("rows.npz"); columns {{ {columns} }}; {target}}}'
    return f"{data}\n{model}\ntrain {{ epochs = 8; {train} }}\n"


def around_machine(example: str) -> list[str]:
    """Small specs that may hold a layer of a machine, or what is said of its units."""
    images = f"i = image([3, 28, 28], scale = unit); label = {LABELS}"
    bodies = (f"{example}; hidden(8)", f"visible(features); {example}")
    kinds = ("x = number; c = category", "x = number")
    return [
        *(machine(f"rbm {{ {body} }}", columns) for body in bodies for columns in kinds),
        machine(f"dbn {{ visible(features); {example}; rbm(4) }}"),
        machine(f"rbm {{ visible(i); {example}; hidden(8) }}", images, "label"),
    ]


def around_setting_of_machines(example: str) -> list[str]:
    """Small specs that may hold a setting of the training of machines."""
    return [machine(train=example), machine("dbn { visible(features); rbm(8); rbm(4) }", train=example)]


def around_ratings(source: str, visible: str) -> list[str]:
    return [f"data {{ {source} }}\nrbm {{ {visible}; hidden(8) }}\ntrain {{ epochs = 8 }}\n"]


def around_vae(train: str = "batch = 8", model: str = "") -> list[str]:
    """A small spec of a vae of bits, or a whole one of two numbers."""
    bits = "vae { encoder { input(i); flatten }; latent(2); decoder { dense(4, sigmoid); reshape([1, 2, 2]) } }"
    columns = "i = image([1, 2, 2], scale = unit)" if not model else "; ".join(f"{name} = number" for name in "abcd")
    return [f'data {{ source = npz("rows.npz"); columns {{ {columns} }} }}\n{model or bits}\ntrain {{ {train}; epochs = 2 }}\n']


OF_AUTOENCODERS = ("contractive", "sum_squared_error", "reconstruction", "layerwise", "mirror", "autoencoder")


def around_autoencoder(family: str, example: str) -> list[str]:
    """Small specs that may hold a loss or procedure of autoencoders, a decoder, or one of them."""
    columns = "a = number; b = number; c = number; d = number; i = image([1, 4, 4], scale = unit)"
    data = f'data {{ source = npz("rows.npz"); columns {{ {columns} }} }}\n'
    decoder, train = (example, "") if family == "decoder" else ("decoder = mirror", "" if family == "model" else example)
    bodies = (f"encoder {{ input(features); dense(3) }}; {decoder}", f"encoder {{ input(i); flatten; dense(3) }}; {decoder}")
    models = [example] if family == "model" else [f"autoencoder {{ {body} }}" for body in bodies]
    return [f"{data}{model}\ntrain {{ epochs = 8; {train} }}\n" for model in models]


OF_GANS = ("minimax", "non_saturating", "least_squares", "hinge", "wasserstein", "mutual_information", "feature_matching")


def around_gan(family: str, example: str) -> list[str]:
    """Small specs that may hold a loss, a remedy or a component of a gan, or one itself."""
    data = 'data { source = npz("rows.npz"); columns { x = number; z = number; label = category; mode = category } }\n'
    if family == "model":
        columns = "; ".join(f"{name} = number" for name in "abcd")
        return [f'data {{ source = npz("rows.npz"); columns {{ {columns} }} }}\n{example}\ntrain {{ epochs = 2 }}\n']
    component, train = (example, "") if family == "component" else ("", example)
    discriminator = "discriminator { input(x, z); dense features(8); leaky_relu(0.2); dense(1) }"
    heeded = discriminator.replace("(x, z);", "(x, z); concat(it, condition);")
    found = "recognizer { input(discriminator.features); dense(8) }"
    bodies = (
        f"{component or 'latent(4)'}; generator {{ dense(8, relu); dense(2) }}; {discriminator}",
        f"latent(4); {component}; generator {{ concat(latent, condition); dense(2) }}; {heeded}",
        f"latent(4); {component or 'code kind(3)'}; generator {{ concat(latent, kind); dense(2) }}; {discriminator}; {found}",
    )
    return [f"{data}gan {{ {body} }}\ntrain {{ epochs = 20; {train} }}\n" for body in bodies]


def around_layer(example: str) -> list[str]:
    """Small specs that may hold a layer: of features, of images, as input, as output."""
    networks = (
        f"input(features); dense(128); {example}; output(y)",
        f"input(i); conv2d(4, 3); {example}; flatten; output(y)",
        f"input(features); dense(128); {example}; flatten; output(y)",
        f"input(features); {example}",
        f"input(features); {example}; output(y)",
        f"{example}; output(y)",
        f"input(features); dense condition(4); input(i); conv2d(4, 3); {example}; flatten; output(y)",
    )
    return [spec(network=network) for network in networks]


def around_setting(example: str) -> list[str]:
    return [spec(train=example, target=target) for target in (LABELS, "number")]


def around_column(example: str) -> list[str]:
    others = {"x": "i = image([3, 28, 28])", "i": "x = number"}.get(example.partition(" ")[0], "x = number")
    return [spec(columns=f"{example}; {others}")]


def around_hyperparameter(example: str) -> list[str]:
    name = example.partition(" ")[0]
    layer = {"act": "dense(8, $act)", "bias": "dense(8, bias = $bias)", "width": "dense($width)"}.get(name, "dense(8)")
    setting = "optimizer = adam($rate)" if name == "rate" else "batch = 8"
    return [spec(head=f"hyper {{ {example} }}", network=f"input(features); {layer}; output(y)", train=setting)]


def around_search(example: str) -> list[str]:
    return [spec(head="hyper { width = int(8, 4 .. 16) }", network="input(features); dense($width); output(y)", foot=example)]


def around_section(word: str, example: str) -> list[str]:
    if word == "data":
        return [f"{example}\nnetwork {{ input(features); output(y) }}\ntrain {{ epochs = 1 }}\n"]
    if word == "sweep":
        return around_search(example)
    data, _, _ = spec().partition("train {")
    return [data + (example if word in ("train", "part") else f"train {{ {example} }}")]


def specs_around(word: type[Part], example: str) -> list[str]:
    """Small specs, one of which can hold the example of a word."""
    match word.family:
        case "layer" if word.word in ("visible", "hidden", "rbm", "label"):
            return around_machine(example)
        case "units":
            return around_machine(example)
        case "model" if word.word == "rbm":
            return [machine(example)]
        case "model" if word.word == "vae":
            return around_vae(model=example)
        case "loss" | "procedure" | "decoder" | "model" | "metric" if word.word in OF_AUTOENCODERS:
            return around_autoencoder(word.family, example)
        case "loss" | "procedure" if word.word in ("elbo", "variational"):
            return around_vae(example)
        case "loss" if word.word in OF_GANS:
            return around_gan(word.family, example)
        case "layer" if word.word == "virtual_batch_norm":
            return [text.replace("leaky_relu(0.2)", f"{example}; leaky_relu(0.2)") for text in around_gan("layer", "")]
        case "metric" if word.word in ("pairwise_distance", "modes_covered", "classifier_score"):
            return around_gan(word.family, example)
        case "component" | "smoothing" | "instance_noise" | "penalty" | "sampling":
            return around_gan(word.family, example)
        case "model" | "procedure" if word.word in ("gan", "adversarial"):
            return around_gan(word.family, example)
        case "procedure" if word.word != "supervised":
            return around_setting_of_machines(example)
        case "metric" if word.target == "machine":  # type: ignore[attr-defined]
            return around_setting_of_machines(example)
        case "regularizer" if word.word == "sparsity":
            return around_setting_of_machines(example)
        case "source" if word.word == "ratings":
            return around_ratings(example, "visible(ratings)")
        case "column" if word.word == "ratings":
            return around_ratings('source = ratings("r.csv", user = u, item = i, rating = r)', example)
        case "layer" | "activation":
            return around_layer(example)
        case "initializer":
            return [spec(network=f"input(features); dense(8, {example}); output(y)")]
        case "source":
            return [spec(source=example)]
        case "column" | "imputation" | "encoding":
            return around_column(example)
        case "split":
            return [spec(data=example, columns="x = number; c = category")]
        case "augmentation":
            return [spec(data=f"augment {{ {example} }}")]
        case "hyperparameter":
            return around_hyperparameter(example)
        case "model":
            return [spec().partition("network {")[0] + f"{example}\ntrain {{ epochs = 1 }}\n"]
        case "objective":
            return around_search(f"sweep {{ {example} }}")
        case "pruning":
            return around_search(f"sweep {{ objective = minimize(validation.loss); {example} }}")
        case "section":
            return around_section(word.word, example)
        case _:
            return around_setting(example)


@pytest.mark.parametrize("word", WORDS, ids=lambda w: f"{w.family} {w.word}")
def test_every_word_has_a_sentence_and_an_example(word: type[Part]) -> None:
    text, example = page_of(word)
    first = text.splitlines()[0]
    assert len(first) > 15 and (first[0].isupper() or first[0] in "`√"), first
    assert text.endswith((".", ")", "`", ":")), text
    assert word.family == "section" or any(name in example for name in (word.word, *word.aliases)), example


@pytest.mark.parametrize("word", WORDS, ids=lambda w: f"{w.family} {w.word}")
def test_every_example_checks(word: type[Part]) -> None:
    failures = []
    for text in specs_around(word, page_of(word)[1]):
        try:
            check_source(Source("example.dn", text), Path("."))
            return
        except SpecError as error:
            failures.append(f"{text}{error}")
    pytest.fail("\n\n".join(failures))
