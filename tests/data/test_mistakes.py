"""What is said of data that does not fit: code, marked text, message, rows concerned, way out."""

from __future__ import annotations

import gzip
import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from tests.data.binding import (
    Files,
    halves,
    idx_file,
    idx_folder,
    mistakes,
    npz_file,
    parquet_file,
    png_file,
    spec_of,
    table,
    write,
)

GOLDEN = Path(__file__).with_name("mistakes.json")
XY = "x = number; y = category"
IMAGE = "image = image([1, 4, 4], scale = unit); y = category"
PICTURES = np.random.default_rng(0).integers(0, 256, (30, 4, 4), dtype=np.uint8)
LABELS = np.arange(30) % 3
IDX = idx_folder(PICTURES, LABELS)
GROUPS = table(20, lambda i: f"{i},{'ab'[i % 2]},{i // 10 or ''}", "x,y,g")
FOLDER = {f"f/{name}/{i}.png": png_file(PICTURES[i]) for name in "ab" for i in range(10)}
TWENTY = {"x": list(range(20)), "y": ["a", "b"] * 10}


class Case(NamedTuple):
    text: str
    files: Files


def csv(content: str | bytes, columns: str = XY, options: str = "", split: str = "", train: str = "epochs = 1") -> Case:
    return Case(spec_of(columns, f'csv("t.csv"{options})', split=split, train=train), {"t.csv": content})


def of_images(source: str, files: Files, columns: str = IMAGE, train: str = "epochs = 1", split: str = "") -> Case:
    return Case(spec_of(columns, source, takes="image", train=train, split=split), files)


def npz(columns: str = IMAGE, takes: str = "image", **arrays: np.ndarray) -> Case:
    return Case(spec_of(columns, 'npz("n.npz")', takes=takes), {"n.npz": npz_file(**arrays)})


def parquet(content: bytes, columns: str = XY) -> Case:
    return Case(spec_of(columns, 'parquet("t.parquet")'), {"t.parquet": content})


def idx(columns: str = IMAGE, train: str = "epochs = 1", split: str = "", **changed: bytes | None) -> Case:
    """The idx folder with files replaced or, by None, taken away; `_` stands for `-` in their names."""
    names = {name.replace("_", "-").replace("-gz", ".gz"): content for name, content in changed.items()}
    files: Files = {name: content for name, content in IDX.items() if name.removeprefix("m/") not in names}
    files |= {f"m/{name}": content for name, content in names.items() if content is not None}
    return of_images('idx("m")', files, columns, train, split)


REBUILT = "autoencoder {{ encoder {{ input(features); dense(2) }}; decoder {{ dense(3, sigmoid) }} }}\n"
REBUILT += "train {{ loss = {}; epochs = 1 }}\n"


def machine(row: Callable[[int], str], columns: str, units: str = "", split: str = "", model: str = "") -> Case:
    """An rbm, or another model, that sees columns of a table; `row` makes the text of a line."""
    split = f"split = {split}" if split else ""
    data = f'data {{ source = csv("t.csv"); columns {{ {columns} }}; {split} }}\n'
    text = data + (model or f"rbm {{ visible(features{units}); hidden(4) }}\ntrain {{ epochs = 1 }}\n")
    return Case(text, {"t.csv": table(20, row, "w0,w1,w2,w3,w4")})


