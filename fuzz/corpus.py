"""The texts that mutation begins with: the golden specs, the examples, the shipped specs, and very short ones."""

from __future__ import annotations

import functools
import re
from pathlib import Path

from specc.vocabulary.index import INDEX

REPOSITORY = Path(__file__).parents[1]
FOLDERS = ("tests/specs", "tests/syntax/examples", "specs")
ANSWER = re.compile(r"^# (error|warning)\[", re.MULTILINE)
LONGEST = 1200
"""Of a longer spec only pieces are taken: a mutant should cost a millisecond or two."""

FLAT = (
    "x = number; y = number",
    "x = number(scale = standard, impute = median); y = category",
    'x = category(encode = embedding(2)); y = category(labels = ["a", "b"])',
    '"p*" = number; y = category',
)
PICTURES = ("x = image([1, 8, 8]); y = category", "x = array([4, 6, 6]); y = number")
FLAT_LAYERS = (
    "dense(4, relu)",
    "dense a(4); tanh; dropout(0.5)",
    "repeat(2) { dense(3); batch_norm }",
    "each(k = [4, 8]) { dense($k) }",
    "dense a(4); dense b(4); add(a, b)",
    "twice(2 * 3); dense($n / 2)",
)
PICTURE_LAYERS = ("flatten; dense(4)", "conv2d(3, 3, padding = same); max_pool2d(2); flatten")
TRAINS = (
    "epochs = 1",
    "optimizer = adam(1e-3); batch = 32; schedule = cosine; epochs = 3",
    "phase a { epochs = 1; optimizer = sgd(0.1) }; phase b { epochs = 2 }",
)
DECLARED = "hyper { n = int(8) }\nblock twice(u) { dense($u); dense($u) }\n"


@functools.cache
def specs() -> tuple[str, ...]:
    """Every spec of the repository without the answers that golden ones carry, and made ones of a few lines."""
    texts = [
        ANSWER.split(path.read_text("utf-8"))[0] for folder in FOLDERS for path in sorted((REPOSITORY / folder).rglob("*.dn"))
    ]
    return (*short_specs(), *(text for text in texts if len(text) <= LONGEST))


@functools.cache
def pieces() -> tuple[str, ...]:
    """Single statements and sections: no specs, but each costs a tenth of one."""
    lines = {line for text in specs() for line in text.splitlines() if len(line.strip()) > 3 and len(line) <= 60}
    sections = {section for text in specs() for section in re.split(r"\n(?=[a-z])", text) if len(section) <= 90}
    return tuple(sorted(lines | sections))


@functools.cache
def short_specs() -> tuple[str, ...]:
    """Each kind of column with each piece of network and of training, some sixty characters a section. All of them check."""
    flat = [("features" if "x" not in columns else "x", columns, layers) for columns in FLAT for layers in FLAT_LAYERS]
    pictures = [("x", columns, layers) for columns in PICTURES for layers in PICTURE_LAYERS]
    return tuple(
        f'data {{ source = {"csv" if columns in FLAT else "npz"}("a.csv"); columns {{ {columns} }}; target = y }}\n'
        f"{DECLARED if 'twice' in layers else ''}network {{ input({taken}); {layers}; output(y) }}\ntrain {{ {train} }}\n"
        for taken, columns, layers in (*flat, *pictures)
        for train in TRAINS
    )


@functools.cache
def words() -> tuple[str, ...]:
    """Every word of the vocabulary."""
    return tuple(sorted({word for family in INDEX.values() for word in family}))
