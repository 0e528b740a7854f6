"""How the columns that a variational autoencoder makes are distributed around what its decoder gives."""

from __future__ import annotations

from typing import Literal

from specc.ir import Phase
from specc.vocabulary.columns import Category, Image
from specc.vocabulary.families import Column
from specc.vocabulary.variational import Elbo

Observed = Literal["bernoulli", "gaussian", "categorical"]
OBSERVED: dict[str, Observed] = {
    "binary_cross_entropy": "bernoulli",
    "mean_squared_error": "gaussian",
    "cross_entropy": "categorical",
}


def observed(column: Column, loss: Elbo) -> Observed:
    """The distribution of a column's numbers: what the loss says of all, or what the column asks for by itself."""
    if loss.reconstruction is not None:
        return OBSERVED[loss.reconstruction]
    if isinstance(column, Image):
        return "bernoulli" if column.scale == "unit" else "gaussian"
    return "categorical" if isinstance(column, Category) else "gaussian"


def elbo_of(phase: Phase) -> Elbo:
    """The bound that a phase trains a variational autoencoder by."""
    return next((term.loss for term in phase.settings.loss if isinstance(term.loss, Elbo)), Elbo())
