"""Numbers, times and names of measures as people read them."""

from __future__ import annotations

import math
from typing import Any

SHORT = {"root_mean_squared_error": "rmse", "mean_absolute_error": "mae"}
REVERSE, ERROR = "_reverse", "_error"
"""What the names of an estimate from the other side, and of an estimate's standard error, end with."""


def number(value: float | None) -> str:
    """Four decimals, fewer of large numbers, none of counts; `-` for what is not defined."""
    if value is None or not math.isfinite(value):
        return "-"
    if isinstance(value, int):
        return f"{value:,}"
    size = abs(value)
    if size >= 1e9 or 0 < size < 1e-3:
        return f"{value:.3e}"
    return f"{value:,.0f}" if size >= 1e4 else f"{value:,.1f}" if size >= 1e2 else f"{value:.4f}"


def readable(measured: dict[str, Any]) -> dict[str, str]:
    """What was measured by name, as people read it; an estimate with its standard error: `-129.10 ± 0.17`."""
    found = {}
    for name, value in measured.items():
        if isinstance(value, list | str | bool) or is_error(name, measured):
            continue
        estimate = name.removesuffix(REVERSE)
        error = measured.get(estimate + ERROR) if estimate in measured else None
        if not isinstance(error, float) or not math.isfinite(error) or error <= 0 or value is None or not math.isfinite(value):
            found[name] = number(value)
            continue
        decimals = min(4, max(0, 1 - math.floor(math.log10(error))))
        found[name] = f"{value:,.{decimals}f}" + (f" ± {error:.{decimals}f}" if name == estimate else "")
    return found


def is_error(name: str, measured: dict[str, Any]) -> bool:
    """Whether a number is the standard error of another one."""
    return name.endswith(ERROR) and name.removesuffix(ERROR) in measured


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
