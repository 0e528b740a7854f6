"""What is seen of an autoencoder or vae at its end: rows of each split, what comes back of them, and their codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from specc.data.visible import made_seats
from specc.door import identifier
from specc.ir import ImageFit, Node
from specc.runs.composites import Rebuilt, head_of, rebuilds, rebuilt
from specc.runs.pictures.places import Place
from specc.training.composites.parts import Parts
from specc.training.composites.reconstruction import activated
from specc.training.rows import Rows
from specc.vocabulary.layers.noise import Dropout, GaussianNoise, MaskingNoise, SaltAndPepper
from specc.vocabulary.layers.reshaping import Flatten, Reshape
from specc.vocabulary.layers.sources import Input

if TYPE_CHECKING:
    from specc.data.dataset import Dataset
    from specc.runs.run import Run

MOST_ROWS = 5_000
MOST_NUMBERS = 20_000_000
"""Rows of a split that are looked at, evenly spread, and numbers that are held of them."""
NOISY = 64


@dataclass
class Seen:
    """`numbers` are the rows looked at of each split, `again` what comes back of them; `noisy` what the encoder sees in training
    of the first rows of `split`, where noise is the first that happens to them, and `mended` what comes back of that.
    """

    run: Run
    dataset: Dataset
    places: list[Place]
    numbers: dict[str, np.ndarray]
    again: dict[str, Rebuilt]
    split: str
    noisy: np.ndarray | None = None
    mended: np.ndarray | None = None

    @property
    def shown(self) -> Rebuilt:
        """The rows of the test split, or of the next best."""
        return self.again[self.split]

    @property
    def picture(self) -> Place | None:
        """The only column that is made, where it is a picture in grey or colour."""
        fit = self.places[0].fit
        return self.places[0] if len(self.places) == 1 and isinstance(fit, ImageFit) and fit.size[0] in (1, 3) else None


def draw_composite(run: Run, dataset: Dataset) -> None:
    """The pictures of a composite that makes rows again; of others there are none here."""
    from specc.runs.pictures.codes import draw_map
    from specc.runs.pictures.errors import draw_errors
    from specc.runs.pictures.filters import draw_dense_filters
    from specc.runs.pictures.rebuilt import draw_rebuilt

    if not rebuilds(run.spec):
        return
    seen = _seen(run, dataset)
    draw_rebuilt(seen)
    draw_errors(seen)
    draw_map(seen)
    if seen.picture is not None:
        draw_dense_filters(run, seen.picture)


def _seen(run: Run, dataset: Dataset) -> Seen:
    places = [Place(seat.column, seat.fit, seat.place) for seat in made_seats(run.spec)]
    most = max(1, min(MOST_ROWS, MOST_NUMBERS // max(place.place.stop for place in places)))
    rows = Rows(run.spec, dataset, torch.device("cpu"))
    splits = {name: dataset.rows[name] for name in ("train", "validation", "test") if len(dataset.rows.get(name, ()))}
    numbers = {name: _spread(rows_of_split, most) for name, rows_of_split in splits.items()}
    again = {name: rebuilt(run.spec, run.module, rows, chosen) for name, chosen in numbers.items()}
    split = next(name for name in ("test", "validation", "train") if name in numbers)
    return Seen(run, dataset, places, numbers, again, split, *_noisy(run, rows, numbers[split][:NOISY]))


def _spread(numbers: np.ndarray, most: int) -> np.ndarray:
    return numbers if len(numbers) <= most else numbers[np.linspace(0, len(numbers) - 1, most).round().astype(int)]


def _noisy(run: Run, rows: Rows, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray] | tuple[()]:
    """What the first noise of the encoder makes of rows, and the decoder of that, `[rows, numbers]`; nothing where a layer
    changes them before any noise.
    """
    noise = _first_noise(run.spec.graphs["encoder"].nodes)
    if noise is None:
        return ()
    seen: list[Any] = []
    layer = run.module.get_submodule(identifier(noise.name))
    handle = layer.register_forward_hook(lambda _, given, result: seen.append(result))
    layer.train()
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        parts, inputs = Parts(run.spec), rows.batch(torch.as_tensor(numbers)).inputs
        made = parts(run.module, "decoder", inputs, parts(run.module, "encoder", inputs))[parts.ends["decoder"]]
    layer.eval()
    handle.remove()
    return seen[0].flatten(1).numpy(), activated(made, head_of(run.spec)).flatten(1).numpy()


def _first_noise(nodes: tuple[Node, ...]) -> Node | None:
    """The last of the noise layers that stand before any other layer."""
    found: Node | None = None
    for node in nodes:
        if isinstance(node.layer, GaussianNoise | MaskingNoise | SaltAndPepper | Dropout):
            found = node
        elif not isinstance(node.layer, Input | Flatten | Reshape):
            break
    return found
