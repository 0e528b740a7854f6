"""Mutations of texts that know what a token is: most mutants still parse, or nearly do."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from random import Random

from fuzz.corpus import pieces, short_specs, specs, words
from specc.vocabulary.index import INDEX

PIECE = re.compile(
    r'#[^\n]*|"[^"\n]*"|\$?[A-Za-z_][A-Za-z0-9_]*|[0-9][0-9_]*(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|\.\.|\s+|.', re.DOTALL
)
NUMBERS = (
    "0", "1", "-1", "2", "0.5", "1e-3", "1_000", "007", "1e308", "1e309", "-1e400", "1e-400", "9" * 18, "9" * 30, "9" * 399,
    "9" * 5000, "1e999999999", "0.0000001", "99999999999999999999.5", "4294967296", "2147483648", "1/0", "0/0", "7/3", "-0",
    "-0.0", "3 - 3", "1..2", "2..1", "2 * 1e308", "9223372036854775807", "1__0", "0x10", ".5", "5.", "1e", "٣",
)  # fmt: skip
STRINGS = (
    '""', '"*"', '"a.csv"', '"/etc/passwd"', '"../../a.csv"', '"~/a.csv"', '"https://a.b/c"', '"\\n"', '"\\\\"', '"\\""',
    '"\\q"', '"a\x1b[31mb"', '"\u202eabc"', '"\u2066x\u2069"', '"é"', '"\ud83d"', '"\U0001f600"', '"' + "a" * 300 + '"',
    '"a b"', '"$x"', '"{"', '"#"', "'a'", "“a”", "`a`", '"\x00"', '"\x7f"', '"\u200b"', '"\ufeff"', '"a/"', '"."', '".."',
    '"/dev/zero"', '"CON"', '"%0A::error::x"',
)  # fmt: skip
SIGNS = (
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "=",
    ",",
    ";",
    ".",
    "..",
    "$",
    "+",
    "-",
    "*",
    "/",
    "\n",
    " ",
    "# c\n",
    "#",
    '"',
    "\\",
    "==",
    "->",
    "**",
    "//",
)
STRAY = (
    "\x00", "\x01", "\x08", "\x1b[2J", "\x1b]0;t\x07", "\x7f", "\x85", "\x9b31m", "\u200b", "\u200e", "\u2028", "\u2029",
    "\u202a", "\u202e", "\u2066", "\u2069", "\ufeff", "\uffff", "\ud800", "\U000e0001", "é", "ß", "Ａ", "ℵ", "٣", "𝟙", "²",
    "\u0301", "🙂", "\t", "\r", "\x0b", "\x0c", "\xa0", "%", ":", "&", "|", "<", ">", "!", "?", "@", "'", "“", "`", "~", "^",
)  # fmt: skip
NAMES = (
    "x",
    "y",
    "features",
    "it",
    "a",
    "b",
    "n",
    "k",
    "train",
    "validation",
    "input",
    "data",
    "block",
    "repeat",
    "each",
    "true",
    "false",
    "none",
    "_",
    "A9",
)
SETTINGS = (
    "train.epochs",
    "train.optimizer",
    "train.batch",
    "train.seed",
    "data.source",
    "data.columns.x",
    "n",
    "train.loss",
    "network",
    "x.y.z",
    "",
)
Change = Callable[[list[str], Random], None]


def mutant(random: Random) -> tuple[str, list[str]]:
    """A text to try, and `--set` arguments, which one in ten has.

    One in fifty is noise; four of five begin as a piece of a spec.
    """
    kind = random.random()
    if kind < 0.02:
        text = _noise(random)
    else:
        text = mutated(random.choice(pieces() if kind < 0.8 else short_specs() if kind < 0.98 else specs()), random)
    return text, [_override(random) for _ in range(random.randint(1, 2))] if random.random() < 0.1 else []


def mutated(text: str, random: Random) -> str:
    """The text with a few changes: none in one of twenty, many in one of twenty. Half of the texts keep their brackets."""
    pieces = PIECE.findall(text)
    count = random.choices((0, 1, 2, 3, random.randint(4, 20)), (5, 55, 25, 10, 5))[0]
    weights = random.choice((WEIGHTS, GENTLE))
    for _ in range(count):
        if pieces:
            random.choices(CHANGES, weights)[0](pieces, random)
    return "".join(pieces)[:20_000]


def _somewhere(pieces: list[str], random: Random) -> int:
    """A place that is no space, where there is one."""
    place = random.randrange(len(pieces))
    return place + 1 if pieces[place].isspace() and place + 1 < len(pieces) else place


def _stretch(pieces: list[str], random: Random, longest: int = 12) -> slice:
    start = random.randrange(len(pieces))
    return slice(start, start + random.randint(1, longest))


def _like(piece: str, random: Random) -> str:
    """Something of the same kind."""
    if piece[:1].isdigit():
        return random.choice(NUMBERS) if random.random() < 0.4 else str(random.choice((1, 2, 3, 4, 8, 0.1, 0.5, 0.01)))
    if piece[:1] == '"':
        return random.choice(STRINGS)
    if piece[:1] == "$":
        return "$" + random.choice(NAMES)
    if piece[:1].isalpha() or piece[:1] == "_":
        return random.choice(_family(piece)) if random.random() < 0.7 else random.choice(random.choice((NAMES, words())))
    return random.choice(SIGNS)


@functools.cache
def _family(word: str) -> tuple[str, ...]:
    """The words that may stand where this one does, as far as its family tells."""
    families = [tuple(family) for family in INDEX.values() if word in family]
    return families[0] if families else words()


def replace_by_its_like(pieces: list[str], random: Random) -> None:
    place = _somewhere(pieces, random)
    pieces[place] = _like(pieces[place], random)


def replace_by_another_kind(pieces: list[str], random: Random) -> None:
    pieces[_somewhere(pieces, random)] = random.choice(random.choice((NUMBERS, STRINGS, SIGNS, NAMES, words())))


def delete(pieces: list[str], random: Random) -> None:
    del pieces[_stretch(pieces, random, random.choice((1, 3, 12)))]


def duplicate(pieces: list[str], random: Random) -> None:
    stretch = _stretch(pieces, random)
    pieces[stretch.stop : stretch.stop] = pieces[stretch] * random.choice((1, 1, 2, 5))


def swap(pieces: list[str], random: Random) -> None:
    a, b = _somewhere(pieces, random), _somewhere(pieces, random)
    pieces[a], pieces[b] = pieces[b], pieces[a]


def insert_sign(pieces: list[str], random: Random) -> None:
    pieces.insert(random.randrange(len(pieces) + 1), random.choice(SIGNS))


def insert_stray(pieces: list[str], random: Random) -> None:
    pieces.insert(random.randrange(len(pieces) + 1), random.choice(STRAY))


def insert_inside(pieces: list[str], random: Random) -> None:
    """A stray character inside of a word or string."""
    place = _somewhere(pieces, random)
    cut = random.randint(0, len(pieces[place]))
    pieces[place] = pieces[place][:cut] + random.choice(STRAY) + pieces[place][cut:]


def splice(pieces: list[str], random: Random) -> None:
    """A stretch of another spec."""
    other = PIECE.findall(random.choice(specs()))
    if other:
        pieces[random.randrange(len(pieces)) : 0] = other[_stretch(other, random, 25)]


def change_statement(pieces: list[str], random: Random) -> None:
    """A whole statement taken away, doubled or moved."""
    ends = [place for place, piece in enumerate(pieces) if "\n" in piece or piece == ";"]
    if len(ends) < 2:
        return
    first = random.randrange(len(ends) - 1)
    stretch = slice(ends[first] + 1, ends[first + 1] + 1)
    statement = pieces[stretch]
    if random.random() < 0.6:
        del pieces[stretch]
    if random.random() < 0.6:
        place = random.choice(ends) + 1
        pieces[place:place] = statement


def change_line_ends(pieces: list[str], random: Random) -> None:
    """Spaces that become ends of lines, and the reverse: what the formatter must not trip over."""
    spaces = [place for place, piece in enumerate(pieces) if piece.isspace() or piece == ";"]
    for place in random.sample(spaces, min(len(spaces), random.randint(1, 6))):
        pieces[place] = random.choice(("\n", " ", "", "\n\n\n", ";", " # c\n", "\n#\n", "\t", ";;\n", "\r\n"))


def nest(pieces: list[str], random: Random) -> None:
    """Brackets around a stretch, sometimes more of them than are allowed."""
    stretch = _stretch(pieces, random)
    opening, closing = random.choice(
        (
            "()",
            "[]",
            "{}",
            ("-", ""),
            ("f(", ")"),
            ("repeat(3) {", "}"),
            ("repeat(3) {", "}"),
            ("repeat(1500) {", "}"),
            ("a {", "}"),
        )
    )
    depth = random.choice((1, 1, 1, 1, 1, 2, 2, 5, 5, 40, 64, 65, 300))
    pieces[stretch] = [opening] * depth + pieces[stretch] + [closing] * depth


def grow(pieces: list[str], random: Random) -> None:
    """Arithmetic and lists that are long, loops that multiply."""
    place = _somewhere(pieces, random)
    long = random.choice((20, 20, 20, 100, 400))
    kinds = (
        pieces[place] + " + 1" * long,
        f"[{', '.join(['1'] * long)}]",
        "1" + " * 10" * long,
        "repeat(1000) { repeat(1000) { repeat(1000) { dense(2) } } }",
        "each(k = [1, 2], k = [3, 4]) { dense($k) }",
        "\n".join(f"dense d{i}(2)" for i in range(long // 4)),
    )
    pieces[place] = random.choice(kinds)


CHANGES: list[Change] = [
    replace_by_its_like,
    replace_by_another_kind,
    delete,
    duplicate,
    swap,
    insert_sign,
    insert_stray,
    insert_inside,
    splice,
    change_statement,
    change_line_ends,
    nest,
    grow,
]
WEIGHTS = [30, 6, 8, 6, 6, 4, 2, 2, 8, 10, 10, 3, 1]
GENTLE = [60, 0, 0, 0, 2, 0, 0, 0, 0, 12, 0, 0, 0]


def _noise(random: Random) -> str:
    kinds = (
        lambda: bytes(random.randrange(256) for _ in range(random.randint(0, 60))).decode("utf-8", "replace"),
        lambda: "".join(random.choice(random.choice((SIGNS, STRAY, NAMES, NUMBERS[:9]))) for _ in range(random.randint(0, 60))),
        lambda: "".join(chr(random.randrange(0x110000)) for _ in range(random.randint(0, 40))),
    )
    return random.choice(kinds)()


def _override(random: Random) -> str:
    """A `--set` argument, mostly of the right form."""
    value = random.choice(
        random.choice((NUMBERS, STRINGS, words(), NAMES, ("[1, 2]", "adam(1e-3)", "1..2", "$n", "a = b", "1; 2")))
    )
    text = f"{random.choice(SETTINGS)}{random.choice(('=', '=', '=', ' = ', '', '=='))}{value}"
    return text if random.random() < 0.9 else mutated(text, random)
