"""Files made to do harm: each is refused with words that say why, and none is run, followed or unpacked without end."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from random import Random

import onnx
import pytest
from onnx import TensorProto, helper

from fuzz import lies, models
from fuzz.readers import READERS, Refused
from specc.onnx.session import NotAModel, OnnxModel
from specc.stored import Broken, bound_spec, read_regular
from tests.data.binding import write

PIXELS = bytes(16)


def message(kind: str, folder: Path, **changed: bytes) -> str:
    """What is said of a reader's sample with these files in place of its own (`__` in a name stands for a point)."""
    reader = READERS[kind]()
    write(folder, {**reader.files, **{name.replace("__", "."): content for name, content in changed.items()}})
    with pytest.raises(Refused) as caught:
        reader.read(folder)
    return str(caught.value)


def npy(shape: str, kind: str = "'|u1'", body: bytes = PIXELS) -> bytes:
    return lies.zipped({"images.npy": lies.npy(f"{{'descr': {kind}, 'fortran_order': False, 'shape': {shape}, }}\n", body)})


def test_a_gzip_bomb(tmp_path: Path) -> None:
    said = message("csv.gz", tmp_path, t__csv=lies.gzip_bomb(1024))
    assert "E0603" in said and "unpacks to more than 200 times its size" in said and "unpack it yourself" in said


def test_a_table_that_packs_well_is_read(tmp_path: Path) -> None:
    """A bomb is large: a small table that unpacks to a thousand times its size is a table."""
    content = gzip.compress(b"x,y\n" + b"1,a\n1,b\n" * 100_000, mtime=0)
    assert 200 * len(content) < 800_000
    reader = READERS["csv.gz"]()
    write(tmp_path, {**reader.files, "t.csv": content})
    reader.read(tmp_path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (npy("(20, 4, 4)", "'|O'", b"cos\nsystem\n(S'echo harm'\ntR."), "holds Python objects, which are not read"),
        (npy(f"({2**62}, 4, 4)"), "is damaged"),
        (npy("(-1, 4, 4)"), "is damaged"),
        (lies.zipped({"images.npy": b"", "../../evil.txt": b"x"}), "is no array"),
        (b"PK\x03\x04" + bytes(30), "is no npz file, or it is cut off"),
        (lies._zip_bomb(Random(1)), "times its size"),
    ],
)
def test_arrays_that_lie(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "inside").mkdir()
    assert words in message("npz", tmp_path / "inside", n__npz=content)
    assert [path.name for path in tmp_path.iterdir()] == ["inside"]
    assert [path.name for path in (tmp_path / "inside").iterdir()] == ["n.npz"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (lies.png(100_000, 100_000, PIXELS), "it has more than 89,478,485 pixels"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 4 4\n%%EndComments\n(/tmp/evil) run\n", "it is no picture"),
        (b"\x89PNG\r\n\x1a\n", "0.png: "),
        (b"", "it is no picture"),
    ],
)
def test_pictures_that_lie(tmp_path: Path, content: bytes, words: str) -> None:
    said = message("images", tmp_path, **{"f/a/0__png": content})
    assert "1 picture cannot be read" in said and words in said and "mend or delete" in said


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ((2**32 - 1, 4, 4), "is cut off: it says 4294967295×4×4 bytes and has 16"),
        ((1, 1, 1), "is damaged: it says 1×1×1 bytes and has 16"),
    ],
)
def test_idx_sizes_that_lie(tmp_path: Path, sizes: tuple[int, ...], words: str) -> None:
    content = bytes([0, 0, 8, 3]) + b"".join(size.to_bytes(4, "big") for size in sizes) + PIXELS
    assert words in message("idx", tmp_path, **{"m/train-images-idx3-ubyte": content})


@pytest.mark.parametrize("kind", ["csv", "parquet", "npz", "images", "onnx"])
@pytest.mark.parametrize("what", ["pipe", "device", "folder", "itself"])
def test_what_is_no_file(tmp_path: Path, kind: str, what: str) -> None:
    """A pipe would be waited for, and a device read without end."""
    reader = READERS[kind]()
    write(tmp_path, reader.files)
    path = tmp_path / reader.damaged[0]
    path.unlink()
    make = {
        "pipe": os.mkfifo,
        "device": lambda p: p.symlink_to("/dev/zero"),
        "folder": Path.mkdir,
        "itself": lambda p: p.symlink_to(p.name),
    }
    make[what](path)
    if kind == "images":
        reader.read(tmp_path)  # what is no file is no picture
        return
    with pytest.raises(Refused):
        reader.read(tmp_path)


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to("file")
    assert read_regular(tmp_path / "link") == b"x"
    for path, words in (
        (tmp_path / "pipe", "is no regular file"),
        (Path("/dev/zero"), "is no regular file"),
        (tmp_path, "is a folder"),
    ):
        with pytest.raises(OSError, match=words) as caught:
            read_regular(path)
        assert caught.value.filename == str(path)


