"""What the visible units of a run's lowest machine are: a picture, a number, the labels of a category; and how they are drawn."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from specc.door import answers, entries
from specc.ir import ArrayFit, CategoryFit, Fit, ImageFit, NumberFit, Spec
from specc.machines import machines, visible_layers

Images = np.ndarray
"""`[pictures, height, width]` or `[pictures, height, width, 3]`."""


class Place(NamedTuple):
    """The visible units of one column."""

    column: str
    fit: Fit
    place: slice

    @property
    def names(self) -> list[str]:
        """A name a unit."""
        if isinstance(self.fit, CategoryFit):
            return [f"{self.column} = {label}" for label in self.fit.labels]
        if isinstance(self.fit, NumberFit):
            return [self.column, f"{self.column} missing"][: self.fit.width]
        return [f"{self.column} {index}" for index in range(1, self.place.stop - self.place.start + 1)]


def visible_places(spec: Spec) -> list[Place]:
    """The columns of the lowest machine in the order of its units, a visible label last."""
    assert spec.bound is not None
    fits, found, start = spec.bound.fits, [], 0
    columns = [name for node in visible_layers(spec.graph) for tensor in entries(spec, node) for name in tensor.columns]
    if machines(spec)[0].layer.labels:  # type: ignore[attr-defined]
        columns += [answers(spec.graph)[0].column]
    for name in columns:
        width = _width(fits[name])
        found.append(Place(name, fits[name], slice(start, start + width)))
        start += width
    return found


def _width(fit: Fit) -> int:
    if isinstance(fit, ImageFit | ArrayFit):
        return int(np.prod(fit.size))
    if isinstance(fit, CategoryFit):
        return len(fit.labels)
    return fit.width if isinstance(fit, NumberFit) else 0


def picture_place(spec: Spec) -> Place | None:
    """The only column beside a label, where it is a picture in grey or colour."""
    places = [place for place in visible_places(spec) if place.column not in (a.column for a in answers(spec.graph))]
    is_picture = len(places) == 1 and isinstance(fit := places[0].fit, ImageFit) and fit.size[0] in (1, 3)
    return places[0] if is_picture else None


def as_images(place: Place, rows: np.ndarray) -> Images:
    """Rows of visible values as pictures, each channel on its own."""
    assert isinstance(place.fit, ImageFit)
    images = rows[:, place.place].reshape(len(rows), *place.fit.size)
    return images[:, 0] if place.fit.size[0] == 1 else images.transpose(0, 2, 3, 1)


def as_seen(place: Place, rows: np.ndarray) -> Images:
    """The same with values as the file has them, 0…1: what scales a picture is undone."""
    assert isinstance(place.fit, ImageFit)
    channels = place.fit.size[0]
    shift, scale = (np.array(values, dtype=np.float32).reshape(-1) for values in (place.fit.shift, place.fit.scale))
    images = as_images(place, rows)
    shift, scale = (shift[0], scale[0]) if channels == 1 else (shift, scale)
    return np.clip((images - shift) / scale / 255, 0, 1)


def mosaic(images: Images, columns: int, edge: float = np.nan) -> np.ndarray:
    """Pictures side by side in rows, a pixel of `edge` between them."""
    height, width = images.shape[1:3]
    rows = -(-len(images) // columns)
    whole = np.full((rows * (height + 1) - 1, columns * (width + 1) - 1, *images.shape[3:]), edge, dtype=np.float32)
    for index, image in enumerate(images):
        top, left = (height + 1) * (index // columns), (width + 1) * (index % columns)
        whole[top : top + height, left : left + width] = image
    return whole
