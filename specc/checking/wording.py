"""Values and words as messages show them."""

from __future__ import annotations

from typing import Any

from specc.syntax.tree import Call, List, Name, Number, Range, String, Value
from specc.vocabulary.part import Part

NOUNS = {
    "column": "column type",
    "imputation": "imputed value",
    "hyperparameter": "type of hyperparameter",
    "stopping": "way of stopping",
    "keeping": "way of keeping weights",
    "pruning": "way of pruning",
    "freezing": "way of freezing",
    "averaging": "average of weights",
    "clipping": "way of clipping",
    "units": "kind of units",
    "smoothing": "way of smoothing labels",
    "instance_noise": "noise",
    "penalty": "penalty",
    "sampling": "time to sample",
}


def written(value: Any) -> str:
    """A value as the spec would write it."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, tuple):
        return f"[{', '.join(map(written, value))}]"
    if isinstance(value, Part):
        return f"`{value.word}`"
    return f'"{value}"' if isinstance(value, str) else str(value)


def article_of(word: str) -> str:
    return "an" if word[:1] in "aeio" else "a"


def what_is(value: Value) -> str:
    match value:
        case Number():
            return f"{value.value}"
        case String():
            return f'the string "{value.value}"'
        case Name():
            return f"`{value.text}`"
        case Call():
            return f"`{value.word}(…)`"
        case List():
            return "a list"
        case Range():
            return "a range"
        case _:
            return "this"


def example_of(part: type[Part]) -> str:
    """The example of a word's docstring."""
    _, _, example = (part.__doc__ or "").partition("Example: `")
    return example.partition("`\n")[0].rstrip().removesuffix("`")
