"""How rows are divided and varied: shares, folds, and what augmentation changes."""

from __future__ import annotations

from specc.diagnostics import Report
from specc.ir import Spec
from specc.vocabulary.augmentations import Crop, Cutout, Shift
from specc.vocabulary.columns import Image, Number
from specc.vocabulary.splits import Folds, Provided, Random


def the_split_can_be_made(spec: Spec, report: Report) -> None:
    assert spec.data is not None
    split, span = spec.data.split, spec.spans.get("data.split")
    if isinstance(split, Random):
        total = sum(split.shares())
        if abs(total - 1.0) > 1e-9:
            report.error("E0407", f"the shares of the split sum to {total:g}, not 1", span)
    if isinstance(split, Random | Folds):
        if split.stratify is not None and split.group is not None:
            report.error(
                "E0407",
                "a split keeps either the shares of labels or groups together",
                span,
                help="take `stratify` or `group` away",
            )
        within = split.within if isinstance(split, Random) else None
        if within is not None and (split.stratify is not None or split.group is not None):
            other = "stratify" if split.stratify is not None else "group"
            message = f"a split divides the rows of each `{within}`, or goes by `{other}`"
            report.error("E0407", message, span, help=f"take `within` or `{other}` away")
        if split.stratify is not None and isinstance(spec.data.columns.get(split.stratify), Number):
            message = f"`{split.stratify}` is a number, and has no labels whose shares a split could keep"
            report.error("E0407", message, span, help="stratify by a category, or take `stratify` away")
    draws = isinstance(split, Provided) and (split.validation > 0 or any(phase.settings.rows for phase in spec.phases))
    if isinstance(split, Provided) and split.written("seed") and not draws:
        way_out = "give it a share, as in `provided(validation = 0.1, seed = 3)`, or take `seed` away"
        place = spec.spans.get("data.split.seed", span)
        report.error("E0505", "`seed` changes nothing: `provided` draws no rows here", place, help=way_out)
    if isinstance(split, Folds):
        _folds_can_be_made(split, spec, report)
    if isinstance(split, Provided) and spec.data.source.word in ("csv", "parquet", "ratings"):
        message = f"`{spec.data.source.word}` provides no sets of its own"
        report.error("E0407", message, span, help="write `random(…)`, or `column(fold, …)` where a column names the sets")


def _folds_can_be_made(split: Folds, spec: Spec, report: Report) -> None:
    place = spec.spans.get("data.split")
    if split.fold is not None and split.fold > split.count:
        message = f"there is no fold {split.fold}: `folds({split.count})` has 1 to {split.count}"
        report.error("E0407", message, spec.spans.get("data.split.fold", place), help="leave `fold` out to train once for each")
    if split.validation + 1 / split.count >= 1:
        message = f"a test set of 1/{split.count} and `validation = {split.validation:g}` leave no rows to train on"
        report.error("E0407", message, spec.spans.get("data.split.validation", place), help="take a smaller share, or more folds")


def augmentation_changes_images(spec: Spec, report: Report) -> None:
    assert spec.data is not None
    images = {name: c for name, c in spec.data.columns.items() if isinstance(c, Image)}
    for index, change in enumerate(spec.data.augment):
        span = spec.spans.get(f"data.augment.{index}")
        if not images:
            report.error("E0505", f"`{change.word}` changes images, and `columns` has none", span)
        for name, image in images.items():
            if isinstance(change, Crop) and (image.size[1], image.size[2]) != (change.size, change.size):
                message = f"`crop({change.size})` gives another size than `{name}` has, {image.size[1]} × {image.size[2]}"
                report.error("E0203", message, span, help=f"as in `crop({image.size[1]}, padding = 3)`")
            smallest = min(image.size[1:])
            if isinstance(change, Cutout) and change.size >= smallest:
                report.error(
                    "E0203", f"`cutout({change.size})` can cover the whole of `{name}`", span, help="take a smaller square"
                )
            if isinstance(change, Shift) and change.pixels >= smallest:
                report.error("E0203", f"`shift({change.pixels})` can move `{name}` out of sight", span, help="take fewer pixels")
            if isinstance(change, Crop) and change.padding == 0 and image.size[1] == image.size[2] == change.size:
                report.error("E0203", "`crop` of the whole image changes nothing", span, help="give it a `padding`")
