"""The two losses of an adversarial game, of scores: logits of real rows, and of generated ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from specc.vocabulary.adversarial import AdversarialLoss, Hinge, LeastSquares, Minimax, NonSaturating, Wasserstein


class Game(NamedTuple):
    """`discriminator(real, generated, label of real, label of generated)` and `generator(generated)`, a loss for each score.

    There are as many generated rows as real ones, so that the discriminator's loss of both is the sum, score by score.
    """

    discriminator: Callable[[Tensor, Tensor, Tensor | float, Tensor | float], Tensor]
    generator: Callable[[Tensor], Tensor]
    boundary: float | None
    """The score between what is taken for real and what is not; None where scores only compare."""


def _logistic(real: Tensor, generated: Tensor, of_real: Tensor | float, of_generated: Tensor | float) -> Tensor:
    """`−t ln σ(d) − (1 − t) ln(1 − σ(d))`, also of labels t outside of 0…1: `softplus(d) − t d`."""
    return F.softplus(real) - of_real * real + F.softplus(generated) - of_generated * generated


def _squares(real: Tensor, generated: Tensor, of_real: Tensor | float, of_generated: Tensor | float) -> Tensor:
    return ((real - of_real).square() + (generated - of_generated).square()) / 2


def _hinge(real: Tensor, generated: Tensor, of_real: Tensor | float, of_generated: Tensor | float) -> Tensor:
    return F.relu(1 - real) + F.relu(1 + generated)


def _difference(real: Tensor, generated: Tensor, of_real: Tensor | float, of_generated: Tensor | float) -> Tensor:
    return generated - real


GAMES: dict[type[AdversarialLoss], Game] = {
    Minimax: Game(_logistic, lambda generated: -F.softplus(generated), 0.0),
    NonSaturating: Game(_logistic, lambda generated: F.softplus(-generated), 0.0),
    LeastSquares: Game(_squares, lambda generated: (generated - 1).square() / 2, 0.5),
    Hinge: Game(_hinge, lambda generated: -generated, 0.0),
    Wasserstein: Game(_difference, lambda generated: -generated, None),
}


def gradient_penalty(score: Callable[[Tensor], Tensor], real: Tensor, generated: Tensor, shares: Tensor) -> Tensor:
    """`mean (‖∇d(z)‖ − 1)²` at `z = ε x + (1 − ε) y`, `shares` ε `[rows]` (Gulrajani et al. 2017, equation 3).

    The norm is that of each row by itself. `score` gives `[rows, …]`, whose sum over a row is differentiated.
    """
    shares = shares.view(-1, *[1] * (real.dim() - 1))
    between = (shares * real + (1 - shares) * generated).requires_grad_(True)
    return (slopes(score, between) - 1).square().mean()


def r1_penalty(scores: Tensor, real: Tensor) -> Tensor:
    """`mean ½ ‖∇d(x)‖²` at real rows, of the scores `[rows, …]` that they have (Mescheder, Geiger and Nowozin 2018)."""
    (gradient,) = torch.autograd.grad(_total(scores), real, create_graph=True)
    return gradient.flatten(1).square().sum(1).mean() / 2


def slopes(score: Callable[[Tensor], Tensor], rows: Tensor) -> Tensor:
    """`‖∇d‖` at each row, `[rows]`; its derivative where the gradient is zero is zero."""
    (gradient,) = torch.autograd.grad(_total(score(rows)), rows, create_graph=True)
    squares = gradient.flatten(1).square().sum(1)
    return torch.where(squares > 0, squares, 1.0).sqrt() * (squares > 0)


def _total(scores: Tensor) -> Tensor:
    """The mean of a row's scores, of all rows together: rows do not depend on one another."""
    return scores.flatten(1).mean(1).sum()


def code_loss(distribution: str, found: Tensor, code: Tensor) -> Tensor:
    """How badly a code is found again: of a category the cross-entropy, of numbers `½ Σ (c − found)²`, means over rows."""
    if distribution == "category":
        return F.cross_entropy(found, code.argmax(1))
    return (found - code).square().sum(1).mean() / 2
