"""What is read: each kind of file with a small good sample, how it is damaged, and who reads it."""

from __future__ import annotations

import functools
import gzip
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np

from fuzz import lies
from fuzz.damage import damaged, damaged_json_text
from specc.diagnostics import Source, SpecError
from specc.diagnostics.render import render, visible_lines
from tests.data.binding import bound, halves, idx_folder, npz_file, parquet_file, png_file, spec_of, write

if TYPE_CHECKING:
    from specc.runs.run import Run

Change = Callable[[bytes, Random], bytes]
Read = Callable[[Path], object]
PICTURES = np.random.default_rng(0).integers(0, 256, (20, 4, 4), dtype=np.uint8)
LABELS = np.arange(20) % 2
IMAGE = "image = image([1, 4, 4]); y = category"


class Refused(Exception):
    """The reader said in words of its own that it does not take the file."""


@dataclass
class Reader:
    """`files` lie in the folder, those of `damaged` after a change by one of `changes`; `read` raises `Refused`."""

    files: dict[str, str | bytes]
    damaged: tuple[str, ...]
    changes: tuple[Change, ...]
    read: Read

    def content(self, name: str) -> bytes:
        content = self.files[name]
        return content.encode() if isinstance(content, str) else content


def _binds(text: str) -> Read:
    """Reads a folder's files as the data of a spec."""

    def read(folder: Path) -> object:
        try:
            return bound(folder, text)
        except SpecError as error:
            raise Refused(render(error.report)) from None

    return read


def _table() -> tuple[str, str]:
    return spec_of("x = number; y = category"), halves(20)


def csv() -> Reader:
    text, rows = _table()
    return Reader({"t.csv": rows}, ("t.csv",), (damaged,), _binds(text))


def csv_gz() -> Reader:
    text, rows = _table()

    def packed(content: bytes, random: Random) -> bytes:
        bomb = random.random() < 0.01
        return lies.gzip_bomb(random.choice((64, 9 * 1024))) if bomb else lies.inside_gzip(content, random)

    return Reader({"t.csv": gzip.compress(rows.encode(), mtime=0)}, ("t.csv",), (damaged, lies.inside_gzip, packed), _binds(text))


def parquet() -> Reader:
    content = parquet_file(x=list(range(20)), y=["a", "b"] * 10, z=[[1.0, 2.0]] * 20, t=[None, 0.5] * 10)
    text = spec_of("x = number; t = number(impute = mean); y = category", 'parquet("t.parquet")')
    return Reader({"t.parquet": content}, ("t.parquet",), (damaged,), _binds(text))


def npz() -> Reader:
    text = spec_of(IMAGE, 'npz("n.npz")', takes="image")
    return Reader(
        {"n.npz": npz_file(images=PICTURES, labels=LABELS)}, ("n.npz",), (damaged, lies.npz_lie, lies.npz_lie), _binds(text)
    )


def idx() -> Reader:
    files = idx_folder(PICTURES, LABELS)
    return Reader(
        files, tuple(files), (damaged, lies.idx_lie, lies.inside_gzip), _binds(spec_of(IMAGE, 'idx("m")', takes="image"))
    )


def images() -> Reader:
    files: dict[str, str | bytes] = {f"f/{name}/{i}.png": png_file(PICTURES[i]) for name in "ab" for i in range(3)}
    files["f/a/3.jpg"] = next(picture for picture in lies._pictures() if picture.startswith(b"\xff\xd8"))
    return Reader(files, tuple(files), (damaged, lies.image_lie), _binds(spec_of(IMAGE, 'images("f")', takes="image")))


@functools.cache
def _run_files() -> dict[str, str | bytes]:
    """The folder of a run that took a moment."""
    import tempfile

    from specc.runs.train import Order, train_spec

    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent)
        write(folder, {"t.csv": halves(40), "s.dn": spec_of("x = number(scale = standard); y = category", train="epochs = 2")})
        run = train_spec(Order(folder / "s.dn", [], folder / "run", device="cpu", threads=1)).path
        kept = ("run.json", "metrics.jsonl", "weights.safetensors", "model.onnx", "spec.dn", "state.safetensors")
        files: dict[str, str | bytes] = {f"run/{name}": (run / name).read_bytes() for name in kept if (run / name).exists()}
        return {**files, "t.csv": halves(40), "s.dn": (folder / "s.dn").read_text()}


