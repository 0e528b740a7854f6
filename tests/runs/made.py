"""Small specs with made-up data, one of each kind of column and source, and runs of them."""

from __future__ import annotations

import contextlib
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from specc.runs.pictures import draw_pictures
from specc.runs.run import Run
from specc.runs.train import Order, Watcher, train_spec
from tests.data.binding import idx_folder, npz_file, parquet_file, png_file, write

KINDS = ("iris", "mixed", "embedded", "price", "parquet", "pictures", "arrays", "digits")
REPOSITORY = Path(__file__).parents[2]


def draws(seed: int = 5) -> np.random.Generator:
    return np.random.default_rng(seed)


def write_kind(kind: str, folder: Path) -> Path:
    """Writes a spec and its data; gives the spec's path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{kind}.dn"
    if kind == "iris":
        shutil.copytree(REPOSITORY / "specs" / "data", folder / "data", dirs_exist_ok=True)
        text = (REPOSITORY / "specs" / "iris.dn").read_text("utf-8").replace("epochs    = 60", "epochs    = 4")
        path.write_text(text, "utf-8")
        return path
    path.write_text(WRITERS[kind](folder), "utf-8")
    return path


def trained(
    path: Path, device: str, watcher: Watcher | None = None, overrides: list[str] | None = None, **options: object
) -> Run:
    return train_spec(Order(path, list(overrides or []), device=device, **options), watcher)  # type: ignore[arg-type]


@contextlib.contextmanager
def drawing() -> Iterator[None]:
    """Runs that are trained in the block draw their pictures, as all do outside of tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("specc.runs.pictures.draw_pictures", draw_pictures)
        yield


UNDRAWN = """
import specc.runs.pictures
specc.runs.pictures.draw_pictures = lambda *given: None
from specc.cli.main import main
main()
"""


def undrawn_command(*arguments: object) -> list[str]:
    """`specc` in a process of its own, without pictures as in this one: they are drawn where their tests ask for them."""
    return [sys.executable, "-c", UNDRAWN, *map(str, arguments)]


def mixed_rows(count: int = 80) -> list[dict[str, str]]:
    """Numbers with missing values and years, labels with marks for missing, seconds since 1970."""
    draw = draws()
    rows = []
    for index in range(count):
        age, year = draw.normal(40, 12), draw.integers(1950, 2025)
        sold = (age / 12 + (year - 1987) / 20 + draw.normal(0, 0.8)) > 3.5
        rows.append(
            {
                "age": "" if index % 7 == 0 else f"{age:.3f}",
                "year": str(year),
                "seen": str(1_600_000_000 + 86_400 * index + int(draw.integers(0, 86_400))),
                "town": "?" if index % 9 == 4 else ["Ulm", "Bâle", "Köln, Rhein"][draw.integers(3)],
                "sold": "yes" if sold else "no",
            }
        )
    return rows


def csv_text(rows: list[dict[str, str]]) -> str:
    lines = [",".join(rows[0])]
    lines += [",".join(f'"{value}"' if "," in value else value for value in row.values()) for row in rows]
    return "\n".join(lines) + "\n"


def mixed(folder: Path) -> str:
    write(folder, {"rows.csv": csv_text(mixed_rows())})
    return """data {
  source = csv("rows.csv", missing = ["?"])
  columns {
    age  = number(impute = median, scale = standard, indicator = true)
    year = number(scale = standard)
    seen = number(scale = minmax)
    town = category(impute = mode)
    sold = category(labels = ["no", "yes"])
  }
  target = sold
}
network { input(features); dense(8, relu); batch_norm; dropout(0.2); dense last(4, tanh); output(sold) }
train { epochs = 4; batch = 16; regularize = l2(1e-3) }
"""


def embedded(folder: Path) -> str:
    write(folder, {"rows.csv": csv_text(mixed_rows())})
    return """data {
  source = csv("rows.csv", missing = ["?"])
  columns {
    town = category(encode = embedding(3), missing = drop)
    year = number(scale = robust)
    sold = category
    age  = number(impute = constant(0), scale = standard)
  }
  target = sold
}
network { input(features); dense(6, gelu); layer_norm; output(sold) }
train { epochs = 3; batch = all; optimizer = adamw(0.01) }
"""


