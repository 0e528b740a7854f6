"""Rows made of noise: which noise, for which conditions, in which units; the same from PyTorch, onnxruntime and a file."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from PIL import Image

from specc.data.prepare import door_tensors
from specc.diagnostics import SpecError
from specc.parts import part_of
from specc.runs.composites import given_by_module
from specc.runs.run import Run
from specc.runs.sample import CannotSample, file_of
from specc.runs.sample.made import arc
from specc.training.rows import scaled_inputs
from tests.runs.made import trained
from tests.runs.makers import picture_rows

Maker = Callable[[str], Run]


def by_onnxruntime(run: Run, file: str, rows: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What the documentation says that anyone can do with the `.npz` file."""
    session = onnxruntime.InferenceSession(run.path / file)
    taken = {x.name: rows[x.name].astype(object) if x.type == "tensor(string)" else rows[x.name] for x in session.get_inputs()}
    names = [output.name for output in session.get_outputs()]
    return {name: np.asarray(values) for name, values in zip(names, session.run(names, taken))}


def test_the_noise_is_that_of_numpys_generators_and_fewer_rows_are_the_first_of_more(maker: Maker) -> None:
    drawn = maker("codes").sample(50, seed=9).noise
    assert drawn["latent"].tobytes() == np.random.default_rng([9, 1]).standard_normal((50, 5), dtype=np.float32).tobytes()
    kinds = np.random.default_rng([9, 2]).integers(4, size=50)
    assert np.array_equal(drawn["kind"], np.eye(4, dtype=np.float32)[kinds])
    styles = np.random.default_rng([9, 3]).uniform(-1, 1, (50, 2)).astype(np.float32)
    assert np.array_equal(drawn["style"], styles)
    fewer = maker("codes").sample(7, seed=9)
    assert np.array_equal(fewer.draws["image"], maker("codes").sample(50, seed=9).draws["image"][:7])


@pytest.mark.parametrize("kind", ["plain", "conditional", "lit", "codes", "vae", "table"])
def test_the_npz_file_is_all_that_onnxruntime_needs_to_make_the_rows_again(kind: str, maker: Maker) -> None:
    run = maker(kind)
    samples = run.sample(300, seed=4)
    with np.load(io.BytesIO(file_of(samples, Path("rows.npz"))), allow_pickle=False) as file:
        rows = {name: file[name] for name in file.files}
    again = by_onnxruntime(run, "decoder.onnx" if kind == "vae" else "generator.onnx", rows)
    assert set(again) == set(samples.made)
    for name, values in again.items():
        stored = rows[name].astype(object) if values.dtype == object else rows[name]
        assert np.array_equal(values, stored), name


@pytest.mark.parametrize("kind", ["plain", "conditional", "lit", "codes", "vae", "table"])
def test_pytorch_makes_the_same_rows_of_the_same_noise(kind: str, maker: Maker) -> None:
    """Pictures differ only where a pixel lies within rounding of a half, numbers within parity's bound, and labels not at all."""
    run, count = maker(kind), 2_000
    samples = run.sample(count, seed=1)
    part = part_of(run.spec, "decoder" if kind == "vae" else "generator")
    assert run.spec.bound is not None and run.spec.data is not None
    conditions = {n: v for n, v in samples.draws.items() if n not in samples.made}
    inputs = door_tensors(conditions, part) | samples.noise if conditions else dict(samples.noise)
    module = run.module_of(part)
    given, twice = given_by_module(part, module, inputs), given_by_module(part, module, inputs)
    for name, values in given.items():
        assert np.array_equal(values, twice[name]), "PyTorch is the same to itself"
        ours = samples.draws[name]
        if values.dtype == np.uint8:
            apart = np.abs(values.astype(int) - ours.astype(int))
            assert apart.max() <= 1 and apart.sum() <= 3, f"{apart.sum()} of {apart.size} pixels lie at a tie"
        elif values.dtype == object:
            assert np.array_equal(values, ours)
        else:
            assert np.abs(values - ours).max() <= 64 * np.finfo(np.float32).eps * np.abs(values).max()
    assert {n: v.tobytes() for n, v in run.sample(50, seed=1).noise.items()} == {
        n: v[:50].tobytes() for n, v in samples.noise.items()
    }


def test_onnxruntime_is_the_same_to_itself(maker: Maker) -> None:
    run = maker("lit")
    once, twice = run.sample(500, seed=2), run.sample(500, seed=2)
    assert all(np.array_equal(values, twice.draws[name]) for name, values in once.draws.items())
    other = run.sample(500, seed=3)
    assert not np.array_equal(once.draws["image"], other.draws["image"])


