"""What runs the steps of each procedure of the vocabulary: one file a procedure, under its word."""

from __future__ import annotations

import importlib

from specc.ir import Phase, Spec
from specc.training.procedures.procedure import Procedure
from specc.training.rows import Rows

PROCEDURES: dict[str, str] = {
    "supervised": "Supervised",
    "contrastive_divergence": "ContrastiveDivergence",
    "persistent_contrastive_divergence": "PersistentContrastiveDivergence",
    "parallel_tempering": "ParallelTempering",
    "up_down": "UpDown",
    "reconstruction": "Reconstruction",
    "layerwise": "Layerwise",
    "variational": "Variational",
    "adversarial": "Adversarial",
}
"""The class of each word, in the module of the word's name."""


def procedure_of(spec: Spec, phase: Phase, rows: Rows) -> Procedure:
    """The procedure of a phase."""
    assert phase.settings.procedure is not None
    if type(rows) is not Rows:
        from specc.training.ratings.divergence import RatingsDivergence

        return RatingsDivergence(spec, phase, rows)
    word = phase.settings.procedure.word
    module = importlib.import_module(f"specc.training.procedures.{word}")
    return getattr(module, PROCEDURES[word])(spec, phase, rows)
