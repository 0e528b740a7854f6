"""What the first layer of an image network looks for: its kernels, and what they make of real images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from specc.composites import is_composite
from specc.door import identifier
from specc.ir import Node
from specc.runs.pictures.places import Place, as_images
from specc.runs.pictures.strokes import show_weights
from specc.runs.pictures.style import Margins, caption, headline, keep, panels
from specc.training.composites.parts import Parts
from specc.training.rows import Rows
from specc.vocabulary.layers.convolution import Conv2d
from specc.vocabulary.layers.dense import Dense

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from specc.data.bind import Dataset
    from specc.runs.run import Run

MOST_FILTERS = 64
MAPS = 8
IMAGES = 4
CLOSE = Margins(0.05, 0.05, 0.05, 0.05)
HEAD, FOOT, SIDE = 0.34, 0.3, 2.6
"""Inches for the headline and the caption, and of a panel of weights."""
ACROSS = 8


def draw_filters(run: Run, dataset: Dataset, split: str) -> None:
    """`filters.png` and `feature_maps.png` where the network begins with a convolution of one or three channels."""
    first = next((node for node in run.spec.nodes if isinstance(node.layer, Conv2d)), None)
    if first is None:
        return
    weight = run.module.state_dict()[f"{identifier(first.name)}.weight"].numpy()
    if weight.shape[1] in (1, 3):
        keep(run, "filters", _kernels(weight[:MOST_FILTERS], first.name))
    if first.name.partition(".")[0] != "decoder":
        keep(run, "feature_maps", _feature_maps(run, dataset, split, first))


def draw_dense_filters(run: Run, place: Place) -> None:
    """`filters.png` of an encoder that begins with a dense layer on the pixels: the weights of its units as pictures."""
    nodes = run.spec.graphs["encoder"].nodes
    first = next((node for node in nodes if node.layer.word in ("dense", "conv2d")), None)
    if first is None or not isinstance(first.layer, Dense) or run.spec.shapes[first.inputs[0]].count != place.place.stop:
        return
    filters = as_images(place, run.module.state_dict()[f"{identifier(first.name)}.weight"].numpy()[:MOST_FILTERS])
    down, across = -(-len(filters) // ACROSS) * filters.shape[1], min(ACROSS, len(filters)) * filters.shape[2]
    figure, (axes,) = panels(1, 1, SIDE, SIDE * down / across, Margins(0.1, 0.1, 0.03, 0.05), head=HEAD, foot=FOOT)
    headline(figure, f"filters of {first.local_name}")
    largest = show_weights(axes, filters, ACROSS)
    colors = "red is positive, blue negative" if filters.ndim == 3 else "grey is none"
    caption(figure, f"weights of the first {len(filters)} units to the pixels: {colors} (±{largest:.2g})")
    keep(run, "filters", figure)


def _kernels(weight: np.ndarray, name: str) -> Figure:
    """One square a kernel `[channels, height, width]`, all on one scale around zero (blue to red, or colour)."""
    columns = min(8, len(weight))
    figure, axes_of = panels(len(weight), columns, 0.6, 0.6, CLOSE, head=HEAD)
    headline(figure, f"kernels of {name}")
    largest = float(np.abs(weight).max()) or 1.0
    for kernel, axes in zip(weight, axes_of):
        axes.axis("off")
        if kernel.shape[0] == 1:
            axes.imshow(kernel[0], cmap="RdBu_r", vmin=-largest, vmax=largest)
        else:
            axes.imshow(np.clip(kernel.transpose(1, 2, 0) / (2 * largest) + 0.5, 0, 1))
    return figure


def _feature_maps(run: Run, dataset: Dataset, split: str, first: Node) -> Figure:
    """A row an image: the image, then what the first kernels make of it."""
    numbers = torch.from_numpy(dataset.rows[split][:IMAGES])
    batch = Rows(run.spec, dataset, torch.device("cpu")).batch(numbers)
    maps = _outputs_of(run, first.name, batch.inputs).numpy()
    images = next((values[numbers.numpy()] for values in dataset.inputs.values() if values.ndim == 4), None)
    given = 0 if images is None else 1  # a network may fold plain numbers into a picture of its own
    columns = given + min(MAPS, maps.shape[1])
    height, width = maps.shape[2:] if images is None else images.shape[2:]
    figure, axes_of = panels(len(numbers) * columns, columns, 0.8, 0.8 * height / width, CLOSE, head=HEAD)
    headline(figure, f"what {first.name} makes of {split} images")
    for index, axes in enumerate(axes_of):
        row, column = divmod(index, columns)
        axes.axis("off")
        if images is not None and column == 0:
            axes.imshow(_as_picture(images[row]), cmap="gray")
        else:
            axes.imshow(maps[row, column - given], cmap="viridis", aspect="auto")
    return figure


def _as_picture(image: np.ndarray) -> np.ndarray:
    """`[channels, height, width]` as matplotlib takes it; numbers that are no bytes are stretched to 0…1."""
    picture = image.transpose(1, 2, 0) if image.shape[0] == 3 else image.mean(axis=0) if image.shape[0] > 1 else image[0]
    if picture.dtype == np.uint8:
        return picture
    low, high = float(picture.min()), float(picture.max())
    return (picture - low) / ((high - low) or 1.0)


@torch.no_grad()
def _outputs_of(run: Run, name: str, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
    """What one layer of the module gives for a batch."""
    seen: list[Any] = []
    attribute = identifier(name)
    handle = run.module.get_submodule(attribute).register_forward_hook(lambda layer, given, result: seen.append(result))
    if is_composite(run.spec):
        Parts(run.spec)(run.module, name.partition(".")[0], inputs)
    else:
        run.module(**inputs)
    handle.remove()
    return seen[0]
