"""What runs the steps of each procedure of the vocabulary: one file a procedure."""

from __future__ import annotations

from specc.training.procedures.procedure import Procedure
from specc.training.procedures.supervised import Supervised

PROCEDURES: dict[str, type[Procedure]] = {"supervised": Supervised}
