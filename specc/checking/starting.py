"""That starting values have weights to start."""

from __future__ import annotations

from specc.diagnostics import Report
from specc.ir import Spec
from specc.vocabulary.layers.convolution import Shortcut
from specc.vocabulary.layers.weighted import WeightedLayer


def starting_values_have_something_to_start(spec: Spec, report: Report) -> None:
    """A layer's own `bias_init` needs a bias; a `shortcut` that is the identity has no weights. Inherited ones may pass by."""
    for graph in spec.graphs.values():
        for node in graph.nodes:
            if not isinstance(node.layer, WeightedLayer):
                continue
            identity = isinstance(node.layer, Shortcut) and not node.layer.projects and not node.shape.is_unknown
            without_bias = isinstance(node.layer, Shortcut) or getattr(node.layer, "bias", True) is False
            for setting in ("init", "bias_init", "regularize"):
                span = spec.spans.get(f"{graph.name}.{node.name}.{setting}")
                own = span is not None and node.span.start <= span.start < node.span.end
                if own and (identity or (setting == "bias_init" and without_bias)):
                    what = "is the identity here and has no weights" if identity else "has no bias"
                    message = f"`{setting}` changes nothing: `{node.layer.word}` {what}"
                    report.error("E0505", message, span, help=f"take `{setting}` away")