def model() -> onnx.ModelProto:
    return onnx.load_model_from_string(READERS["onnx"]().content("run/model.onnx"))


def said_of(changed: onnx.ModelProto) -> str:
    with pytest.raises(NotAModel) as caught:
        OnnxModel.load(changed.SerializeToString(), "x.onnx")
    return str(caught.value)


@pytest.mark.parametrize("place", ["/etc/passwd", "../../weights.bin", "weights.bin"])
def test_a_model_with_weights_elsewhere(place: str) -> None:
    changed = model()
    tensor = changed.graph.initializer[0]
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=place)
    assert said_of(changed) == (
        "x.onnx keeps weights in other files: a file that specc writes is all in one, and no other is opened for it"
    )


def test_a_model_with_an_operator_of_a_stranger() -> None:
    changed = model()
    changed.graph.node[0].domain = "evil.custom"
    assert "of `evil.custom`, which is no part of ONNX" in said_of(changed)


def test_a_model_that_would_run_forever() -> None:
    changed = model()
    models.large_work(changed, Random(next(filter(_adds_a_loop, range(99)))))
    assert "it could run forever" in said_of(changed)


def _adds_a_loop(seed: int) -> bool:
    trial = model()
    models.large_work(trial, Random(seed))
    return any(node.op_type == "Loop" for node in trial.graph.node)


def test_a_model_with_an_operator_of_its_own() -> None:
    changed = model()
    changed.functions.append(helper.make_function("own", "f", ["a"], ["b"], [helper.make_node("Identity", ["a"], ["b"])], []))
    assert "defines operators of its own" in said_of(changed)


def test_a_model_that_says_what_it_is_not() -> None:
    changed = model()
    (entry,) = (entry for entry in changed.metadata_props if entry.key == "specc")
    description = json.loads(entry.value)
    for key, value in (("answers", {}), ("inputs", {}), ("spec", {}), ("spec", None), ("inputs", 3)):
        entry.value = json.dumps({**description, key: value})
        said = said_of(changed) if key != "answers" else None
        assert said is None or said == "x.onnx is damaged: what it says about its columns cannot be read"
    entry.value = "[" * 100_000
    assert "cannot be read" in said_of(changed)


def test_a_cut_off_model() -> None:
    content = model().SerializeToString()
    with pytest.raises(NotAModel, match=r"x\.onnx is damaged or no ONNX file"):
        OnnxModel.load(content[: len(content) // 2], "x.onnx")


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("graphs", "network", "nodes", 1, "inputs"), ["nothing"], "takes what no layer above it gives"),
        (("graphs", "network", "nodes", 1, "layer", "units"), 7, "its layers have other shapes than it says"),
        (("bound", "fits", "y", "labels"), ["a"], "`y` has 1 labels, and its output answers for 2"),
        (("bound",), None, "the data that it was trained on is missing"),
        (("data", "target"), ["z"], "the target `z` is no column"),
        (("graphs",), {}, "it has no network"),
        (("bound", "fits", "x", "kind"), "category", "wrong"),
    ],
)
def test_a_record_that_does_not_hold_together(path: tuple, value: object, words: str) -> None:
    record = json.loads(READERS["run.json"]().content("run/run.json"))["ir"]
    bound_spec(record)
    holder = record
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    with pytest.raises(Broken, match=words):
        bound_spec(record)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("run/weights.safetensors", b"\xff" * 16, "weights.safetensors is damaged: "),
        ("run/weights.safetensors", (2**63).to_bytes(8, "little") + b"{}", "weights.safetensors is damaged: "),
        ("run/run.json", b"[" * 100_000, "run.json cannot be read: it nests too deep"),
        ("run/run.json", b"[]", "run.json cannot be read: it is no record of a run"),
        ("run/run.json", b"\xff\xfe", "run.json cannot be read: "),
    ],
)
def test_a_run_with_damaged_files(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    assert words in message("run.json", tmp_path, **{name.replace(".", "__"): content})


def test_a_log_is_read_up_to_its_damage(tmp_path: Path) -> None:
    from specc.runs.run import open_run

    reader = READERS["metrics.jsonl"]()
    whole = reader.content("run/metrics.jsonl").splitlines()
    for bad in (b"\xff", b"[]", b"[" * 100_000, b"9" * 5_000, b""):
        write(tmp_path, {**reader.files, "run/metrics.jsonl": b"\n".join([whole[0], bad, *whole[1:]])})
        run = open_run(tmp_path / "run")
        assert run.history == [json.loads(whole[0])]
        assert run._repr_svg_()


def test_a_number_in_the_log_that_cannot_be_drawn(tmp_path: Path) -> None:
    from specc.runs.run import open_run

    reader = READERS["metrics.jsonl"]()
    event = json.loads(reader.content("run/metrics.jsonl").splitlines()[0])
    for value in (10**400, "x", {}, True):
        write(tmp_path, {**reader.files, "run/metrics.jsonl": json.dumps({**event, "rate": value}).encode()})
        assert (open_run(tmp_path / "run")._repr_svg_() is None) is (value is not True)
