"""Parts of autoencoders, vaes and gans in other networks: the layers without the part's name, and what they gave in their run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from specc.diagnostics import SpecError
from specc.runs.run import Run
from tests.runs.autoencoders import write_pictures
from tests.runs.made import trained
from tests.runs.pretrained.specs import bound

NEXT = """data {
  source = npz("rows.npz")
  columns { image = image([1, 4, 5], scale = unit); shade = category }
  target = shade
}
network { input(image); pretrained known("runs/KIND", part = PART, freeze = true); dense(4, relu); output(shade) }
train { epochs = 2; batch = 16 }
"""
PARTS = {"autoencoder": "encoder", "vae": "encoder", "gan": "discriminator"}
LAYERS = {
    "autoencoder": ["known.flatten_1", "known.dense_1", "known.squeezed"],
    "vae": ["known.flatten_1", "known.dense_1", "known.latent"],
    "gan": ["known.flatten_1", "known.dense_1", "known.leaky_relu_1", "known.below", "known.dropout_1"],
}
Home = Callable[[str], Path]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, device: str) -> Home:
    homes: dict[str, Path] = {}

    def home(kind: str) -> Path:
        if kind not in homes:
            homes[kind] = tmp_path_factory.mktemp(kind)
            trained(write_pictures(homes[kind], kind), device)
        return homes[kind]

    return home


def text_of(kind: str, part: str) -> str:
    return NEXT.replace("KIND", kind).replace("PART", part)


@pytest.mark.parametrize("kind", PARTS)
def test_the_layers_stand_there_without_the_name_of_their_part(kind: str, home: Home) -> None:
    """Noise that an encoder saw its rows through stays behind, and the score of a discriminator with it."""
    spec, _ = bound(home(kind) / "next.dn", text_of(kind, PARTS[kind]))
    assert [node.name for node in spec.graph.nodes if node.name.startswith("known.")] == LAYERS[kind]


@pytest.mark.parametrize("kind", PARTS)
def test_a_frozen_part_gives_what_it_gave_in_its_run(kind: str, home: Home, device: str) -> None:
    """Of a vae the mean of the code."""
    folder = home(kind)
    (folder / f"{kind}_next.dn").write_text(text_of(kind, PARTS[kind]), "utf-8")
    run = trained(folder / f"{kind}_next.dn", device)
    before, rows = Run(folder / "runs" / kind / "0001"), folder / "rows.npz"
    end = LAYERS[kind][-1]
    given = run.predict(rows, end).to_numpy()
    expected = before.predict(rows, PARTS[kind] if kind != "gan" else "below").to_numpy()
    assert given == pytest.approx(expected, rel=1e-5, abs=1e-6)
    assert np.ptp(given, axis=0).min() > 0


def test_the_mean_of_a_vae_is_a_dense_layer_with_its_weights(home: Home, device: str) -> None:
    folder = home("vae")
    (folder / "again.dn").write_text(text_of("vae", "encoder"), "utf-8")
    ours, theirs = (
        trained(folder / "again.dn", device).module.state_dict(),
        Run(folder / "runs" / "vae" / "0001").module.state_dict(),
    )
    assert torch.equal(ours["known_latent.weight"], theirs["encoder_latent.mean.weight"])
    assert torch.equal(ours["known_latent.bias"], theirs["encoder_latent.mean.bias"])
    assert not [key for key in ours if "log_variance" in key]


def test_a_layer_inside_of_a_part_is_known_by_its_own_name(home: Home) -> None:
    for part in ("dense_1", "below"):
        spec, _ = bound(home("gan") / "next.dn", text_of("gan", f"discriminator.{part}" if part == "dense_1" else part))
        assert [node.name for node in spec.graph.nodes if node.name.startswith("known.")][-1] == f"known.{part}"


@pytest.mark.parametrize(
    ("kind", "part", "said", "way_out"),
    [
        ("autoencoder", "decoder", "begins with `encoder.squeezed`, and `pretrained` follows an `input`", "`part = encoder`"),
        ("gan", "generator", "begins with `generator.latent`", "`part = discriminator`"),
        ("autoencoder", "encoderr", "has no layer `encoderr`", "did you mean `encoder`?"),
        ("autoencoder", "flatten_1", "has no weights to bring", "name a layer further on"),
    ],
)
def test_what_cannot_be_taken_is_said_with_the_way_out(kind: str, part: str, said: str, way_out: str, home: Home) -> None:
    with pytest.raises(SpecError) as caught:
        bound(home(kind) / "next.dn", text_of(kind, part))
    (error,) = caught.value.report.errors
    assert said in error.message and way_out in error.help
    assert error.span is not None


def test_a_discriminator_that_is_a_score_and_no_more_has_nothing_to_bring(tmp_path: Path, device: str) -> None:
    path = write_pictures(tmp_path, "gan")
    text = path.read_text("utf-8")
    start, end = text.index("flatten; dense(6)"), text.index("dense(1) }")
    path.write_text(text[:start] + "flatten; " + text[end:], "utf-8")
    trained(path, device)
    with pytest.raises(SpecError, match="has no weights to bring"):
        bound(tmp_path / "next.dn", text_of("gan", "discriminator"))


def test_a_discriminator_that_takes_a_condition_is_not_taken_without_it(tmp_path: Path, device: str) -> None:
    path = write_pictures(tmp_path, "gan")
    text = path.read_text("utf-8").replace("gan {", "gan {\n  condition(shade)", 1)
    text = text.replace("dense(20, sigmoid)", "concat(latent, condition); dense(20, sigmoid)")
    path.write_text(text.replace("flatten; dense(6)", "flatten; concat(it, condition); dense(6)"), "utf-8")
    trained(path, device)
    with pytest.raises(SpecError) as caught:
        bound(tmp_path / "next.dn", text_of("gan", "discriminator"))
    (error,) = caught.value.report.errors
    assert "is of rows and their `condition`, `shade`" in error.message and "train one without a `condition`" in error.help


def test_an_encoder_may_begin_another_encoder(home: Home, device: str) -> None:
    folder = home("autoencoder")
    text = (folder / "autoencoder.dn").read_text("utf-8")
    own = "input(image); masking_noise(0.2); flatten; dense(8, relu); dense squeezed(3)"
    assert own in text
    stacked = text.replace(own, 'input(image); pretrained("runs/autoencoder/0001", part = dense_1); dense deeper(2)')
    (folder / "stacked.dn").write_text(stacked, "utf-8")
    run = trained(folder / "stacked.dn", device)
    names = [node.name for node in run.spec.graphs["encoder"].nodes]
    taken = ["pretrained_1.flatten_1", "pretrained_1.dense_1", "pretrained_1"]
    assert names == [f"encoder.{name}" for name in ("input_1", *taken, "deeper")]
    assert run.predict(folder / "rows.npz", "encoder").columns == ["deeper_0", "deeper_1"]