def price(folder: Path) -> str:
    draw = draws()
    size, rooms = draw.lognormal(4.5, 0.6, 70), draw.integers(1, 7, 70)
    cost = size * 2000 + rooms * 10_000 + draw.normal(0, 5000, 70).clip(-9000)
    lines = [f"{a:.2f},{b},{c:.2f}" for a, b, c in zip(size, rooms, cost)]
    write(folder, {"rows.csv": "\n".join(["size,rooms,price", *lines]) + "\n"})
    return """data {
  source = csv("rows.csv")
  columns {
    size  = number(transform = log1p, scale = standard)
    rooms = category
    price = number(transform = log1p, scale = standard)
  }
  target = price
}
network { input(features); dense(8, silu); output(price) }
train { epochs = 5; batch = 8; optimizer = sgd(0.05, momentum = 0.9); schedule = cosine }
"""


def parquet(folder: Path) -> str:
    draw = draws()
    x, code = draw.normal(size=60), draw.integers(0, 3, 60)
    wild = [None if i % 11 == 3 else float(v) for i, v in enumerate(draw.normal(size=60))]
    label = ["even" if v else "odd" for v in (x + code > 1)]
    columns = {"x": x.tolist(), "wild": wild, "code": code.tolist(), "flag": (x > 0).tolist(), "label": label}
    write(folder, {"rows.parquet": parquet_file(**columns)})
    return """data {
  source = parquet("rows.parquet")
  columns {
    x     = number
    wild  = number(impute = mean)
    code  = category
    flag  = category
    label = category
  }
  target = label
}
network { input(features); dense(5, elu); output(label) }
train {
  batch = 10
  phase warm { optimizer = sgd(0.1); epochs = 2 }
  phase fine { optimizer = adam(0.01); epochs = 3; keep = best(validation.loss) }
}
"""


def pictures(folder: Path) -> str:
    """Noise in colour, brighter at the left for one class and at the right for the other; sides differ."""
    draw = draws()
    files: dict[str, str | bytes] = {}
    for index in range(24):
        name, half = ("left", slice(0, 5)) if index % 2 else ("right", slice(5, 10))
        pixels = draw.integers(0, 120, (8, 10, 3))
        pixels[:, half] += 120
        files[f"pictures/{name}/{index:02}.png"] = png_file(pixels.astype(np.uint8))
    write(folder, files)
    return """data {
  source = images("pictures")
  columns { picture = image([3, 8, 10], scale = standard); side = category }
  target = side
  augment { shift(1) }
}
network {
  input(picture)
  conv2d stem(4, 3, padding = same); batch_norm; relu; max_pool2d(2)
  conv2d(6, 3); relu; global_average_pool2d
  output(side)
}
train { epochs = 3; batch = 5 }
"""


def arrays(folder: Path) -> str:
    draw = draws()
    signal = draw.normal(size=(50, 12)).astype(np.float32)
    write(folder, {"rows.npz": npz_file(signal=signal, strong=(signal[:, :6].sum(axis=1) > 0).astype(np.int64))})
    return """data {
  source = npz("rows.npz")
  columns { signal = array([12], scale = standard); strong = category }
  target = strong
}
network { input(signal); dense(6, sigmoid); output(strong) }
train { epochs = 3 }
"""


def digits(folder: Path) -> str:
    draw = draws()
    labels = np.arange(40) % 4
    images = draw.integers(0, 90, (40, 6, 6))
    images[np.arange(40), labels, :] += 150
    write(folder, idx_folder(images, labels))
    return """data {
  source = idx("m")
  columns { image = image([1, 6, 6], scale = unit); digit = category }
  target = digit
  split = provided(validation = 0.2)
}
network { input(image); flatten; dense(12, relu); output(digit) }
train { epochs = 3; batch = 8; loss = cross_entropy(label_smoothing = 0.1) }
"""


WRITERS = {
    "mixed": mixed,
    "embedded": embedded,
    "price": price,
    "parquet": parquet,
    "pictures": pictures,
    "arrays": arrays,
    "digits": digits,
}
INPUTS = {
    "iris": "data/iris.csv",
    "parquet": "rows.parquet",
    "pictures": "pictures",
    "arrays": "rows.npz",
    "digits": "m/t10k-images-idx3-ubyte.gz",
}
"""What each kind is asked about, beside its own rows."""


def input_of(kind: str, folder: Path) -> Path:
    return folder / INPUTS.get(kind, "rows.csv")
