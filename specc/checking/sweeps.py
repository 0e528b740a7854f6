"""What must hold of a search: it has something to look for, and looks for more of what is better."""

from __future__ import annotations

from specc.diagnostics import Report, listing
from specc.ir import Spec
from specc.vocabulary.families import Metric
from specc.vocabulary.hyperparameters import is_searched
from specc.vocabulary.part import find_word


def sweeps_have_something_to_search(spec: Spec, report: Report) -> None:
    if spec.sweep is None:
        return
    span = spec.spans.get("sweep.objective")
    if not spec.hyper:
        report.error("E0505", "`sweep` has no hyperparameters to search", span, help="declare some in `hyper { … }`")
    elif not any(is_searched(value.declared) for value in spec.hyper.values()):
        have = f"{listing(spec.hyper, 'and')} {'has' if len(spec.hyper) == 1 else 'have'} no range"
        way_out = "give one a range, as in `rate = float(0.01, 1e-4 .. 1e-1, log)`"
        report.error("E0505", f"`sweep` has nothing to search: {have}", span, help=way_out)
    if not spec.phases:
        report.error("E0505", "`sweep` has nothing to train", span, help="write `train { epochs = 20 }`")


def sweeps_look_the_right_way(spec: Spec, report: Report) -> None:
    """A search wants more of what is better when it is higher, and less of what is better when it is lower."""
    if spec.sweep is None:
        return
    measure, word = spec.sweep.objective.measure, spec.sweep.objective.word  # type: ignore[attr-defined]
    name = measure.rpartition(".")[2]
    metric = find_word("metric", name)
    if metric is None and name not in ("loss", "reconstruction", "kl"):
        return
    better = metric.better if metric is not None and issubclass(metric, Metric) else "lower"
    wanted = "maximize" if better == "higher" else "minimize"
    if word != wanted:
        message = f"`{measure}` is better when it is {better}"
        report.error("E0505", message, spec.spans.get("sweep.objective"), help=f"write `{wanted}({measure})`")