def test_what_is_not_given_is_as_the_training_rows_have_it(maker: Maker) -> None:
    """Each count within 4 standard errors of the share among the training rows; a second condition comes from the same rows."""
    run, n = maker("lit"), 20_000
    drawn = run.sample(n, seed=0).draws
    with np.load(run.path / "conditions.npz") as kept:
        labels, lights = kept["digit"], kept["light"]
    assert run.spec.bound is not None and len(labels) == run.spec.bound.rows["train"]
    for label in ("0", "1", "2"):
        p = (labels == label).mean()
        assert abs((drawn["digit"] == label).sum() - n * p) < 4 * np.sqrt(n * p * (1 - p))
    assert set(zip(drawn["digit"], drawn["light"])) <= set(zip(labels, lights))
    held = run.sample(200, {"digit": 2}).draws
    assert set(held["digit"]) == {"2"} and held["light"].min() >= 20, "the other is drawn from rows that have the label"
    odd = run.sample(200, {"digit": 2, "light": 1.5}).draws
    assert set(odd["light"]) == {1.5}


def test_the_data_may_be_gone(maker: Maker, tmp_path: Path) -> None:
    run = Run(shutil.copytree(maker("conditional").path, tmp_path / "elsewhere"))
    drawn, expected = run.sample(20, seed=5).draws, maker("conditional").sample(20, seed=5).draws
    assert all(np.array_equal(values, expected[name]) for name, values in drawn.items())


def test_a_condition_changes_what_is_made_of_the_same_noise_and_codes_stay_as_given(maker: Maker) -> None:
    run = maker("conditional")
    zero, two = (run.sample(40, {"digit": label}, seed=1) for label in ("0", "2"))
    assert np.array_equal(zero.noise["latent"], two.noise["latent"])
    assert not np.array_equal(zero.draws["image"], two.draws["image"])
    held = maker("codes").sample(30, {"kind": 3, "style_1": 0.25, "latent_0": -1.5}).noise
    assert np.array_equal(held["kind"], np.tile([0, 0, 0, 1], (30, 1)))
    assert set(held["style"][:, 1]) == {0.25} and len(set(held["style"][:, 0])) == 30
    assert set(held["latent"][:, 0]) == {-1.5} and len(set(held["latent"][:, 1])) == 30


def test_a_table_is_in_its_own_units(maker: Maker) -> None:
    run = maker("table")
    samples = run.sample(60, seed=8)
    assert list(samples.draws) == ["size", "year", "kind", "town"] and samples.made == ("size", "year", "kind")
    assert run.spec.bound is not None
    towns, fits = list(run.spec.bound.fits["town"].labels), run.spec.bound.fits  # type: ignore[union-attr]
    onehot = np.eye(2, dtype=np.float32)[[towns.index(town) for town in samples.draws["town"]]]
    with torch.no_grad():
        made = run.module.generator(torch.from_numpy(samples.noise["latent"]), torch.from_numpy(onehot))  # type: ignore[operator]
    z = made.double().numpy()
    size, year = fits["size"], fits["year"]
    assert samples.draws["size"] == pytest.approx(np.expm1(z[:, 0] * size.scale + size.center), rel=1e-5)  # type: ignore[union-attr]
    assert samples.draws["year"] == pytest.approx(z[:, 1] * year.scale + year.center, rel=1e-6)  # type: ignore[union-attr]
    assert samples.draws["kind"].tolist() == [["flat", "house"][one] for one in z[:, 2:].argmax(axis=1)]
    assert set(samples.frame.columns) == {"size", "year", "kind", "town"}


def test_values_and_files_are_taken_in_turn(maker: Maker, tmp_path: Path) -> None:
    run = maker("lit")
    labels = run.sample(5, {"digit": [0, 2]}).draws["digit"]
    assert labels.tolist() == ["0", "2", "0", "2", "0"]
    (tmp_path / "wanted.csv").write_text("digit,light\n2,20.5\n0,0.5\n1,10\n")
    drawn = run.sample(None, {"": tmp_path / "wanted.csv"}).draws
    assert drawn["digit"].tolist() == ["2", "0", "1"] and drawn["light"].tolist() == [20.5, 0.5, 10.0]


