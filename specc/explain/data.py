"""The pages of `specc explain` as JSON values."""

from __future__ import annotations

from typing import Any

from specc.explain.codes import Page, find_code, find_measure, find_structure_word
from specc.explain.fields import arguments_of
from specc.explain.words import PLACES, classes_of, doc_of, find_classes, first_sentence, owners_of, owners_of_choice
from specc.vocabulary.index import INDEX
from specc.vocabulary.part import Part

FORMAT_VERSION = 1


def data_of(name: str) -> dict[str, Any]:
    """What `explain` knows of a name: a code's page, or every word, family, argument and choice of that name."""
    if (page := find_code(name)) is not None:
        return {"format_version": FORMAT_VERSION, "code": page.name, **_page_data(page)}
    structure, measure = find_structure_word(name), find_measure(name)
    return {
        "format_version": FORMAT_VERSION,
        "name": name,
        "language": _page_data(structure) if structure else None,
        "measure": _page_data(measure) if measure else None,
        "words": [_word_data(part) for part in find_classes(name)],
        "family": [{"word": c.word, "text": first_sentence(c)} for c in classes_of(name)] if name in INDEX else [],
        "argument_of": [{"family": c.family, "word": c.word} for c in owners_of(name)],
        "value_of": [{"family": c.family, "word": c.word, "argument": argument} for c, argument in owners_of_choice(name)],
    }


def _page_data(page: Page) -> dict[str, Any]:
    snippets = [{"language": s.language, "label": s.label, "set": list(s.overrides), "text": s.text} for s in page.snippets]
    return {"title": page.title, "markdown": page.markdown, "snippets": snippets}


def _word_data(part: type[Part]) -> dict[str, Any]:
    text, example = doc_of(part)
    return {
        "family": part.family,
        "word": part.word,
        "aliases": list(part.aliases),
        "place": PLACES[part.family],
        "text": text,
        "example": example,
        "arguments": [
            {"name": a.name, "takes": a.takes, "limit": a.limit, "default": a.default or None, "required": a.required}
            for a in arguments_of(part)
        ],
    }