CASES: dict[str, Case] = {
    "the file is not there": Case(spec_of(XY, 'csv("data/tt.csv")'), {"data/t.csv": halves(20)}),
    "its folder is not there": Case(spec_of(XY, 'csv("dta/t.csv")'), {"data/t.csv": halves(20)}),
    "a folder where a file is due": Case(spec_of(XY, 'csv("m")'), IDX),
    "a file where a folder is due": of_images('idx("t.csv")', {"t.csv": halves(20)}),
    "a row with more fields, one with fewer": csv(halves(20) + "1,2,3\n4\n"),
    "a header with fewer names than fields": csv(table(20, lambda i: f"{i},{'ab'[i % 2]},9")),
    "fewer columns declared than fields": csv(
        halves(20).partition("\n")[2], "x = number; y = category; z = number", ", header = false"
    ),
    "a quote not closed": csv(halves(20) + '1,"a\n2,b\n'),
    "text after a closing quote": csv(halves(20) + '1,"a"q\n'),
    "marks in a number column": csv(halves(20) + "?,a\nNA,b\n"),
    "words in a number column": csv(table(20, lambda i: f"word{i},{'ab'[i % 2]}")),
    "digits grouped": csv(halves(20) + "1_000,a\n"),
    "decimal commas": csv(table(20, lambda i: f"{i},5;{'ab'[i % 2]}", "x;y"), options=', delimiter = ";"'),
    "a number of too many digits": csv(halves(20) + "1e400,a\n"),
    "a number too large for the network": csv(halves(20) + "-1e300,a\n"),
    "a header and no rows": csv("x,y\n"),
    "an empty file": csv(""),
    "a column not in the file": csv(halves(20), "width = number; y = category"),
    "a column misspelt": csv(halves(20), "x = number; yy = category; y = category"),
    "a pattern that nothing fits": csv(halves(20), '"pixel*" = number; x = number; y = category'),
    "a pattern that nothing is left for": csv(halves(20), '"*" = number; x = number; y = category'),
    "another delimiter": csv(halves(20).replace(",", ";")),
    "tabs": csv(halves(20).replace(",", "\t")),
    "no header": csv(halves(20).partition("\n")[2]),
    "a pattern without a header": csv(halves(20).partition("\n")[2], '"*" = number; y = category', ", header = false"),
    "a pattern over the first row": csv(table(20, lambda i: f"{i},{i - 3},{i % 2}", "0,-3,1"), '"*" = number'),
    "names twice": csv(table(20, lambda i: f"{i},{'ab'[i % 2]},{i}", "x,y,x")),
    "cp1252": csv(halves(20).encode() + b"1,caf\xe9\n"),
    "utf-16": csv(halves(20).encode("utf-16")),
    "a binary file": csv(bytes(range(256))),
    "gzip cut off": csv(gzip.compress(halves(2000).encode())[:-100]),
    "gzip damaged": csv(
        gzip.compress(halves(2000).encode(), mtime=0)[:40] + b"\xff" * 40 + gzip.compress(halves(2000).encode())[80:]
    ),
    "a missing number": csv(halves(20) + ",a\n,b\n,a\n,b\n,a\n"),
    "a missing label": csv(table(20, lambda i: f"{'pq '[i % 3]},{'ab'[i % 2]}"), "x = category; y = category"),
    "a missing target": csv(halves(20) + "1,\n2,\n"),
    "an empty column": csv(table(20, lambda i: f",{'ab'[i % 2]}")),
    "an empty column to impute": csv(table(20, lambda i: f",{'ab'[i % 2]}"), "x = number(impute = mean); y = category"),
    "no value in the training rows": csv(
        table(20, lambda i: f"{i if i > 9 else ''},{'ab'[i % 2]},{i // 10}", "x,y,g"),
        "x = number(impute = mean); y = category",
        split="column(g, train = [0], test = [1])",
    ),
    "every row dropped": csv(table(20, lambda i: f",{'ab'[i % 2]}"), "x = number(missing = drop); y = category"),
    "a label not listed": csv(halves(20), 'x = number; y = category(labels = ["a", "c"])'),
    "a single label": csv(table(20, lambda i: f"{i},a")),
    "below log1p": csv(halves(20) + "-1,a\n-3,b\n", "x = number(transform = log1p); y = category"),
    "a label with a single row": csv(halves(20) + "3,c\n"),
    "stratified by numbers": csv(halves(20), split="random(train = 0.5, test = 0.5, stratify = x)"),
    "fewer rows than sets": csv("x,y\n1,2\n2,3\n", "x = number; y = number"),
    "fewer groups than sets": csv(GROUPS.replace(",\n", ",0\n"), split="random(group = g)"),
    "a row without a group": csv(GROUPS, split="random(group = g)"),
    "a group column not in the file": csv(halves(20), split="random(group = patient)"),
    "a value of the split that no row has": csv(GROUPS, split="column(g, train = [1], test = [7])"),
    "no training rows": of_images(
        'images("f")', {name.replace("f/", f"f/{s}/"): c for s in ("val", "test") for name, c in FOLDER.items()}
    ),
    "more rows asked for than there are": csv(halves(20), train="epochs = 1; rows = 1_000"),
    "a loss for two labels and three of them": csv(
        table(30, lambda i: f"{i},{'abc'[i % 3]}"), train="epochs = 1; loss = binary_cross_entropy"
    ),
    "an image in a table": Case(spec_of("x = image([1, 2, 2], scale = unit); y = category", takes="x"), {"t.csv": halves(20)}),
    "idx cut off": idx(train_images_idx3_ubyte=idx_file(PICTURES)[:-7]),
    "idx with only half a head": idx(train_images_idx3_ubyte=idx_file(PICTURES)[:9]),
    "idx with more than it says": idx(train_images_idx3_ubyte=idx_file(PICTURES) + b"123"),
    "idx gzip cut off": idx(t10k_images_idx3_ubyte_gz=gzip.compress(idx_file(PICTURES))[:-20]),
    "idx of floats": idx(train_images_idx3_ubyte=b"\x00\x00\x0d\x01\x00\x00\x00\x01abcd"),
    "no idx at all": idx(train_images_idx3_ubyte=b"hello"),
    "idx of another size": idx("image = image([1, 5, 5], scale = unit); y = category"),
    "fewer labels than pictures": idx(train_labels_idx1_ubyte=idx_file(LABELS[:-1])),
    "no labels": idx(train_labels_idx1_ubyte=None, t10k_labels_idx1_ubyte_gz=None),
    "a number in idx": idx(IMAGE + "; z = number"),
    "two images in idx": idx(IMAGE + "; other = image([1, 4, 4], scale = unit)"),
    "a folder without idx": of_images('idx("m")', {"m/readme.txt": "nothing"}),
    "validation without a validation set": idx(train="epochs = 1; stop = early(validation.loss, patience = 2)"),
    "provided where nothing is": Case(
        spec_of(IMAGE, 'npz("n.npz")', split="provided", takes="image"), {"n.npz": npz_file(images=PICTURES, labels=LABELS)}
    ),
    "corrupt pictures": of_images('images("f")', FOLDER | {"f/a/0.png": png_file(PICTURES[0])[:45], "f/b/3.png": b"hello"}),
    "pictures in no class": of_images('images("f")', FOLDER | {"f/x.png": png_file(PICTURES[0])}),
    "pictures too deep": of_images('images("f")', FOLDER | {"f/a/more/x.png": png_file(PICTURES[0])}),
    "no pictures": of_images('images("f")', {"f/a/x.txt": "nothing"}),
    "an image of floats": npz(images=PICTURES / 255, labels=LABELS),
    "an image of other numbers": npz(images=PICTURES * np.int64(2), labels=LABELS),
    "an image of another size": npz(images=PICTURES[:, :3], labels=LABELS),
    "an array of another size": npz("a = array([3]); y = category", "a", a=np.zeros((30, 4)), y=LABELS),
    "arrays of different lengths": npz(images=PICTURES, labels=LABELS[1:]),
    "fractions as labels": npz(images=PICTURES, labels=LABELS / 2),
    "labels beyond their names": npz(images=PICTURES, labels=LABELS, label_names=np.array(["p", "q"])),
    "no such array": npz(pictures=PICTURES, labels=LABELS),
    "python objects": npz(images=np.array([{}, 1], dtype=object), labels=LABELS),
    "half a set": npz(train_images=PICTURES, train_labels=LABELS, test_images=PICTURES),
    "an array with a hole": npz("a = array([2]); y = category", "a", a=np.array([[1.0, np.nan]] * 30), y=LABELS),
    "npz cut off": Case(
        spec_of(IMAGE, 'npz("n.npz")', takes="image"), {"n.npz": npz_file(images=PICTURES, labels=LABELS)[:-100]}
    ),
    "parquet with fractions as labels": parquet(parquet_file(x=TWENTY["x"], y=[i / 2 for i in range(20)])),
    "parquet with texts as numbers": parquet(parquet_file(x=TWENTY["y"], y=TWENTY["y"])),
    "parquet with a null": parquet(parquet_file(x=[None, *range(19)], y=TWENTY["y"])),
    "parquet with an infinite number": parquet(parquet_file(x=[float("inf")] * 20, y=TWENTY["y"])),
    "parquet cut off": parquet(parquet_file(**TWENTY)[:-30]),
    "numbers that bernoulli units do not hold": machine(
        lambda i: f"{i},{i - 3},0.5,1,0", "w0 = number; w1 = number; w2 = number", ", units = bernoulli"
    ),
    "many columns that bernoulli units do not hold": machine(
        lambda i: f"{i},{i},{i},{i},{i}", '"w*" = number', ", units = bernoulli"
    ),
    "numbers that are no chances": machine(
        lambda i: f"{i / 20},{i - 3},0.5,1,0",
        "w0 = number; w1 = number; w2 = number",
        model=REBUILT.format("binary_cross_entropy"),
    ),
    "numbers of a vae that are no chances": machine(
        lambda i: f"{i / 20},{i - 3},0.5,1,0",
        "w0 = number; w1 = number; w2 = number",
        model="vae { encoder { input(features); dense(4) }; latent(2); decoder { dense(3, sigmoid) } }\n"
        "train { loss = elbo(reconstruction = binary_cross_entropy); epochs = 1 }\n",
    ),
    "numbers that are no counts": machine(lambda i: f"{i},{i / 2},{-i},1,0", '"w*" = number', ", units = replicated_softmax"),
    "documents without words": machine(lambda i: "0,0,0,0,0", '"w*" = number', ", units = replicated_softmax"),
    "rows that are all the same": machine(lambda i: "1,2,3,4,5", '"w*" = number(scale = standard)'),
    "one training row of a machine": machine(
        lambda i: f"{i},{i % 3},3,4,{min(i, 2)}",
        "w0 = number(scale = standard); w1 = number",
        split="column(w4, train = [0], validation = [1], test = [2])",
    ),
    "a learned variance of a constant column": machine(
        lambda i: f"{i},7,3,4,5", "w0 = number; w1 = number", ", units = gaussian(variance = learned)"
    ),
    "parquet that is csv": parquet(halves(20).encode()),
}


