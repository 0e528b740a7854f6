"""What no machine and no file holds, known before anything is allocated."""

from __future__ import annotations

from specc.costs import BYTES, LARGEST_FILE, cost_of
from specc.diagnostics import Report
from specc.ir import Node, Spec
from specc.shapes import Expression, Size


def weights_fit_one_file(spec: Spec, report: Report) -> None:
    """A run ends with one ONNX file; sizes that only the data knows count once it is there."""
    found: list[tuple[int, Node]] = [(_at_least(cost_of(node, spec.shapes).parameters), node) for node in spec.nodes]
    total = BYTES * sum(count for count, _ in found)
    if total <= LARGEST_FILE:
        return
    count, largest = max(found, key=lambda layer: layer[0])
    report.error(
        "E0509",
        f"the weights take {total / 2**30:,.1f} GiB, and an ONNX file in one piece holds 2 GiB",
        largest.span,
        label=f"`{largest.name}` has {count:,} of them",
        help="take fewer units or channels",
    )


def _at_least(size: Size) -> int:
    """The number, or what is known of one that the data decides."""
    if isinstance(size, Expression):
        return size.terms.get("", 0) if all(factor > 0 for factor in size.terms.values()) else 0
    return size
