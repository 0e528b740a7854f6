"""What went wrong while training, as diagnostics that point at the spec."""

from __future__ import annotations

from specc.diagnostics import Diagnostic, Span, listing
from specc.door import door
from specc.ir import ImageFit, Node, NumberFit, Phase, Spec
from specc.members import ways
from specc.training.faults import find_layer
from specc.training.loop import Diverged


def diverged(spec: Spec, error: Diverged) -> Diagnostic:
    """Numbers grew beyond all bounds: where that began, and what to do."""
    node = find_layer(spec, error.layer)
    phase = next(phase for phase in spec.phases if phase.name == error.phase)
    where = f"in epoch {error.epoch}, batch {error.batch}" + (f" of the phase `{phase.name}`" if len(spec.phases) > 1 else "")
    what = {
        "rate": "the learning rate is",
        "loss": "the loss is",
        "gradient": "the gradient is",
        "weights": "the weights are",
        "reconstruction": "what the machine gives back of its rows is",
    }[error.what]
    label = ""
    if node is not None:
        label = {
            "loss": f"`{node.name}` is the first layer whose output is not finite",
            "gradient": f"the gradient of `{node.name}` is the first that is not finite",
            "weights": f"the weights of `{node.name}` are the first that are not finite",
            "reconstruction": f"`{node.name}` gives back numbers beyond all bounds",
        }[error.what]
    return Diagnostic(
        "E0506",
        f"training diverged: {what} no longer finite {where}",
        node.span if node is not None else _rate_span(spec, phase, error.what),
        label,
        help=_way_out(spec, phase, _part_of(spec, phase, node)),
    )


def _part_of(spec: Spec, phase: Phase, node: Node | None) -> str:
    """The part whose optimizer trains a layer; of no layer, the one with the largest rate. Empty: the phase's."""
    if node is not None:
        return ways(spec, phase)[node.name].optimizer
    rates = {part: getattr(settings.optimizer, "learning_rate", 0.0) for part, settings in phase.parts.items()}
    own = getattr(phase.settings.optimizer, "learning_rate", 0.0)
    return max((part for part in rates if rates[part] > own), key=lambda part: rates[part], default="")


def diverged_in_use(spec: Spec, split: str) -> Diagnostic:
    """Every batch had a finite loss, and the trained network's own has none."""
    phase = spec.last_phase
    message = f"training diverged: the loss on the {split} rows is not finite with the trained weights"
    return Diagnostic("E0506", message, _rate_span(spec, phase), help=_way_out(spec, phase))


def undrawn(error: Exception) -> Diagnostic:
    """Pictures that could not be drawn or written: everything else of the run is there."""
    why = f"{error.filename}: {error.strerror.lower()}" if isinstance(error, OSError) and error.strerror else str(error)
    way_out = "the run is whole without them; `specc evaluate` says what they show"
    return Diagnostic("W2002", f"the pictures are missing: {why}", help=way_out)


def disagreement(spec: Spec, message: str) -> Diagnostic:
    """The exported file does not answer as the network that was trained."""
    span = spec.spans.get("train")
    way_out = "the weights are kept; this is a fault of specc, not of the spec: please report it with the run's folder"
    return Diagnostic("E0509", f"the model cannot be exported: {message}", span, help=way_out)


def _rate_span(spec: Spec, phase: Phase, what: str = "") -> Span | None:
    """Where the learning rate is set: by the schedule, where it is the rate that grew, else by the optimizer."""
    settings = ("schedule", "optimizer") if what == "rate" else ("optimizer",)
    paths = [f"train.{part}{setting}" for setting in settings for part in (f"{phase.name}.", "")]
    return next((spec.spans[path] for path in (*paths, f"train.{phase.name}", "train") if path in spec.spans), None)


def _way_out(spec: Spec, phase: Phase, part: str = "") -> str:
    """A smaller rate, and a scale for the columns that have none."""
    assert spec.bound is not None and spec.data is not None and phase.settings.optimizer is not None
    rate = getattr((phase.parts[part] if part else phase.settings).optimizer, "learning_rate", None)
    smaller = "take a smaller learning rate" + (f" than {rate:g}" if rate is not None else "")
    smaller += f" for `{part}`" if part else ""
    names = [*(name for tensor in door(spec) for name in tensor.columns), *spec.data.target]
    fits = {name: spec.bound.fits[name] for name in names}
    bare = [name for name, fit in fits.items() if isinstance(fit, NumberFit) and (fit.center, fit.scale) == (0.0, 1.0)]
    bare += [name for name, fit in fits.items() if isinstance(fit, ImageFit) and max(fit.scale) >= 1.0]
    if not bare:
        return smaller
    shown = listing(bare, "and") if len(bare) <= 3 else f"`{bare[0]}` and {len(bare) - 1} more columns"
    return f"{smaller}; or scale {shown}, as in `scale = standard`"