def test_codes_of_a_file_are_those_of_its_rows(maker: Maker, tmp_path: Path) -> None:
    run, path = maker("codes"), tmp_path / "wanted.csv"
    path.write_text("kind,style_1,mine\n3,0.25,a\n0,-0.5,b\n")
    noise = run.sample(None, {"": path}).noise
    assert noise["kind"].argmax(axis=1).tolist() == [3, 0] and noise["style"][:, 1].tolist() == [0.25, -0.5]
    for text, message in (
        ("kind\n4\n", "`kind` is one of 4, counted from 0 to 3, and `4` is none of them"),
        ("style_0\n1\nx\n", "style_0"),
        ("mine\n1\n", "says nothing of what rows are made of: its columns could be `latent_0`, `latent_1`"),
    ):
        path.write_text(text)
        with pytest.raises((CannotSample, SpecError), match=message):
            run.sample(None, {"": path})


def test_a_picture_can_be_the_condition_and_stands_beside_what_is_made_for_it(tmp_path: Path) -> None:
    (tmp_path / "edges.dn").write_text(
        """data {
  source = npz("rows.npz")
  columns { image = image([1, 6, 6], scale = unit); edges = image([1, 6, 6], scale = unit) }
}
gan {
  latent(3)
  condition(edges)
  generator {
    input(condition); flatten; concat(it, latent); dense(16, relu); dense(36, sigmoid); reshape([1, 6, 6])
  }
  discriminator { input(image); concat(it, condition); flatten; dense(4); leaky_relu(0.2); dense(1) }
}
train { epochs = 1; batch = 40 }
"""
    )
    rows = picture_rows()["image"]
    np.savez(tmp_path / "rows.npz", image=rows, edges=255 - rows)
    run = trained(tmp_path / "edges.dn", "cpu")
    one = np.arange(36, dtype=np.uint8).reshape(6, 6)
    Image.fromarray(one).save(tmp_path / "one.png")
    samples = run.sample(3, {"edges": tmp_path / "one.png"})
    assert np.array_equal(samples.draws["edges"], np.tile(one, (3, 1, 1, 1)))
    with Image.open(io.BytesIO(file_of(samples, Path("-.png")))) as image:
        whole = np.asarray(image)
    scale, gap = 64 // 6, 2
    left = whole[gap : gap + 6 * scale : scale, gap : gap + 6 * scale : scale]
    right = whole[gap : gap + 6 * scale : scale, 2 * gap + 6 * scale : 2 * gap + 12 * scale : scale]
    assert np.array_equal(left, one) and np.array_equal(right, samples.draws["image"][0, 0])
    with pytest.raises(CannotSample, match=r"^`edges` is a picture, given by a file: there is no missing.png$"):
        run.sample(3, {"edges": "missing.png"})


def test_a_line_goes_from_one_draw_to_another(maker: Maker) -> None:
    run = maker("vae")
    lines = run.sample(18, interpolate=6, seed=3)
    plain = np.random.default_rng([3, 1]).standard_normal((36, 2), dtype=np.float32)
    latent = lines.noise["latent"].reshape(3, 6, 2)
    assert np.array_equal(latent[:, 0], plain[:3]), "it begins with the rows that are drawn without it"
    assert latent[:, -1] == pytest.approx(plain[18:21], abs=1e-6)
    assert lines.across == 6
    flat = maker("lit").sample(8, interpolate=4, seed=3)
    steps = np.diff(flat.noise["latent"].reshape(2, 4, 5), axis=1)
    assert steps[:, 0] == pytest.approx(steps[:, 2], abs=1e-6), "of uniform noise it is straight"
    assert all(len(set(labels)) == 1 for labels in flat.draws["digit"].reshape(2, 4)), "and the condition stays"


def test_an_arc_keeps_the_length_of_two_that_are_equally_long() -> None:
    draw = np.random.default_rng(0)
    a, b = draw.normal(size=(2, 200, 40))
    a, b = (x / np.linalg.norm(x, axis=1, keepdims=True) * 6 for x in (a, b))
    t = draw.uniform(0, 1, 200)
    between = arc(a, b, t)
    assert np.linalg.norm(between, axis=1) == pytest.approx(6, abs=1e-9)
    angles = [np.arccos((between * x).sum(1) / 36) for x in (a, b)]
    assert angles[0] == pytest.approx(t * (angles[0] + angles[1]), abs=1e-6), "and the share of the way is that of the angle"
    assert arc(a, a, t) == pytest.approx(a)


