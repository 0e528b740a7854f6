"""Rows that a gan's generator or a vae's decoder makes of noise, by onnxruntime and the run's own file alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from specc.composites import entering, making_part
from specc.data.entering import CONDITIONS, drawn_conditions, noise_for, read_conditions
from specc.onnx.session import NotAModel, OnnxModel
from specc.runs.sample.conditions import Asked
from specc.runs.sample.given import CannotSample
from specc.stored import read_regular
from specc.vocabulary.layers.composite import Given, Latent

if TYPE_CHECKING:
    from specc.runs.run import Run
    from specc.runs.sample.samples import Samples

ROWS, LINES = 64, 8
"""Rows, and lines of rows that become one another, where it is not said how many."""


def sample_made(run: Run, n: int | None, given: Mapping[str, Any], interpolate: int | None, seed: int) -> Samples:
    """`n` rows for the conditions and codes that are given; what is not given is drawn.

    `interpolate`: lines of so many rows, on the way from one draw of the latent to another. Raises `CannotSample`.
    """
    from specc.runs.sample.samples import Samples

    model = maker_of(run)
    asked = Asked(model.spec, given)
    n = _count(n, asked, interpolate)
    noise, columns = noise_for(model.spec, n, seed), conditions_of(run, asked, n, seed)
    if interpolate is not None:
        noise, columns = lined_up(model, noise, columns, interpolate, seed)
    noise = asked.put(noise)
    made = columns_made(model, model.answer(noise | columns))
    lost = next((name for name, values in made.items() if values.dtype != object and not np.isfinite(values).all()), None)
    if lost is not None:
        raise CannotSample(f"the model makes no numbers of `{lost}` for this: what is given is far from everything it has seen")
    assert model.spec.data is not None
    rows = {name: values for name in model.spec.data.columns if (values := (made | columns).get(name)) is not None}
    return Samples(rows, {}, noise=noise, made=tuple(made), across=interpolate)


def maker_of(run: Run) -> OnnxModel:
    """The run's file that makes rows. Raises `CannotSample`."""
    path = run.path / f"{making_part(run.spec)}.onnx"
    try:
        return OnnxModel.load(read_regular(path), str(path))
    except NotAModel as error:
        raise CannotSample(str(error)) from None


def columns_made(model: OnnxModel, given: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What a file makes, by column."""
    return {about["column"]: given[name] for name, about in model.targets.items() if "column" in about}


def conditions_of(run: Run, asked: Asked, rows: int, seed: int) -> dict[str, np.ndarray]:
    """The raw columns that rows are made for: those that are given, the others as training rows had them together."""
    given = asked.for_rows(rows)
    if len(given) == len(asked.fits):  # all of them, or there are none
        return given
    try:
        stored = read_conditions(read_regular(run.path / CONDITIONS), asked.fits)
    except ValueError as error:
        raise run.damaged(CONDITIONS, error) from None
    return drawn_conditions(stored, rows, seed, asked.held) | given


def lined_up(
    model: OnnxModel, noise: dict[str, np.ndarray], columns: dict[str, np.ndarray], steps: int, seed: int
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Rows in lines of `steps`: the latent goes from one draw to another, all else stays as it is where the line begins."""
    entries = (one for one in entering(model.spec, model.spec.graph) if one.node is not None)
    latent = next((one.name for one in entries if isinstance(one.node.layer, Latent | Given)), None)  # type: ignore[union-attr]
    if latent is None:
        raise CannotSample("rows are made of no noise here, and so none is on the way to another")
    rows = len(noise[latent])
    starts = np.arange(rows) // steps
    ends = noise_for(model.spec, 2 * rows, seed)[latent][rows:]  # behind the draws that rows are made of
    shares = np.arange(rows) % steps / max(1, steps - 1)
    is_normal = model.columns[latent].get("distribution") != "uniform"
    between = arc if is_normal else straight
    held = {name: values[starts] for name, values in noise.items()}
    held[latent] = between(noise[latent][starts], ends[starts], shares).astype(np.float32)
    return held, {name: values[starts] for name, values in columns.items()}


def straight(start: np.ndarray, end: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """`[rows, numbers]` so far on the straight line."""
    shares = shares.reshape(-1, *[1] * (start.ndim - 1))
    return start * (1 - shares) + end * shares


def arc(start: np.ndarray, end: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """The same along a great circle, `(sin((1 − t) ω) a + sin(t ω) b) / sin ω`, ω the angle between them (Shoemake 1985).

    On the straight line between two draws of N(0, 1) in many dimensions lie points far nearer to 0 than any draw.
    """
    a, b = (x.reshape(len(x), -1).astype(np.float64) for x in (start, end))
    cosine = (a * b).sum(1) / np.maximum(np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1), 1e-30)
    angle = np.arccos(cosine.clip(-1, 1))[:, None]
    t, flat = shares[:, None], np.sin(angle) < 1e-6
    whole = np.where(flat, 1.0, np.sin(angle))
    mixed = np.where(flat, a * (1 - t) + b * t, (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / whole)
    return mixed.reshape(start.shape)


def _count(n: int | None, asked: Asked, interpolate: int | None) -> int:
    """How many rows; those of a file where it is not said."""
    if n is not None and n < 1:
        raise CannotSample("rows are a whole number of at least 1")
    if interpolate is None:
        return n if n is not None else asked.rows if asked.rows > 1 else ROWS
    if interpolate < 2:
        raise CannotSample("a line from one row to another has at least 2 rows")
    n = LINES * interpolate if n is None else n
    if n % interpolate:
        near = [f"`-n {n // interpolate * interpolate}`"] if n > interpolate else []
        near.append(f"`-n {(n // interpolate + 1) * interpolate}`")
        raise CannotSample(f"{n} rows are no whole number of lines of {interpolate}: take {' or '.join(near)}")
    return n