def _said(case: Case, folder: Path) -> list[list[str]]:
    """Of each mistake: code, the marked text, message, notes, help."""
    return [
        [d.code, case.text[d.span.start : d.span.end] if d.span else "", d.message, *d.notes, d.help]
        for d in mistakes(folder, case.text, case.files)
    ]


@pytest.mark.parametrize("name", CASES)
def test_the_mistake_is_told_with_its_place_and_the_way_out(name: str, tmp_path: Path) -> None:
    """`UPDATE_GOLDEN=1` rewrites what is expected; a person reads the difference."""
    golden = json.loads(GOLDEN.read_text("utf-8")) if GOLDEN.exists() else {}
    said = _said(CASES[name], tmp_path)
    if os.environ.get("UPDATE_GOLDEN"):
        golden = {key: golden[key] for key in CASES if key in golden} | {name: said}
        GOLDEN.write_text(json.dumps(golden, indent=1, ensure_ascii=False) + "\n", "utf-8")
    assert said == golden[name]
    assert all(mark for _, mark, *_ in said), "every mistake has its place in the spec"


def test_a_link_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    """Of a picture too, which only the data's own reader comes across."""
    write(tmp_path, {"elsewhere.png": png_file(PICTURES[0])} | {f"specs/{name}": content for name, content in FOLDER.items()})
    (tmp_path / "specs/f/a/linked.png").symlink_to(tmp_path / "elsewhere.png")
    (mistake,) = mistakes(tmp_path / "specs", CASES["corrupt pictures"].text, {})
    assert (mistake.code, mistake.message) == ("E0410", "`f/a/linked.png` leads out of the spec's folder")


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "t.csv")
    (mistake,) = mistakes(tmp_path, spec_of(XY), {})
    assert (mistake.code, mistake.message) == ("E0401", "`t.csv` is no regular file")