REFUSED = [
    ("conditional", {"digit": 7}, {}, "`digit` has no label `7`: it has `0`, `1` and `2`"),
    ("conditional", {"digt": 1}, {}, "`digt` is nothing that the generator takes: did you mean `digit`?"),
    (
        "conditional",
        {"light": 1},
        {},
        "the generator of `conditional` takes no `light`: what can be given is `digit` and `latent_0`",
    ),
    ("conditional", {"digit": [0, 7]}, {}, "`digit` has no label `7`: it has `0`, `1` and `2`"),
    ("lit", {"light": "bright"}, {}, "`light` is a number, and `bright` is none"),
    ("codes", {"kind": 4}, {}, "`kind` is one of 4, counted from 0 to 3, and `4` is none of them"),
    ("codes", {"style": 0.5}, {}, "`style` has 2 numbers, given one by one: `style_0` and `style_1`"),
    ("codes", {"style_2": 0.5}, {}, "`style_2` is nothing that the generator takes: did you mean `style_0`?"),
    ("plain", {}, {"steps": 9}, "`steps` are Gibbs steps of the chains of an rbm or dbn: a gan makes each row of noise, at once"),
    ("vae", {}, {"total": 9}, "`total` is how many counts a row of an rbm or dbn has: a vae makes each row of noise, at once"),
    ("vae", {}, {"interpolate": 7, "n": 20}, "20 rows are no whole number of lines of 7: take `-n 14` or `-n 21`"),
    (
        "autoencoder",
        {},
        {},
        "`autoencoder` is an autoencoder: it makes a row of a code, and nothing says which codes there are. "
        "A `vae` has a distribution of codes, and so has an autoencoder with a `latent`",
    ),
]


@pytest.mark.parametrize("kind, given, options, message", REFUSED, ids=[f"{kind}-{n}" for n, (kind, *_) in enumerate(REFUSED)])
def test_what_cannot_be_drawn_is_refused_with_the_reason(
    kind: str, given: dict[str, object], options: dict[str, int], message: str, maker: Maker
) -> None:
    with pytest.raises(CannotSample) as refused:
        maker(kind).sample(options.pop("n", None), given, **options)  # type: ignore[arg-type]
    assert str(refused.value) == message


def description(run: Run, file: str) -> dict[str, dict[str, object]]:
    session = onnxruntime.InferenceSession(run.path / file)
    return json.loads(session.get_modelmeta().custom_metadata_map["specc"])


def test_a_file_says_to_a_stranger_what_its_noise_is_drawn_from_and_which_labels_there_are(maker: Maker) -> None:
    taken = description(maker("codes"), "generator.onnx")["inputs"]
    assert {name: (about["distribution"], about["size"]) for name, about in taken.items()} == {  # type: ignore[index]
        "latent": ("normal", [5]),
        "kind": ("category", [4]),
        "style": ("uniform", [2]),
    }
    assert description(maker("conditional"), "generator.onnx")["inputs"]["digit"]["labels"] == ["0", "1", "2"]  # type: ignore[index]
    assert description(maker("vae"), "decoder.onnx")["inputs"]["latent"]["distribution"] == "normal"  # type: ignore[index]
    assert "distribution" not in description(maker("autoencoder"), "decoder.onnx")["inputs"]["code"]  # type: ignore[operator]


def test_a_discriminators_file_gives_the_score_that_training_is_about(maker: Maker) -> None:
    run = maker("conditional")
    samples = run.sample(30, seed=1)
    session = onnxruntime.InferenceSession(run.path / "discriminator.onnx")
    assert [output.name for output in session.get_outputs()] == ["score"]
    (score,) = session.run(["score"], {"image": samples.draws["image"], "digit": samples.draws["digit"]})
    part = part_of(run.spec, "discriminator")
    module = run.module_of(part)
    inputs = {n: torch.from_numpy(v) for n, v in door_tensors(samples.draws, part).items()}
    with torch.no_grad():
        expected = module(**scaled_inputs(part, inputs))
    assert score == pytest.approx(expected.numpy(), abs=1e-5)


def test_the_recipe_of_the_page_makes_the_rows_again(maker: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = maker("conditional")
    page = (Path(__file__).parents[2] / "docs" / "gans.md").read_text("utf-8")
    (recipe,) = [block.partition("```")[0] for block in page.split("```python\n")[1:]]
    shutil.copy(run.path / "generator.onnx", tmp_path)
    (tmp_path / "rows.npz").write_bytes(file_of(run.sample(40, seed=6), Path("rows.npz")))
    monkeypatch.chdir(tmp_path)
    made: dict[str, np.ndarray] = {}
    exec(recipe, made)
    assert made["image"].shape == (40, 1, 6, 6)
    made["rows"].close()  # type: ignore[attr-defined]