def _of_run(read: Callable[[Any], object]) -> Read:
    """Opens a run and does something with it, as the commands do."""

    def opened(folder: Path) -> object:
        from specc.runs.run import NotARun, open_run

        try:
            return read(open_run(folder / "run"))
        except (NotARun, SpecError) as error:
            raise _said(error) from None
        except OSError as error:
            raise _unopened(error) from None

    return opened


def _said(error: Exception) -> Refused:
    """A message as a command prints it."""
    return Refused("\n".join(visible_lines(str(error))))


def _unopened(error: OSError) -> Exception:
    """What every command says of a file that the system does not open; without its name it is no answer."""
    return Refused(f"{error.filename}: {error.strerror}") if error.filename else error


def run_json() -> Reader:
    def read(run: Run) -> object:
        return run.record, run.spec, run.metrics, repr(run), listed(run.path.parent), run.predict(run.path.parent / "t.csv")

    def listed(folder: Path) -> str:
        """What `specc runs` says."""
        result = CliRunner().invoke(command, [str(folder)])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.output

    from click.testing import CliRunner

    from specc.cli.runs import command

    return Reader(_run_files(), ("run/run.json",), (damaged, damaged_json_text, damaged_json_text), _of_run(read))


def metrics() -> Reader:
    def lines(content: bytes, random: Random) -> bytes:
        parts = content.splitlines()
        place = random.randrange(len(parts))
        parts[place] = damaged_json_text(parts[place], random)
        return b"\n".join(parts) + b"\n"

    read = _of_run(lambda run: (run.history, run._repr_svg_()))
    return Reader(_run_files(), ("run/metrics.jsonl",), (damaged, lines, lines), read)


def weights() -> Reader:
    from specc.runs.predict import open_model

    read = _of_run(lambda run: (run.predict(run.path.parent / "t.csv"), open_model(run.path, "dense_1")))
    return Reader(_run_files(), ("run/weights.safetensors",), (damaged, lies.safetensors_lie), read)


def model() -> Reader:
    from fuzz.models import model_lie
    from specc.onnx.session import NotAModel
    from specc.runs.predict import open_model, predict_file

    def read(folder: Path) -> object:
        try:
            return predict_file(open_model(folder / "run/model.onnx"), folder / "t.csv")
        except (NotAModel, SpecError) as error:
            raise _said(error) from None
        except OSError as error:
            raise _unopened(error) from None

    return Reader(_run_files(), ("run/model.onnx",), (damaged, model_lie, model_lie), read)


def checkpoint() -> Reader:
    """The state that a run goes on from, and the one before it."""
    import tempfile

    import torch

    from specc.loading import bind_spec, check_source
    from specc.pytorch.source import build_module
    from specc.training.checkpoint import DamagedCheckpoint, as_bytes, read_state
    from specc.training.loop import Training
    from specc.training.streams import Streams

    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), {"t.csv": halves(40)})
        spec, report = check_source(Source("s.dn", spec_of("x = number; y = category")), Path(folder))
        data = bind_spec(spec, report, Path(folder))

    def training() -> Training:
        spec, dataset = data
        streams, module = Streams(5), build_module(spec)
        module.start(streams["weights"])  # type: ignore[operator]
        return Training(spec, dataset, module, streams, torch.device("cpu"))

    def read(folder: Path) -> object:
        try:
            return read_state(folder / "state.safetensors", training())
        except DamagedCheckpoint as error:
            raise _said(error) from None

    return Reader({"state.safetensors": as_bytes(training())}, ("state.safetensors",), (damaged, lies.safetensors_lie), read)


READERS: dict[str, Callable[[], Reader]] = {
    "csv": csv,
    "csv.gz": csv_gz,
    "parquet": parquet,
    "npz": npz,
    "idx": idx,
    "images": images,
    "run.json": run_json,
    "metrics.jsonl": metrics,
    "weights": weights,
    "checkpoint": checkpoint,
    "onnx": model,
}
