"""What specc has written and reads again, as if a stranger had written it: regular files, and specs that hold together."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Any

from specc.diagnostics import Report, Source
from specc.door import answers, door
from specc.infer import infer_shapes
from specc.ir import ArrayFit, CategoryFit, Fit, ImageFit, NumberFit, RatingsFit, Spec
from specc.vocabulary.columns import Array, Category, Image, Number, RatingLevels
from specc.vocabulary.families import Column

FITS: dict[type[Column], type] = {
    Number: NumberFit,
    Category: CategoryFit,
    Image: ImageFit,
    Array: ArrayFit,
    RatingLevels: RatingsFit,
}


class Broken(ValueError):
    """What a file says does not hold together; the message says what."""


def read_regular(path: Path) -> bytes:
    """The bytes of a file. Raises `OSError`, also for a pipe or a device, which would hang or never end."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, "is a folder, not a file", str(path))
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "is no regular file", str(path))
        with open(descriptor, "rb", closefd=False) as file:
            return file.read()
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None  # what reads does not know the name
    finally:
        os.close(descriptor)


def bound_spec(data: Any, whole: bool = True) -> Spec:
    """The bound spec that JSON values say; `whole`: with every layer between its ends. Raises `Broken`."""
    try:
        spec = Spec.model_validate(data)
        _columns_are_fitted(spec)
        if whole:
            _shapes_are_those_of_its_layers(spec)
    except Broken:
        raise
    except Exception as error:  # values of any kind may stand at any place
        raise Broken(_in_a_line(error)) from error
    return spec


def _columns_are_fitted(spec: Spec) -> None:
    """Every column has what the data said of it, of its own kind."""
    if spec.data is None or spec.bound is None:
        raise Broken("the data that it was trained on is missing")
    for name, column in spec.data.columns.items():
        fit = spec.bound.fits.get(name)
        if fit is not None and not isinstance(fit, FITS.get(type(column), Fit)):
            raise Broken(f"the column `{name}` is {column.word}, and was not fitted as one")
        if isinstance(column, Number) and isinstance(fit, NumberFit) and fit.indicator != column.indicator:
            raise Broken(f"the column `{name}` was fitted with another `indicator` than it is declared with")
    absent = [name for name in spec.data.target if name not in spec.data.columns or name not in spec.bound.fits]
    if absent:
        raise Broken(f"the target `{absent[0]}` is no column that it was trained on")
    unfitted = [name for tensor in door(spec) for name in tensor.columns if name not in spec.bound.fits]
    if unfitted or not spec.graphs:
        raise Broken(f"its network takes `{unfitted[0]}`, which it was not trained on" if unfitted else "it has no network")
    for graph in spec.graphs.values():
        if not any(shape.count for node in graph.nodes for shape in node.outputs.values()):
            raise Broken("its network has no layers")
        for answer in answers(graph):
            fit = spec.bound.fits[answer.column]
            labels = len(fit.labels) if isinstance(fit, CategoryFit) else 0
            expected = {"linear": 0, "sigmoid": 2}.get(answer.head, answer.units)
            if answer.column not in spec.data.target or labels != expected:
                raise Broken(f"`{answer.column}` has {labels} labels, and its output answers for {expected}")


def _shapes_are_those_of_its_layers(spec: Spec) -> None:
    """Shapes that are inferred again are those that were stored."""
    assert spec.bound is not None
    report = Report(Source("", ""))
    inferred = infer_shapes(spec, report, spec.bound.sizes)
    if report.has_errors:
        raise Broken(report.errors[0].message)
    if inferred.graphs != spec.graphs:
        raise Broken("its layers have other shapes than it says")
    known: set[str] = set()
    for graph in spec.graphs.values():
        for node in graph.nodes:
            if not node.name or not node.outputs or not all({name, name.rpartition(".")[0]} & known for name in node.inputs):
                raise Broken(f"the layer `{node.name}` takes what no layer above it gives")
            known.add(node.name)


def _in_a_line(error: BaseException) -> str:
    """What went wrong, no longer than a line."""
    text = str(error).partition("\n")[0] or type(error).__name__
    return text if len(text) <= 160 else text[:159] + "…"
