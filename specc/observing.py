"""How the columns that a variational autoencoder makes are distributed around what its decoder gives."""

from __future__ import annotations

from typing import Literal

from specc.door import input_columns
from specc.ir import Phase, Spec
from specc.vocabulary.columns import Category, Image
from specc.vocabulary.families import Column, Loss
from specc.vocabulary.layers.sources import Input
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


def with_distribution(spec: Spec, loss: Loss) -> Loss:
    """The loss; a bound that leaves the distribution to the columns says which it is, where it is one for all."""
    node = next((n for n in spec.nodes if type(n.layer) is Input), None)
    if not isinstance(loss, Elbo) or loss.reconstruction is not None or node is None or spec.data is None:
        return loss
    kinds = {observed(spec.data.columns[name], loss) for name in input_columns(spec, node)}
    word = next((word for word, kind in OBSERVED.items() if kinds == {kind}), None)
    values = {name: getattr(loss, name) for name in type(loss).model_fields} | {"reconstruction": word}
    return Elbo.model_construct(set(loss.model_fields_set), **values)


def elbo_of(phase: Phase) -> Elbo:
    """The bound that a phase trains a variational autoencoder by."""
    return next((term.loss for term in phase.settings.loss if isinstance(term.loss, Elbo)), Elbo())
