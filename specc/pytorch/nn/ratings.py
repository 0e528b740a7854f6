"""A restricted Boltzmann machine of ratings: a softmax unit for each item that a user rated, none for the others."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional as F

SHARE = 0.1
"""How much of `shared_weight` each unit has: the more, the quicker it learns beside the weights of single units."""
NUMBERS = 1 << 19
"""Numbers that are laid out at once, whatever the batch: 2 MiB, which a processor's cache may hold."""


class RatingsBoltzmann(nn.Module):
    """Softmax visible units of `levels` states, as many of `units` as a case has ratings, and bernoulli hidden units.

    Energy of a case with the ratings r = (unit i, level k) (Salakhutdinov, Mnih and Hinton 2007), the sums over its ratings:
    `E(v, h) = −Σ b[i, k] − c·h − Σ h·w[i, k]`, `w[i, k] = weight[i, k] + SHARE · shared_weight[k]`. A unit without a rating
    is in no sum, so that it changes nothing and learns nothing. `shared_weight` is what a level says of whoever gives it,
    whatever the unit: without it a unit that is seldom rated says nothing at all.

    Ratings are int64 `[ratings, 3]`: the row of the batch, ascending, the unit, the level.
    """

    def __init__(self, units: int, levels: int, hidden: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(units, levels, hidden))
        self.shared_weight = nn.Parameter(torch.empty(levels, hidden))
        self.visible_bias = nn.Parameter(torch.empty(units, levels))
        self.hidden_bias = nn.Parameter(torch.empty(hidden))

    @property
    def levels(self) -> int:
        return self.weight.shape[1]

    def forward(self, ratings: Tensor, rows: int | None = None) -> Tensor:
        """The features `[rows, hidden]`: `p(h = 1 | ratings) = σ(c + Σ w[i, k])`. `rows` counts those behind the last rating."""
        return torch.sigmoid(self.hidden_input(ratings, rows))

    def hidden_input(self, ratings: Tensor, rows: int | None = None) -> Tensor:
        """What the hidden units receive, `[rows, hidden]`."""
        row, unit, level = ratings.unbind(1)
        count = rows if rows is not None else int(row.max()) + 1 if len(row) else 0
        ends = torch.bincount(row, minlength=count).cumsum(0)
        begins = torch.cat([ends.new_zeros(1), ends[:-1]])
        own = F.embedding_bag(unit * self.levels + level, self.weight.flatten(0, 1), begins, mode="sum")
        shared = self.level_counts(ratings, count) @ self.shared_weight
        return own.add(shared, alpha=SHARE).add(self.hidden_bias)

    def level_counts(self, ratings: Tensor, rows: int) -> Tensor:
        """How many ratings of each level a row has, `[rows, levels]`."""
        place = ratings[:, 0] * self.levels + ratings[:, 2]
        return torch.bincount(place, minlength=rows * self.levels).view(rows, self.levels).to(self.weight.dtype)

    def free_energy(self, ratings: Tensor, rows: int | None = None) -> Tensor:
        """`F(v) = −Σ b[i, k] − Σⱼ softplus(cⱼ + Σ wⱼ[i, k])`, `[rows]`."""
        x = self.hidden_input(ratings, rows)
        row, unit, level = ratings.unbind(1)
        biases = x.new_zeros(len(x)).index_add(0, row, self.visible_bias[unit, level])
        return -biases - F.softplus(x).sum(1)

    def level_logits(self, row: Tensor, unit: Tensor, hidden: Tensor) -> Tensor:
        """Of a unit of a row, the logits of its levels given the hidden units `[rows, hidden]`: `[len(row), levels]`."""
        shared = (hidden @ self.shared_weight.T).mul(SHARE)
        own = (
            self.weight.index_select(0, unit).mul_(hidden.index_select(0, row).unsqueeze(1)).sum(2)
        )  # for so small matrices quicker than `bmm`
        return own.add_(self.visible_bias[unit]).add_(shared[row])

    @torch.no_grad()
    def expected(self, row: Tensor, unit: Tensor, hidden: Tensor, values: Tensor) -> Tensor:
        """The mean of the levels' `values` under `p(level | hidden)` for some units of rows, `[len(row)]`."""
        parts = [torch.softmax(self.level_logits(row[s], unit[s], hidden), 1) @ values for s in self.stretches(len(row))]
        return torch.cat(parts) if parts else hidden.new_zeros(0)

    @torch.no_grad()
    def answers(self, asked: Tensor, hidden: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Of the ratings asked for, the mean of the levels' `values`, and `ln p(level | hidden)`, each `[len(asked)]`."""
        means, chances = hidden.new_empty(len(asked)), hidden.new_empty(len(asked))
        for stretch in self.stretches(len(asked)):
            row, unit, level = asked[stretch].unbind(1)
            logs = torch.log_softmax(self.level_logits(row, unit, hidden), 1)
            chances[stretch] = logs.gather(1, level.unsqueeze(1)).squeeze(1)
            means[stretch] = logs.exp_() @ values
        return means, chances

    @torch.no_grad()
    def sample_hidden(self, means: Tensor, generator: torch.Generator) -> Tensor:
        """0 or 1, a draw of its own for each unit of each row."""
        return (torch.rand(means.shape, generator=generator).to(means.device) < means).to(means.dtype)

    @torch.no_grad()
    def sample_visible(self, ratings: Tensor, hidden: Tensor, generator: torch.Generator) -> Tensor:
        """The same units of the same rows, each with a level drawn from `p(level | hidden)`."""
        lots = torch.rand(len(ratings), 1, generator=generator).to(hidden.device)
        drawn = ratings.clone()
        for stretch in self.stretches(len(ratings)):
            row, unit, _ = ratings[stretch].unbind(1)
            upto = torch.softmax(self.level_logits(row, unit, hidden), 1).cumsum(1)
            drawn[stretch, 2] = (upto < lots[stretch] * upto[:, -1:]).sum(1).clamp_(max=self.levels - 1)
        return drawn

    def stretches(self, count: int) -> Iterator[slice]:
        """So many ratings a few at a time, that what each of them is worked out from stays small."""
        size = max(1, NUMBERS // self.weight[0].numel())
        return (slice(start, min(count, start + size)) for start in range(0, count, size))

    def extra_repr(self) -> str:
        units, levels, hidden = self.weight.shape
        return f"units={units}, levels={levels}, hidden={hidden}"
