"""What a message proposes instead of a word that is not known or a value of the wrong type."""

from __future__ import annotations

from collections.abc import Iterable

from specc.checking.fields import Accepts, article
from specc.checking.values import Scope
from specc.checking.wording import example_of, written
from specc.diagnostics import did_you_mean, listing
from specc.syntax.tree import List, Name, Number, String, Value
from specc.vocabulary.elsewhere import meant_elsewhere
from specc.vocabulary.part import ALIASES, INDEX, every_class, find_word, words_of

SHOWN_BY_EXAMPLE = ("schedule", "regularizer", "clipping", "averaging", "stopping", "keeping", "objective", "optimizer")
"""The families whose settings are more than a word, so that an example says most."""
MOST_LISTED = 16
NOTHING = ("None", "none", "null", "nil")


def instead_of_word(word: str, family: str, more: Iterable[str] = ()) -> str:
    """What to write in place of a word that neither `family` nor `more` has."""
    known = [*words_of(family), *more]
    meant = meant_elsewhere(word, known) or did_you_mean(word, known)
    elsewhere = [f for f in INDEX if word in INDEX[f] and f not in ("section", family)]
    shown = [w for w in known if w not in ALIASES.get(family, {})]
    if word in NOTHING:
        return "write `never`" if "never" in known else "leave the argument out: that is what nothing means"
    if meant:
        return f"did you mean `{meant}`?"
    if family == "freezing":
        parts = "…" if word in ("true", "false") else word
        return f"as in `always(parts = [{parts}])` or `until(epoch = 3, parts = [{parts}])`"
    if elsewhere:
        return f"`{word}` is {article(elsewhere[0])} {elsewhere[0]}, which does not fit here"
    if len(shown) > MOST_LISTED:
        return f"`specc explain {family}` lists them"
    if len(shown) == 1:
        only = find_word(family, shown[0])
        return f"as in `{example_of(only)}`" if only is not None else ""
    return f"there are {listing(shown, 'and')}"


def word_like(value: Value, accepts: Accepts) -> str | None:
    """A word that may stand in a field and that a bare name nearly is."""
    words = [*known_words(accepts), *(("true", "false") if accepts.boolean else ())]
    return did_you_mean(value.text, words) if isinstance(value, Name) and words else None


def instead_of_value(value: Value, accepts: Accepts, scope: Scope) -> str:
    """How to write a value of the wrong type so that a field takes it; "" where nothing is likely."""
    families = [family.family for family in accepts.families]
    match value:
        case String():
            return _instead_of_string(value.value, accepts, families)
        case Name() if accepts.text or accepts.reference == "path":
            return f'put it in quotes: `"{value.text}"`'
        case Number() if families == ["freezing"]:
            return f"write `until(epoch = {written(value.value)})`"
        case Number() if families == ["imputation"]:
            return f"write `constant({value.value})`"
        case Number() | List() if not accepts.number and (example := _example(accepts)):
            return f"as in `{example}`"
        case Number() if accepts.text:
            return f'put it in quotes: `"{value.value}"`'
        case Name() if scope.find(value.text):
            return f"did you mean `${value.text}`?"
    return ""


def _instead_of_string(text: str, accepts: Accepts, families: list[str]) -> str:
    if accepts.integer or accepts.number:
        return "write the number without quotes"
    if families == ["source"]:
        return f'name its kind: `csv("{text}")`'
    if accepts.choices or families or accepts.boolean or (accepts.item and accepts.item.families):
        return f"write it without quotes: `{text}`" if text.isidentifier() else ""
    return f'write a list: `["{text}"]`' if accepts.item is not None and accepts.item.text else ""


def known_words(accepts: Accepts) -> list[str]:
    """The words that a field knows by itself."""
    return [*accepts.choices, *(word for family in accepts.families for word in words_of(family.family))]


def _example(accepts: Accepts) -> str:
    """The example of the first word that may stand in a field with words of a family of settings."""
    families = accepts.families or (accepts.item.families if accepts.item else ())
    return next((example_of(every_class(f.family)[0]) for f in families if f.family in SHOWN_BY_EXAMPLE), "")
