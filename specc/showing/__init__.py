"""What a spec says and does, for people: its layers, data, training, and every default that was filled in."""

from __future__ import annotations

from specc.showing.facts import as_json, facts_of
from specc.showing.html import as_html

__all__ = ["as_html", "as_json", "facts_of"]