def test_a_picture_that_unpacks_to_a_wall_is_refused(tmp_path: Path) -> None:
    from PIL import Image

    stream = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(stream, "PNG")
    (mistake,) = mistakes(tmp_path, CASES["corrupt pictures"].text, FOLDER | {"f/a/0.png": stream.getvalue()})
    assert mistake.code == "E0402" and mistake.notes[0].startswith("f/a/0.png: it has more than")


def test_every_column_that_does_not_fit_is_reported_at_once(tmp_path: Path) -> None:
    text = spec_of('u = number; v = number; w = category(labels = ["p"]); y = category')
    rows = table(20, lambda i: f"q,{i if i else 'r'},p,{'ab'[i % 2]}", "u,v,w,y")
    assert [m.message for m in mistakes(tmp_path, text, {"t.csv": rows})] == [
        "`u` is a number, and 20 rows hold something else",
        "`v` is a number, and 1 row holds something else",
    ]


def test_a_listed_label_that_no_row_has_is_advice(tmp_path: Path) -> None:
    from specc.diagnostics import Source
    from specc.loading import bind_spec, check_source

    write(tmp_path, {"t.csv": halves(20)})
    spec, report = check_source(Source("t.dn", spec_of('x = number; y = category(labels = ["a", "b", "c"])')), tmp_path)
    bind_spec(spec, report, tmp_path)
    (advice,) = report
    assert (advice.code, advice.message) == ("W1001", "no row of `y` has the label `c`")
