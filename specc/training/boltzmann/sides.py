"""The rows of both phases one under the other, so that one matrix product makes the whole gradient of the weights."""

from __future__ import annotations

import torch
from torch import Tensor

from specc.training.boltzmann.conditionals import Conditionals

LINE = 16
"""Numbers of 32 bits in 64 bytes."""


class Sides:
    """Memory for a step of `rows` rows of data and `chains` samples of the model. Nothing in it outlives the step.

    `visible` has the data's rows, the samples and two rows more, which centring fills; `hidden` their hidden sides. Each phase
    counts by its own number of rows: `1/rows` and `−1/chains` are the `shares`, so that neither a short last batch nor any
    number of chains changes the scale of the gradient.
    """

    def __init__(self, conditionals: Conditionals, rows: int, chains: int, centered: bool) -> None:
        like = conditionals.weight
        width, hidden = like.shape
        total = rows + chains
        self.rows, self.chains = rows, chains
        # Side by side in the order in which the biases lie, each row where a line of the processor's memory begins.
        sides = like.new_empty(total + 2, -(-(width + hidden) // LINE) * LINE)
        self.visible, self.hidden = sides[:, :width], sides[:, width : width + hidden]
        self.columns = sides[:total, : width + hidden].t()
        self.both_visible, self.both_hidden = self.visible[:total], self.hidden[:total]
        self.data_visible, self.data_hidden = self.visible[:rows], self.hidden[:rows]
        self.model_visible, self.model_hidden = self.visible[rows:total], self.hidden[rows:total]
        self.lots = like.new_empty(chains * (width + hidden))
        self.noise, self.draws = self.lots[: chains * width].view(chains, width), self.lots[chains * width :].view(chains, hidden)
        """Memory for both sides of the chains, which one call can fill with random numbers."""
        self.shares = like.new_full((total,), 1 / rows)
        self.shares[rows:] = -1 / chains
        self.share_column, self.hidden_columns = self.shares.unsqueeze(1), self.both_hidden.t()
        self.factors = (self.visible, self.hidden) if centered else (self.both_visible, self.both_hidden)
        self.left, self.right = self.factors[1].t(), self.factors[0]
        """`left @ right` is the gradient of the weights, once the gradient has been prepared."""
        self.data_visible_columns, self.data_shares = self.data_visible.t(), self.shares[:rows]
        self.totals: Tensor | None = None
        """The draws of the replicated softmax of every row of both phases."""
        self.longer: Tensor | None = None
        """How many times longer the batch's documents are than those of samples that keep documents of their own."""

    def weigh_totals(self, data: Tensor | None, model: Tensor | None) -> None:
        """Takes the draws of both phases, which are the same tensor where the samples keep the documents of the batch."""
        self.totals = self.longer = None
        if data is not None and model is not None:
            self.totals = torch.cat([data, model])
            self.longer = None if data is model else data.mean() / model.mean().clamp(min=1.0)

    def even_documents(self, counts: slice) -> None:
        """Counts the documents of the samples as if they were as long as the batch's, once the hidden sides are known.

        Otherwise the difference of the lengths would push all words alike, and with them every hidden bias, step after step.
        Units beside the counts have no length, and stay as they are.
        """
        if self.longer is not None and self.totals is not None:
            self.model_visible[:, counts].mul_(self.longer)
            self.totals[self.rows :].mul_(self.longer)
