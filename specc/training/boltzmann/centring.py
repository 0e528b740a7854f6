"""Centred gradients: those of units less their means, as changes of the parameters that the machine has.

With offsets μ and λ the energy is that of `v − μ` and `h − λ`; the weights have the gradient `⟨(v−μ)(h−λ)ᵀ⟩` of the data less
that of the model, and going back to plain biases takes `ΔW λ` from those of the visible and `ΔW μ` from those of the hidden
units (Montavon and Müller 2012; Melchior, Fischer and Wiskott 2016). The two means that the weights' gradient takes away are two
rows more in its product.
"""

from __future__ import annotations

import torch
from torch import Tensor

from specc.training.boltzmann.sides import Sides

SHIFT = 0.01
"""How far the offsets move towards the means of each batch."""


class Offsets:
    """Running means of the visible units of the data (a draw's, where there are counts) and of their hidden means."""

    def __init__(self, visible: Tensor, hidden: Tensor) -> None:
        self.visible, self.hidden = visible, hidden

    def move(self, sides: Sides, precision: Tensor | None, shift: float = SHIFT) -> None:
        """Towards the means of the batch, whose hidden side is still means that nothing has scaled."""
        draws = 1.0 if sides.totals is None else max(float(sides.totals[: sides.rows].mean()), 1.0)
        if precision is None:
            self.visible.addmv_(sides.data_visible_columns, sides.data_shares, beta=1 - shift, alpha=shift / draws)
        else:
            self.visible.lerp_(torch.mv(sides.data_visible_columns, sides.data_shares).div_(precision * draws), shift)
        self.hidden.lerp_(sides.data_hidden.mean(0), shift)

    def fill(self, sides: Sides, slope_hidden: Tensor, slope_visible: Tensor, precision: Tensor | None) -> None:
        """Writes the two rows, and takes from the slopes of the biases what going back to plain ones takes."""
        mean = self.visible if precision is None else self.visible * precision
        sides.visible[-2].copy_(mean)
        torch.neg(slope_hidden, out=sides.hidden[-2])
        sides.visible[-1].copy_(slope_visible)
        if sides.totals is not None:
            sides.visible[-1].sub_(mean * torch.dot(sides.totals, sides.shares))
        torch.neg(self.hidden, out=sides.hidden[-1])
        slope_visible.addmv_(sides.right.t(), torch.mv(sides.hidden, self.hidden), alpha=-1)
        slope_hidden.addmv_(sides.left, torch.mv(sides.visible, mean), alpha=-1)
