"""Numbers, times and names of measures as people read them."""

from __future__ import annotations

import math

SHORT = {"root_mean_squared_error": "rmse", "mean_absolute_error": "mae"}


def number(value: float | None) -> str:
    """Four decimals, fewer of large numbers; `-` for what is not defined."""
    if value is None or not math.isfinite(value):
        return "-"
    size = abs(value)
    if size >= 1e9 or 0 < size < 1e-3:
        return f"{value:.3e}"
    return f"{value:,.0f}" if size >= 1e4 else f"{value:,.1f}" if size >= 1e2 else f"{value:.4f}"


def short(name: str) -> str:
    """Long names of measures as everyone says them."""
    column, dot, word = name.rpartition(".")
    return column + dot + SHORT.get(word, word)


def spoken(name: str) -> str:
    """A measure's name as words: `mean absolute error`, `price: r2`."""
    column, dot, word = name.rpartition(".")
    return (f"{column}: " if dot else "") + word.replace("_", " ")


def of_epochs(epoch: int, total: int | None) -> str:
    """` 3/60`, or `3` where a phase counts steps."""
    return f"{epoch:>{len(str(total))}}/{total}" if total is not None else str(epoch)


def took(seconds: float) -> str:
    """`0.4 s`, `12 s`, `3:05`, `1:02:03`."""
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
