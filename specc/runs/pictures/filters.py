"""What the first layer of an image network looks for: its kernels, and what they make of real images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from specc.door import identifier
from specc.ir import Node
from specc.runs.pictures.style import keep, new_figure
from specc.training.rows import Rows
from specc.vocabulary.layers.convolution import Conv2d

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from specc.data.bind import Dataset
    from specc.runs.run import Run

MOST_FILTERS = 64
MAPS = 8
IMAGES = 4


def draw_filters(run: Run, dataset: Dataset, split: str) -> None:
    """`filters.png` and `feature_maps.png` where the network begins with a convolution of one or three channels."""
    first = next((node for node in run.spec.graph.nodes if isinstance(node.layer, Conv2d)), None)
    if first is None:
        return
    weight = run.module.state_dict()[f"{identifier(first.name)}.weight"].numpy()
    if weight.shape[1] in (1, 3):
        keep(run, "filters", _kernels(weight[:MOST_FILTERS], first.name))
    keep(run, "feature_maps", _feature_maps(run, dataset, split, first))


def _kernels(weight: np.ndarray, name: str) -> Figure:
    """One square a kernel `[channels, height, width]`, all on one scale around zero (grey or colour)."""
    columns = min(8, len(weight))
    rows = -(-len(weight) // columns)
    figure = new_figure(0.7 * columns, 0.7 * rows + 0.4)
    figure.suptitle(f"kernels of {name}", fontsize=9, x=0.02, ha="left", fontweight="bold")
    largest = float(np.abs(weight).max()) or 1.0
    for index, kernel in enumerate(weight):
        axes = figure.add_subplot(rows, columns, index + 1)
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
    maps = _outputs_of(run, identifier(first.name), batch.inputs).numpy()
    images = [dataset.inputs[name][numbers.numpy()] for name, values in dataset.inputs.items() if values.ndim == 4]
    figure = new_figure(0.9 * (MAPS + 1), 0.9 * len(numbers) + 0.4)
    figure.suptitle(f"what {first.name} makes of {split} images", fontsize=9, x=0.02, ha="left", fontweight="bold")
    shown = min(MAPS, maps.shape[1])
    for row in range(len(numbers)):
        axes = figure.add_subplot(len(numbers), MAPS + 1, row * (MAPS + 1) + 1)
        axes.axis("off")
        image = images[0][row]
        axes.imshow(image[0] if image.shape[0] == 1 else image.transpose(1, 2, 0), cmap="gray")
        for channel in range(shown):
            axes = figure.add_subplot(len(numbers), MAPS + 1, row * (MAPS + 1) + 2 + channel)
            axes.axis("off")
            axes.imshow(maps[row, channel], cmap="viridis")
    return figure


@torch.no_grad()
def _outputs_of(run: Run, attribute: str, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
    """What one layer of the module gives for a batch."""
    seen: list[torch.Tensor] = []
    handle = run.module.get_submodule(attribute).register_forward_hook(lambda layer, given, result: seen.append(result))
    run.module(**inputs)
    handle.remove()
    return seen[0]
