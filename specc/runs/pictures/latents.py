"""What the latent of a maker means: rows over its plane, rows on the way from one to another, rows by their codes."""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from specc.data.entering import noise_for
from specc.runs.pictures.samples import FOOT, HEAD, SIDE, as_seen, show
from specc.runs.pictures.style import CHARACTER, Margins, caption, headline, keep, panels
from specc.runs.sample.conditions import Asked
from specc.runs.sample.made import columns_made, conditions_of, maker_of, sample_made

if TYPE_CHECKING:
    from specc.onnx.session import OnnxModel
    from specc.runs.pictures.generated import Story

STEPS = 12
PLANE = 15
"""Pictures along each side of the plane."""
MOST_KINDS = 20


def draw_interpolation(story: Story) -> None:
    """`interpolation.png`: each line goes from one draw of the latent to another."""
    if not any(about["kind"] == "noise" for about in maker_of(story.run).columns.values()):
        return
    drawn = sample_made(story.run, None, {}, STEPS, 0)
    assert drawn.pictures is not None
    _draw(story, "interpolation", "on the way from one to another", as_seen(drawn.draws[drawn.pictures]), STEPS,
          "each line goes from one draw of the latent to another")  # fmt: skip


def draw_plane(story: Story) -> None:
    """`latent_plane.png`: of a latent of two normal numbers, what is made of its quantiles (Kingma and Welling 2014)."""
    model = maker_of(story.run)
    name = next((n for n, about in model.columns.items() if about.get("distribution") == "normal" and about["size"] == [2]), None)
    if name is None:
        return
    places = np.array([NormalDist().inv_cdf((i + 0.5) / PLANE) for i in range(PLANE)], np.float32)
    across, down = np.meshgrid(places, places[::-1])
    images, of_what = _made(story, model, {name: np.stack([across.ravel(), down.ravel()], axis=1)})
    text = (
        f"{name}_0 grows from left to right, {name}_1 from below, from {places[0]:.2f} to {places[-1]:.2f}: quantiles of N(0, 1)"
    )
    _draw(story, "latent_plane", f"what the {story.maker} makes over the plane of its latent", images, PLANE, text + of_what)


def draw_codes(story: Story) -> None:
    """`codes.png`: for each code rows of the same noise, a line each of its kinds, or a column each of its values."""
    model = maker_of(story.run)
    codes = {n: about for n, about in model.columns.items() if about["kind"] == "noise" and not n.startswith(("latent", "code_"))}
    kinds = {n: about["size"][0] for n, about in codes.items() if about.get("distribution") == "category"}
    name = next((n for n, size in kinds.items() if size <= MOST_KINDS), None)
    if name is None:
        return
    size, across = kinds[name], 12
    noise = {n: np.tile(values[:across], (size, *[1] * (values.ndim - 1))) for n, values in noise_for(model.spec, across).items()}
    noise[name] = np.repeat(np.eye(size, dtype=np.float32), across, axis=0)
    images, of_what = _made(story, model, noise)
    text = f"a line each of the {size} kinds of `{name}`, from 0 on; the other noise is the same in each column"
    _draw(story, "codes", f"what `{name}` means", images, across, text + of_what, [str(kind) for kind in range(size)])


def _made(story: Story, model: OnnxModel, given: dict[str, np.ndarray]) -> tuple[np.ndarray, str]:
    """What is made of some noise, the rest being of one draw and for the condition of one row; and for what."""
    count = len(next(iter(given.values())))
    noise = {n: v.repeat(count, axis=0) for n, v in noise_for(model.spec, 1).items()} | given
    columns = {n: v.repeat(count, axis=0) for n, v in conditions_of(story.run, Asked(model.spec, {}), 1, 0).items()}
    values = {n: v[0] for n, v in columns.items() if v.ndim == 1}
    of_what = f"; for {', '.join(f'{n} = {v}' for n, v in values.items())}" if values else ""
    (images,) = columns_made(model, model.answer(noise | columns)).values()
    return as_seen(images), of_what


def _draw(
    story: Story, name: str, title: str, images: np.ndarray, across: int, said: str, labels: list[str] | None = None
) -> None:
    height, width = images.shape[1:3]
    lines = -(-len(images) // across)
    side = min(0.5 * across, 1.6 * SIDE)
    left = max((len(label) for label in labels or []), default=0) * CHARACTER + 0.1
    around = Margins(left=left + (0.08 if labels else 0.0), right=0.1, top=0.03, bottom=0.03)
    figure, (axes,) = panels(1, 1, side, side * lines * height / (across * width), around, HEAD, FOOT)
    headline(figure, title)
    show(axes, images, across)
    for line, label in enumerate(labels or []):
        axes.text(-0.015, 1 - (line + 0.5) / lines, label, transform=axes.transAxes, fontsize=9, ha="right", va="center")
    caption(figure, said)
    keep(story.run, name, figure)
