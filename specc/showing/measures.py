"""Numbers as people read them: counts, bytes, measured values."""

from __future__ import annotations

from specc.costs import BYTES, Cost
from specc.shapes import Size


def cost_cells(cost: Cost) -> tuple[str, str, str]:
    """Parameters, multiply-adds and memory as people read them."""
    return count(cost.parameters), count(cost.multiply_adds), memory(cost.numbers)


def count(size: Size, unit: str = "") -> str:
    """`4,160`; of a size that the data decides the whole term, or of a long one what is known: `512 + …`."""
    if isinstance(size, int):
        return f"{size:,}{unit}"
    text = str(size)
    if len(text) <= 22 and "…" not in text:
        return f"{text}{unit}"
    known = size.terms.get("", 0)
    return f"{known:,}{unit} + …" if known > 0 else "…"


def memory(numbers: Size) -> str:
    """Bytes of float32 numbers: `64 B`, `1.6 KiB`, `12 MiB`."""
    size = numbers * BYTES
    if not isinstance(size, int):
        return count(size, " B")
    value, units = float(size), ["B", "KiB", "MiB", "GiB", "TiB"]
    while value >= 1024 and len(units) > 1:
        value, units = value / 1024, units[1:]
    return f"{value:.0f} {units[0]}" if value >= 100 or units[0] == "B" else f"{value:.1f} {units[0]}"


def short(value: float | int | None) -> str:
    """A measured number with four digits: `29.88`, `0.1534`, `1.2e-7`, `81,291`."""
    if value is None:
        return ""
    if isinstance(value, int) or (float(value).is_integer() and abs(value) < 1e15):
        return f"{int(value):,}"
    if 1e4 <= abs(value) < 1e15:
        return f"{value:,.0f}"
    text = f"{value:.4g}"
    mantissa, e, exponent = text.partition("e")
    return f"{mantissa}e{int(exponent)}" if e else text
