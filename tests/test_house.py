"""The house holds: data flows one way, a check imports little, every word is in the index and explains itself."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from specc.syntax.grammar import build_tables, grammar_folder
from specc.vocabulary.index import DERIVED, INDEX
from specc.vocabulary.part import REGISTRY

REPOSITORY = Path(__file__).parents[1]
PACKAGE = REPOSITORY / "specc"
MODULES = {".".join(path.relative_to(REPOSITORY).with_suffix("").parts): path for path in sorted(PACKAGE.rglob("*.py"))}
HEAVY = {
    "torch",
    "numpy",
    "onnx",
    "onnx_ir",
    "onnxruntime",
    "polars",
    "PIL",
    "matplotlib",
    "rich",
    "safetensors",
    "optuna",
    "pydantic",
}

FRONT = (
    "records",
    "shapes",
    "diagnostics",
    "syntax",
    "vocabulary",
    "ir",
    "infer",
    "door",
    "defaults",
    "checking",
    "loading",
    "costs",
    "memory",
    "parts",
    "phrases",
    "stored",
    "members",
    "machines",
    "reconstructing",
    "composites",
    "ends",
    "grafting",
    "observing",
    "unrolled",
)
"""The front half: text to IR."""
MAY_IMPORT = {
    "diagnostics": ("diagnostics",),
    "records": ("records",),
    "shapes": ("records", "shapes"),
    "syntax": ("diagnostics", "syntax"),
    "vocabulary": ("records", "shapes", "vocabulary"),
    "ir": ("diagnostics", "records", "shapes", "vocabulary", "ir"),
    "costs": ("shapes", "ir", "vocabulary", "diagnostics"),
    "members": ("ir", "unrolled", "vocabulary"),
    "ends": ("ir", "shapes", "vocabulary"),
    "unrolled": ("ends", "ir", "vocabulary"),
    "composites": ("door", "ir", "shapes", "vocabulary"),
    "machines": ("ir", "shapes", "vocabulary"),
    "observing": ("door", "ir", "vocabulary"),
    "checking": (
        *("records", "shapes", "diagnostics", "syntax", "vocabulary"),
        *(
            "ir",
            "infer",
            "door",
            "defaults",
            "costs",
            "members",
            "machines",
            "composites",
            "observing",
            "unrolled",
            "ends",
            "grafting",
            "checking",
        ),
    ),
}
"""Which folders and files of the front half know which others."""
FORBIDDEN = {
    "data": {
        "torch",
        "onnx",
        "onnx_ir",
        "onnxruntime",
        "specc.pytorch",
        "specc.onnx",
        "specc.training",
        "specc.runs",
        "specc.cli",
    },
    "onnx": {"torch", "specc.pytorch", "specc.training", "specc.runs", "specc.cli"},
    "pytorch": {"onnx", "onnx_ir", "onnxruntime", "specc.onnx", "specc.training", "specc.runs", "specc.cli"},
    "training": {"onnx", "onnx_ir", "onnxruntime", "specc.onnx", "specc.runs", "specc.cli"},
    "runs": {"specc.cli"},
}
"""What the folders of the back half must not know."""
EXCEPT = {"specc.data.sources.samples": {"specc.onnx.session"}}
"""Rows that another run makes come from its ONNX file, which onnxruntime alone opens: without torch, as all data is read."""


def imports_of(path: Path) -> Iterator[tuple[str, bool]]:
    """The modules that a file imports, each with whether only a type checker does."""
    tree = ast.parse(path.read_text("utf-8"))
    for_types = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node in for_types) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports by a relative path"
            yield from ((f"{node.module}.{alias.name}", node in for_types) for alias in node.names)


def within(name: str, modules: set[str]) -> bool:
    return any(name == module or name.startswith(module + ".") for module in modules)


def files_of(folder: str) -> dict[str, Path]:
    return {name: path for name, path in MODULES.items() if within(name, {f"specc.{folder}"})}


@pytest.mark.parametrize("folder", FRONT)
def test_the_front_half_imports_nothing_heavy(folder: str) -> None:
    for name, path in files_of(folder).items():
        for imported, _ in imports_of(path):
            assert not within(imported, HEAVY), f"{name} imports {imported}"


@pytest.mark.parametrize("folder", FRONT)
def test_the_front_half_knows_nothing_of_the_back_half(folder: str) -> None:
    back = {f"specc.{back}" for back in ("data", "pytorch", "onnx", "training", "runs", "cli")}
    lazily = {"specc.loading": {"specc.data"}}  # `bind_spec` opens the data when it is called
    for name, path in files_of(folder).items():
        for imported, for_types in imports_of(path):
            known = for_types or within(imported, lazily.get(name, set()))
            assert known or not within(imported, back), f"{name} imports {imported}"


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_the_front_half_flows_one_way(folder: str) -> None:
    allowed = {f"specc.{other}" for other in MAY_IMPORT[folder]}
    for name, path in files_of(folder).items():
        for imported, _ in imports_of(path):
            assert not within(imported, {"specc"}) or within(imported, allowed), f"{name} imports {imported}"


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_the_back_half_flows_one_way(folder: str) -> None:
    for name, path in files_of(folder).items():
        for imported, for_types in imports_of(path):
            known = for_types or within(imported, EXCEPT.get(name, set()))
            assert known or not within(imported, FORBIDDEN[folder]), f"{name} imports {imported}"


def test_every_folder_is_spoken_of() -> None:
    """A new folder must find its place in the order."""
    folders = {name.split(".")[1] for name in MODULES if name.count(".") >= 1 and not name.endswith(("__init__", "__main__"))}
    told = {*FRONT, *FORBIDDEN, "cli", "showing", "drawing", "explain", "new", "api", "about", "writing", "newest"}
    assert folders <= told, folders - told


@pytest.mark.parametrize(
    "arguments", [["check", "specs/iris.dn"], ["fmt", "--check", "specs/iris.dn"], ["check", "--json", "specs/iris.dn"]]
)
def test_short_commands_import_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys\n"
        "from specc.cli.main import main\n"
        f"sys.argv = ['specc', *{arguments!r}]\n"
        "try:\n    main()\n"
        "except SystemExit as end:\n    assert not end.code, end.code\n"
        f"loaded = sorted({HEAVY!r} & set(sys.modules))\n"
        "sys.exit(f'imports {loaded}' if loaded else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=REPOSITORY, check=False)
    assert done.returncode == 0, done.stderr


def test_a_check_imports_only_the_words_that_the_spec_uses() -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom specc.loading import load_spec\n"
        "load_spec(Path('specs/iris.dn'))\n"
        "print(*sorted(name for name in sys.modules if name.startswith('specc.vocabulary.')))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=REPOSITORY, check=True)
    loaded = set(done.stdout.split())
    assert {"specc.vocabulary.layers.dense", "specc.vocabulary.optimizers"} <= loaded
    unused = {"specc.vocabulary.schedules", "specc.vocabulary.initializers", "specc.vocabulary.layers.pooling"}
    assert not loaded & unused


def test_the_tables_are_those_of_the_grammar() -> None:
    """The parser's tables beside the grammar belong to it. `UPDATE_GOLDEN=1` builds them anew."""
    import json

    import lark

    grammar = (grammar_folder() / "dn.lark").read_text("utf-8")
    file = grammar_folder() / "dn.tables.json"
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(build_tables(grammar), "utf-8")
    tables = json.loads(file.read_text("utf-8"))
    assert (tables["lark"], tables["grammar"]) == (lark.__version__, grammar)


def test_the_index_names_exactly_the_words_there_are() -> None:
    for path in files_of("vocabulary").values():
        __import__(".".join(path.relative_to(REPOSITORY).with_suffix("").parts))
    for family, classes in REGISTRY.items():
        own = {c for c in classes.values() if c.__module__.startswith("specc.")}
        words = {word: c.__module__.removeprefix("specc.vocabulary.") for c in own for word in (c.word, *c.aliases)}
        assert (DERIVED if family == "derived" else INDEX.get(family, {})) == words, family


def test_only_the_sweep_knows_optuna() -> None:
    for name, path in MODULES.items():
        for imported, _ in imports_of(path):
            knows = within(name, {"specc.runs.sweep", "specc.cli.trials", "specc.cli.found"})
            assert knows or not within(imported, {"optuna", "sqlalchemy"}), f"{name} imports {imported}"
