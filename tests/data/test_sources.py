"""Parquet, npz, idx, folders of pictures: each gives the arrays that were written."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from specc.data.sources.images import decode_picture
from tests.data.binding import bound, idx_file, idx_folder, npz_file, parquet_file, png_file, spec_of

GENERATOR = np.random.default_rng(0)
GREY = GENERATOR.integers(0, 256, (40, 4, 5), dtype=np.uint8)
COLOUR = GENERATOR.integers(0, 256, (40, 4, 5, 3), dtype=np.uint8)
LABELS = np.arange(40) % 4
IMAGE = "image = image([1, 4, 5]); label = category"


def test_parquet_has_numbers_texts_booleans_and_nulls(tmp_path: Path) -> None:
    columns = {
        "x": [None if i == 3 else i for i in range(40)],
        "half": [i / 2 for i in range(40)],
        "flag": [i % 4 < 2 for i in range(40)],
        "c": [None if i == 5 else f"c{i % 2}" for i in range(40)],
        "code": [i % 3 - 1 for i in range(40)],
        "y": [i % 2 == 0 for i in range(40)],
        "other": ["q"] * 40,
    }
    text = "x = number(impute = mean); half = number; flag = number; c = category(impute = mode); code = category; y = category"
    spec, dataset = bound(tmp_path, spec_of(text, 'parquet("t.parquet")'), {"t.parquet": parquet_file(**columns)})
    raw = dataset.table.columns
    assert np.isnan(raw["x"][3]) and np.delete(raw["x"], 3).tolist() == [i for i in range(40) if i != 3]
    assert raw["half"].tolist() == columns["half"] and raw["flag"].tolist() == columns["flag"]
    assert raw["c"].tolist() == [value or "" for value in columns["c"]]
    assert raw["code"].tolist() == [str(i) for i in columns["code"]]
    assert raw["y"].tolist() == ["true" if value else "false" for value in columns["y"]]
    assert spec.bound is not None and spec.bound.fits["code"].labels == ("-1", "0", "1")  # type: ignore[union-attr]
    assert dataset.table.left_out == ("other",) and dataset.table.place(3) == "row 4 of t.parquet"


def test_parquet_has_arrays_and_pictures_as_lists(tmp_path: Path) -> None:
    columns = {"a": [[float(i), i / 2] for i in range(20)], "image": GREY[:20].tolist(), "y": ["a", "b"] * 10}
    text = spec_of("a = array([2]); image = image([1, 4, 5]); y = category", 'parquet("t.parquet")', takes="image")
    _, dataset = bound(tmp_path, text, {"t.parquet": parquet_file(**columns)})
    assert dataset.table.columns["a"].tolist() == columns["a"]
    assert (dataset.inputs["image"] == GREY[:20, None]).all() and dataset.inputs["image"].dtype == np.uint8


def test_the_split_of_a_parquet_file_reads_an_undeclared_column(tmp_path: Path) -> None:
    columns = {"x": list(range(20)), "y": ["a", "b"] * 10, "fold": [float(i % 4) for i in range(20)]}
    text = spec_of("x = number; y = category", 'parquet("t.parquet")', split="column(fold, train = [0, 1], test = [2, 3])")
    _, dataset = bound(tmp_path, text, {"t.parquet": parquet_file(**columns)})
    assert [rows.tolist()[:3] for rows in dataset.rows.values()] == [[0, 1, 4], [2, 3, 6]]


@pytest.mark.parametrize(
    ("arrays", "expected"),
    [
        ({"image": GREY, "label": LABELS}, GREY[:, None]),
        ({"images": GREY, "labels": LABELS}, GREY[:, None]),
        ({"images": GREY[:, None], "label": LABELS.astype(str)}, GREY[:, None]),
        ({"images": GREY[..., None].astype(np.int64), "labels": LABELS}, GREY[:, None]),
    ],
)
def test_a_column_takes_the_array_of_its_name_or_of_its_plural(tmp_path: Path, arrays: dict, expected: np.ndarray) -> None:
    _, dataset = bound(tmp_path, spec_of(IMAGE, 'npz("n.npz")', "label", takes="image"), {"n.npz": npz_file(**arrays)})
    assert (dataset.inputs["image"] == expected).all() and (dataset.truth["label"] == LABELS).all()


def test_the_only_category_takes_labels_and_their_names(tmp_path: Path) -> None:
    arrays = {"images": COLOUR, "labels": LABELS, "label_names": np.array(["w", "x", "y", "z"])}
    text = spec_of("photo = image([3, 4, 5]); kind = category", 'npz("n.npz")', "kind", takes="photo")
    spec, dataset = bound(tmp_path, text, {"n.npz": npz_file(**arrays)})
    assert spec.bound is not None and spec.bound.fits["kind"].labels == ("w", "x", "y", "z")  # type: ignore[union-attr]
    assert (dataset.inputs["photo"] == COLOUR.transpose(0, 3, 1, 2)).all()
    assert dataset.table.columns["kind"].tolist() == ["wxyz"[i] for i in LABELS]


def test_npz_sets_have_prefixes(tmp_path: Path) -> None:
    parts = {"train": slice(20), "val": slice(20, 30), "test": slice(30, 40)}
    arrays = {f"{name}_images": GREY[rows] for name, rows in parts.items()}
    arrays |= {f"{name}_labels": LABELS[rows] for name, rows in parts.items()}
    spec, dataset = bound(tmp_path, spec_of(IMAGE, 'npz("n.npz")', "label", takes="image"), {"n.npz": npz_file(**arrays)})
    assert spec.bound is not None and spec.bound.rows == {"train": 20, "validation": 10, "test": 10}
    assert (dataset.inputs["image"] == GREY[:, None]).all()
    assert dataset.table.place(31) == "row 2 of the set `test` of n.npz"


def test_a_column_called_test_something_makes_no_sets(tmp_path: Path) -> None:
    arrays = {"test_score": np.arange(40.0), "y": LABELS % 2}
    spec, _ = bound(tmp_path, spec_of("test_score = number; y = category", 'npz("n.npz")'), {"n.npz": npz_file(**arrays)})
    assert spec.bound is not None and spec.bound.rows == {"train": 28, "validation": 6, "test": 6}


def test_idx_is_read_gzipped_or_not_by_content(tmp_path: Path) -> None:
    files = idx_folder(GREY, LABELS)
    spec, dataset = bound(tmp_path, spec_of(IMAGE, 'idx("m")', "label", takes="image"), files)
    assert (dataset.inputs["image"] == np.concatenate([GREY, GREY[:20]])[:, None]).all()
    assert dataset.table.place(40) == "picture 1 of the set `test` of m"
    assert spec.bound is not None
    assert spec.bound.files == {name: hashlib.sha256(bytes(content)).hexdigest() for name, content in sorted(files.items())}  # type: ignore[arg-type]
    renamed = {name.removesuffix(".gz"): content for name, content in files.items()}
    (tmp_path / "again").mkdir()
    again = bound(tmp_path / "again", spec_of(IMAGE, 'idx("m")', "label", takes="image"), renamed)[1]
    assert (again.inputs["image"] == dataset.inputs["image"]).all()


def test_beside_its_gzipped_form_the_plain_file_is_read(tmp_path: Path) -> None:
    files = idx_folder(GREY, LABELS) | {"m/train-images-idx3-ubyte.gz": gzip.compress(idx_file(GREY[:3]))}
    assert bound(tmp_path, spec_of(IMAGE, 'idx("m")', "label", takes="image"), files)[1].table.rows == 60


def _pictures(folder: str, count: int, seed: int = 0) -> dict[str, bytes]:
    drawn = np.random.default_rng(seed).integers(0, 256, (count, 4, 5, 3), dtype=np.uint8)
    return {f"{folder}/{i:03}.png": png_file(pixels) for i, pixels in enumerate(drawn)}


def test_a_folder_of_pictures_has_a_folder_a_class(tmp_path: Path) -> None:
    files = {
        **_pictures("f/dog", 10),
        **_pictures("f/cat", 10),
        "f/notes.txt": b"not a picture",
        "f/.hidden/x.png": b"none either",
    }
    text = spec_of("photo = image([3, 4, 5]); kind = category", 'images("f")', "kind", takes="photo")
    spec, dataset = bound(tmp_path, text, files)
    assert dataset.table.columns["kind"].tolist() == ["cat"] * 10 + ["dog"] * 10
    pixels = np.asarray(Image.open(tmp_path / "f/cat/003.png")).transpose(2, 0, 1)
    assert (dataset.inputs["photo"][3] == pixels).all() and dataset.table.place(3) == "f/cat/003.png"
    assert spec.bound is not None and list(spec.bound.files) == ["f"]


def test_the_fingerprint_of_a_folder_is_that_of_every_picture(tmp_path: Path) -> None:
    text = spec_of("photo = image([3, 4, 5]); kind = category", 'images("f")', "kind", takes="photo")
    files = {**_pictures("f/dog", 10), **_pictures("f/cat", 10)}
    prints = []
    for name, changed in (("one", {}), ("same", {}), ("two", _pictures("f/cat", 1, seed=9))):
        (tmp_path / name).mkdir()
        spec = bound(tmp_path / name, text, files | changed)[0]
        assert spec.bound is not None
        prints.append(spec.bound.files["f"])
    assert prints[0] == prints[1] != prints[2]


def test_folders_called_as_sets_are_the_sets(tmp_path: Path) -> None:
    files = {
        n: c for s, k in (("train", 6), ("val", 3), ("test", 2)) for g in "ab" for n, c in _pictures(f"f/{s}/{g}", k).items()
    }
    text = spec_of("photo = image([3, 4, 5]); kind = category", 'images("f")', "kind", takes="photo")
    spec, _ = bound(tmp_path, text, files)
    assert spec.bound is not None and spec.bound.rows == {"train": 12, "validation": 6, "test": 4}


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "1", "LA"])
@pytest.mark.parametrize("channels", [1, 3])
def test_every_picture_becomes_grey_or_colour_of_the_declared_size(tmp_path: Path, mode: str, channels: int) -> None:
    Image.fromarray(COLOUR[0]).convert(mode).save(tmp_path / "p.png")
    pixels = decode_picture((tmp_path / "p.png").read_bytes(), (channels, 8, 6))
    assert pixels.shape == (channels, 8, 6) and pixels.dtype == np.uint8
    opened = Image.open(tmp_path / "p.png").convert("L" if channels == 1 else "RGB")
    expected = np.asarray(opened.resize((6, 8), Image.Resampling.BILINEAR)).reshape(8, 6, channels).transpose(2, 0, 1)
    assert (pixels == expected).all()


def test_sixteen_bits_a_pixel_are_scaled_and_not_cut_off(tmp_path: Path) -> None:
    deep = (np.arange(20, dtype=np.uint16) * 3276).reshape(4, 5)
    Image.fromarray(deep).save(tmp_path / "p.png")
    assert (decode_picture((tmp_path / "p.png").read_bytes(), (1, 4, 5))[0] == deep >> 8).all()


def test_a_root_lets_a_spec_name_what_lies_beside_its_folder(tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "data/t.csv").write_text("x,y\n" + "1,a\n2,b\n" * 10)
    (tmp_path / "specs/linked.csv").symlink_to(tmp_path / "data/t.csv")
    for path in ("../data/t.csv", "linked.csv"):
        _, dataset = bound(tmp_path / "specs", spec_of("x = number; y = category", f'csv("{path}")'), root=tmp_path)
        assert dataset.table.rows == 20
