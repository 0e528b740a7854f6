"""The pictures of autoencoders show what predict gives, and a picture that a decoder draws lies where its code does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from specc.runs.data import data_of
from specc.runs.pictures import codes, errors, filters, rebuilt, tables
from specc.runs.pictures.composites import Seen, _seen, draw_composite
from specc.runs.run import Run
from tests.runs.autoencoders import AUTOENCODER, write_pictures, write_table
from tests.runs.made import drawing, trained

Figures = dict[str, Figure]
MAP = "autoencoder { encoder { input(image); flatten; dense code(2) }; decoder { dense(20, sigmoid); reshape([1, 4, 5]) } }"


@pytest.fixture(scope="module")
def run_of(tmp_path_factory: pytest.TempPathFactory, device: str) -> Callable[[str], Run]:
    runs: dict[str, Run] = {}

    def run(kind: str) -> Run:
        if kind not in runs:
            folder = tmp_path_factory.mktemp(kind)
            path = write_table(folder) if kind == "table" else write_pictures(folder, "vae" if kind == "vae" else "autoencoder")
            if kind == "map":
                path.write_text(path.read_text("utf-8").replace(AUTOENCODER, MAP), "utf-8")
            with drawing():
                runs[kind] = trained(path, device)
        return runs[kind]

    return run


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Callable[[Run], Figures]:
    """The figures of a run by name, kept in place of their files."""

    def draw(run: Run) -> Figures:
        figures: Figures = {}
        for module in (codes, errors, filters, rebuilt, tables):
            monkeypatch.setattr(module, "keep", lambda run, name, figure: figures.setdefault(name, figure))
        draw_composite(run, data_of(run))  # type: ignore[arg-type]
        return figures

    return draw


def seen_of(run: Run) -> Seen:
    return _seen(run, data_of(run))  # type: ignore[arg-type]


def rows_of(run: Run) -> Path:
    return run.path.parents[2] / ("rows.csv" if run.spec.name == "table" else "rows.npz")


@pytest.mark.parametrize("kind", ["table", "autoencoder", "vae"])
def test_what_is_drawn_is_what_predict_gives(kind: str, run_of: Callable[[str], Run]) -> None:
    run = run_of(kind)
    seen = seen_of(run)
    given, known = run.predict(rows_of(run)), run.predict(rows_of(run), "encoder").to_numpy()
    assert set(seen.numbers) == {"train", "validation", "test"} and seen.split == "test"
    for split, numbers in seen.numbers.items():
        assert seen.again[split].errors == pytest.approx(given["reconstruction_error"].to_numpy()[numbers], rel=1e-4)
        assert seen.again[split].codes == pytest.approx(known[numbers], rel=1e-4, abs=1e-5)


def test_what_is_noisy_has_lost_pixels_and_gained_none(run_of: Callable[[str], Run]) -> None:
    seen = seen_of(run_of("autoencoder"))
    assert seen.noisy is not None and seen.mended is not None
    rows = seen.shown.rows[: len(seen.noisy)].reshape(len(seen.noisy), -1)
    lost = seen.noisy != rows
    assert (seen.noisy[lost] == 0).all()
    assert 0.1 < lost.mean() < 0.3
    assert (
        seen.mended.min() >= 0 and seen.mended.max() <= 1 and not np.array_equal(seen.mended, seen.shown.made.reshape(rows.shape))
    )
    assert seen_of(run_of("vae")).noisy is None


def test_drawing_changes_nothing(run_of: Callable[[str], Run], drawn: Callable[[Run], Figures]) -> None:
    run = run_of("autoencoder")
    before = run.predict(rows_of(run))
    drawn(run)
    assert not run.module.training and not any(layer.training for layer in run.module.modules())
    assert run.predict(rows_of(run)).equals(before)


def test_a_run_has_its_pictures(run_of: Callable[[str], Run], drawn: Callable[[Run], Figures]) -> None:
    assert set(drawn(run_of("map"))) == {"reconstructions", "errors", "map", "filters"}
    assert set(drawn(run_of("table"))) == {"reconstructions", "errors", "map"}
    for kind in ("map", "table", "vae"):
        written = {path.name for path in (run_of(kind).path / "pictures").iterdir()}
        assert {"curves.png", "reconstructions.png", "errors.png", "map.png"} <= written


def test_rows_lie_on_the_map_where_their_codes_say(run_of: Callable[[str], Run], drawn: Callable[[Run], Figures]) -> None:
    """Each label has a color of its own, and the rows of all of them are those of the split."""
    run = run_of("map")
    seen, axes = seen_of(run), drawn(run)["map"].axes[0]
    points = [np.asarray(dots.get_offsets()) for dots in axes.collections]
    shades = data_of(run).table.columns["shade"][seen.numbers["test"]]  # type: ignore[union-attr]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["high", "low"]  # type: ignore[union-attr]
    for label, lying in zip(("high", "low"), points):
        assert lying == pytest.approx(seen.shown.codes[shades == label])


def test_a_picture_on_the_grid_lies_where_its_code_does(run_of: Callable[[str], Run], drawn: Callable[[Run], Figures]) -> None:
    """The first number of the code grows to the right, the second upwards."""
    run = run_of("map")
    figure = drawn(run)["map"]
    whole = np.asarray(figure.axes[1].images[0].get_array())
    (left, low), (right, high) = (np.percentile(seen_of(run).shown.codes, reach, axis=0) for reach in codes.REACH)
    for row, y in ((0, high), (codes.ACROSS - 1, low)):
        for column, x in ((0, left), (codes.ACROSS - 1, right)):
            made = run.predict({"code_0": [x], "code_1": [y]}, "decoder").to_numpy().reshape(4, 5) / 255
            shown = whole[5 * row : 5 * row + 4, 6 * column : 6 * column + 5]
            assert shown == pytest.approx(made, abs=1 / 255)


def test_many_numbers_are_drawn_by_their_principal_components(
    run_of: Callable[[str], Run], drawn: Callable[[Run], Figures]
) -> None:
    run = run_of("autoencoder")
    figure, code = drawn(run)["map"], seen_of(run).shown.codes.astype(float)
    assert any("two principal components of 3" in text.get_text() for text in figure.texts)
    variances = np.sort(np.linalg.eigvalsh(np.cov(code.T)))[::-1]
    points = np.concatenate([np.asarray(dots.get_offsets()) for dots in figure.axes[0].collections])
    assert points.var(axis=0, ddof=1) == pytest.approx(variances[:2], rel=1e-4, abs=1e-6)


def test_the_worst_rows_are_named_and_differ_as_they_do(run_of: Callable[[str], Run], drawn: Callable[[Run], Figures]) -> None:
    run = run_of("table")
    seen, figure = seen_of(run), drawn(run)["errors"]
    worst = np.argsort(-seen.shown.errors)[: errors.WORST]
    heat = next(axes for axes in figure.axes if axes.images)
    assert np.asarray(heat.images[0].get_array()) == pytest.approx((seen.shown.rows - seen.shown.made)[worst])
    assert [t.get_text() for t in heat.get_yticklabels()] == [f"line {n + 2}" for n in seen.numbers["test"][worst]]


def test_every_row_is_in_the_histogram(run_of: Callable[[str], Run], drawn: Callable[[Run], Figures]) -> None:
    seen = seen_of(run_of("table"))
    axes = next(axes for axes in drawn(run_of("table"))["errors"].axes if not axes.images and axes.get_legend())
    for steps in axes.patches:
        assert steps.get_data().values.sum() == pytest.approx(1.0)  # type: ignore[attr-defined]
    assert len(axes.patches) == len(seen.again)
