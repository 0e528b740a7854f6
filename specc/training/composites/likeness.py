"""What two sets of rows have in common: how far apart they stand, how many repeat one another, whether they can be told apart."""

from __future__ import annotations

import torch
from torch import Tensor

WIDTHS = (1.0, 1 / 4, 1 / 16)
"""Of the classifier's kernels, in medians of the distance between two of its rows."""
RIDGE = 1.0
REPEATED = 0.1
"""The share of the usual distance to the nearest row, within which a row repeats another."""


def squared_distances(x: Tensor, y: Tensor) -> Tensor:
    """`‖x − y‖²` of all pairs of rows `[rows, numbers]`, in double precision."""
    x, y = x.double(), y.double()
    middle = y.mean(0)
    x, y = x - middle, y - middle
    return (x.square().sum(1)[:, None] + y.square().sum(1) - 2 * x @ y.T).clamp_(min=0)


def mean_distance(squares: Tensor, groups: Tensor) -> float:
    """The mean distance of two rows of the same group, by the squared distances `[rows, rows]`; NaN where no group has two."""
    pairs = (groups[:, None] == groups).fill_diagonal_(False)
    return float(squares.sqrt()[pairs].mean())


def repeated(generated: Tensor, real: Tensor) -> float:
    """The share of generated rows that repeat another, more than real rows do; of squared distances `[rows, rows]` each.

    A row repeats another where that is within `REPEATED` of the distance at which half of the real rows have their nearest.
    """
    usual = _nearest(real).median()
    shares = [float((_nearest(squares) < REPEATED**2 * usual).double().mean()) for squares in (generated, real)]
    return max(0.0, shares[0] - shares[1])


def _nearest(squares: Tensor) -> Tensor:
    """The squared distance of each row to the nearest other one."""
    return squares.clone().fill_diagonal_(torch.inf).min(1).values


def told_apart(real: Tensor, generated: Tensor) -> float:
    """How often a classifier that was trained on half of the rows of both kinds is right about the others; a draw is half right.

    Kernel ridge regression on ±1: `sign(K' (K + ridge · I)⁻¹ y)`, K the mean of gaussian kernels of three widths.
    """
    seen, others = torch.cat([real[::2], generated[::2]]), torch.cat([real[1::2], generated[1::2]])
    kinds, truth = (_kinds(len(x), len(y)) for x, y in ((real[::2], generated[::2]), (real[1::2], generated[1::2])))
    squares = squared_distances(seen, seen)
    usual = squares[squares > 0].median() if bool((squares > 0).any()) else torch.ones(())
    kernel = _kernel(squares, usual) + RIDGE * torch.eye(len(seen), dtype=torch.float64, device=seen.device)
    weights = torch.cholesky_solve(kinds.to(seen.device)[:, None], torch.linalg.cholesky(kernel))[:, 0]
    said = _kernel(squared_distances(others, seen), usual) @ weights
    agree = said * truth.to(said.device)
    return float((agree > 0).double().mean() + (agree == 0).double().mean() / 2)


def _kinds(real: int, generated: int) -> Tensor:
    return torch.cat([torch.ones(real), -torch.ones(generated)]).double()


def _kernel(squares: Tensor, usual: Tensor) -> Tensor:
    return torch.stack([torch.exp(-squares / (2 * width**2 * usual)) for width in WIDTHS]).mean(0)


def nearest_modes(rows: Tensor, centers: Tensor, reach: Tensor) -> Tensor:
    """The mode of each row `[rows]`: the nearest center `[modes, numbers]`, or −1 where that is beyond its reach `[modes]`."""
    squares, modes = squared_distances(rows, centers).min(1)
    return torch.where(squares <= reach[modes].square(), modes, -1)


def modes_of(rows: Tensor, labels: Tensor, count: int, share: float) -> tuple[Tensor, Tensor]:
    """The center of each label's rows `[count, numbers]`, and the distance `[count]` within which a share of them stands.

    A label without rows has a reach of −1, which nothing is within.
    """
    centers = torch.zeros(count, rows.shape[1], dtype=torch.float64, device=rows.device)
    reach = torch.full((count,), -1.0, dtype=torch.float64, device=rows.device)
    for label in range(count):
        own = rows[labels == label].double()
        if len(own):
            centers[label] = own.mean(0)
            reach[label] = torch.quantile((own - centers[label]).square().sum(1).sqrt(), share)
    return centers, reach
