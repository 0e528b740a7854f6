"""What rows are made of: noise and codes, drawn from a seed, and the conditions that training rows had."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection, Mapping

import numpy as np

from specc.composites import Entering, entering, masks_of, shape_entering
from specc.ir import Spec
from specc.vocabulary.layers.composite import Code, Given, Latent
from specc.vocabulary.layers.noise import Dropout

CONDITIONS = "conditions.npz"
"""The file of a run with the conditions of its training rows, an array a column."""


def noise_for(spec: Spec, rows: int, seed: int = 0) -> dict[str, np.ndarray]:
    """What a part takes beside columns, float32 `[rows, …]` by name.

    The k-th of them, counted from 1 in the order of the file's inputs, is of `numpy.random.default_rng([seed, k])`; fewer rows
    are the first of more.
    """
    entries = [one for one in entering(spec, spec.graph) if one.tensor is None]
    noise = {
        one.name: drawn(one, shape_entering(spec, one).dimensions(), rows, np.random.default_rng([seed, place]))
        for place, one in enumerate(entries, 1)
    }
    return noise | masks_for(spec, rows, seed)


def masks_for(spec: Spec, rows: int, seed: int = 0) -> dict[str, np.ndarray]:
    """The masks of dropout that stays in use, float32 0 and 1 `[rows, …]` by name: each number 0 with the layer's rate.

    They are drawn as noise is, and count on behind it.
    """
    masks = {}
    before = sum(one.tensor is None for one in entering(spec, spec.graph))
    for place, (name, node) in enumerate(masks_of(spec.graph).items(), 1 + before):
        assert isinstance(node.layer, Dropout)
        lots = np.random.default_rng([seed, place]).random((rows, *node.shape.dimensions()), dtype=np.float32)
        masks[name] = (lots >= node.layer.rate).astype(np.float32)
    return masks


def drawn(one: Entering, sizes: tuple[int, ...], rows: int, generator: np.random.Generator) -> np.ndarray:
    """N(0, 1), uniform between −1 and 1, or one of the numbers 1 and the others 0."""
    distribution = distribution_of(one) or "normal"
    if distribution == "uniform":
        return generator.uniform(-1.0, 1.0, (rows, *sizes)).astype(np.float32)
    if distribution == "category":
        return np.eye(sizes[0], dtype=np.float32)[generator.integers(sizes[0], size=rows)]
    return generator.standard_normal((rows, *sizes), dtype=np.float32)


def distribution_of(one: Entering) -> str | None:
    """What noise is drawn from; None of another part's tensor, which has no distribution of its own."""
    layer = one.node.layer if one.node is not None else None
    return layer.distribution if isinstance(layer, Latent | Code | Given) else None


def conditions_file(columns: Mapping[str, np.ndarray]) -> bytes:
    """An npz file of columns, labels as texts."""
    content = io.BytesIO()
    np.savez_compressed(content, **{n: v.astype(str) if v.dtype == object else v for n, v in columns.items()})  # type: ignore[arg-type]
    return content.getvalue()


def read_conditions(content: bytes, names: Collection[str]) -> dict[str, np.ndarray]:
    """These columns of such a file, labels as objects. Raises `ValueError` where it is damaged."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            columns = {name: file[name] for name in names}
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"it lacks the conditions of training rows: {error}") from error
    if len({len(values) for values in columns.values()}) != 1 or not all(len(values) for values in columns.values()):
        raise ValueError("its columns are not of one length")
    return {name: values.astype(object) if values.dtype.kind == "U" else values for name, values in columns.items()}


def drawn_conditions(
    stored: Mapping[str, np.ndarray], rows: int, seed: int, held: Mapping[str, object] | None = None
) -> dict[str, np.ndarray]:
    """The conditions of so many training rows, each drawn with `numpy.random.default_rng([seed, 0]).integers(stored rows)`.

    `held`: labels by column that the training rows drawn from have, where there are any such rows.
    """
    count = len(next(iter(stored.values())))
    fitting = np.ones(count, bool)
    for column, label in (held or {}).items():
        fitting &= stored[column] == label
    chosen = np.flatnonzero(fitting) if fitting.any() else np.arange(count)
    chosen = chosen[np.random.default_rng([seed, 0]).integers(len(chosen), size=rows)]
    return {name: values[chosen] for name, values in stored.items()}
