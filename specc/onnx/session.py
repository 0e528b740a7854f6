"""Opens an exported file with onnxruntime alone: what it takes, and its answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from specc.ir import FORMAT, Spec
from specc.onnx.contents import why_refused
from specc.onnx.description import KEY, SAMPLER, read_spec
from specc.stored import read_regular

CHUNK = 4096
"""Rows that are answered at once, so that a long table fits into memory."""
ERRORS_ONLY = 3


class NotAModel(Exception):
    """A file that cannot be opened as a model that specc has written; the message says why."""


class OnnxModel:
    """An open file. `spec` is the part of the spec that reading rows takes: `read_rows(path, model.spec, report)`."""

    def __init__(self, session: onnxruntime.InferenceSession, description: dict[str, Any], name: str) -> None:
        self.session = session
        self.description = description
        self.spec: Spec = read_spec(description)
        self.columns: dict[str, dict[str, Any]] = description["inputs"]
        """The columns it takes by name: kind, type, labels, marks for missing, size."""
        self.targets: dict[str, dict[str, Any]] = description["answers"]
        """The targets it answers by name: kind, labels, and the output with their probabilities."""
        self.name = name
        """What messages call it."""
        _says_what_it_is(self)

    @classmethod
    def open(cls, path: Path) -> OnnxModel:
        """Raises `NotAModel`, or `OSError` where the file cannot be read."""
        return cls.load(read_regular(path), str(path))

    @classmethod
    def load(cls, content: bytes, name: str = "the model") -> OnnxModel:
        """The model in a file's bytes; `name` is what messages call it."""
        refused = why_refused(content)
        if refused is not None:
            raise NotAModel(f"{name} {refused}")
        try:
            session = open_session(content)
        except Exception as error:  # onnxruntime's own errors share no base but this one
            raise NotAModel(f"{name} is damaged or no ONNX file") from error
        try:
            text = session.get_modelmeta().custom_metadata_map.get(KEY)
        except UnicodeDecodeError as error:
            raise NotAModel(f"{name} is damaged: what it says of itself is no text") from error
        if text is None:
            raise NotAModel(f"{name} was not written by specc: it does not say which columns it takes")
        try:
            description = json.loads(text)
            written = description["format"]
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise NotAModel(f"{name} is damaged: what it says about its columns cannot be read") from error
        if description.get("kind") == SAMPLER:
            raise NotAModel(f"{name} draws rows and answers none: run it with onnxruntime, or the run with `specc sample`")
        if written != FORMAT:
            raise NotAModel(f"{name} was written by another version of specc, {description.get('version')}: export it again")
        try:
            return cls(session, description, name)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise NotAModel(f"{name} is damaged: what it says about its columns cannot be read") from error

    def answer(self, raw: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The outputs by name: labels as texts, `…_probabilities`, numbers in their own unit. `raw` has the columns, as read.

        Raises `NotAModel` where the graph cannot be computed.
        """
        try:
            feeds = {name: raw[name] for name in self.columns}
            count = len(next(iter(feeds.values())))
            shapes = self._shapes(count)
        except (KeyError, TypeError, ValueError, AttributeError, StopIteration) as error:
            raise NotAModel(f"{self.name} is damaged: its graph is not the one that it describes") from error
        names = [output.name for output in self.session.get_outputs()]
        try:
            parts = [
                self.session.run(names, {name: column[start : start + CHUNK] for name, column in feeds.items()})
                for start in range(0, max(count, 1), CHUNK)
            ]
            given = {name: np.concatenate([np.asarray(part[place]) for part in parts]) for place, name in enumerate(names)}
        except Exception as error:  # onnxruntime's own errors share no base but this one
            raise NotAModel(f"{self.name} is damaged: it loads, and cannot answer these rows") from error
        if any(given[name].shape != shape for name, shape in shapes.items()):
            raise NotAModel(f"{self.name} is damaged: its answers are not one a row")
        return given

    def _shapes(self, count: int) -> dict[str, tuple[int, ...]]:
        """The shapes of the answers to so many rows."""
        shapes: dict[str, tuple[int, ...]] = {}
        for name, target in self.targets.items():
            shapes[name] = (count, *target["size"]) if target["kind"] == "features" else (count,)
            if target["kind"] in ("image", "array"):
                shapes[name] = (count, *target["size"])
            if "probabilities" in target:
                shapes[target["probabilities"]] = (count, len(target["labels"]))
        return shapes


def _says_what_it_is(model: OnnxModel) -> None:
    """What a file says of its ends is what its graph has. Raises `ValueError`."""
    given = {output.name: output.type for output in model.session.get_outputs()}
    for input in model.session.get_inputs():
        if model.columns[input.name]["type"] != input.type.removeprefix("tensor(").removesuffix(")"):
            raise ValueError(f"`{input.name}` is {input.type}")
    if len(model.columns) != len(model.session.get_inputs()):
        raise ValueError("it names columns that it does not take")
    for name, target in model.targets.items():
        if given[name].startswith("tensor(string)") != (target["kind"] == "category"):
            raise ValueError(f"`{name}` is no {target['kind']}")
        if "probabilities" in target and given[target["probabilities"]] != "tensor(float)":
            raise ValueError(f"`{name}` has no probabilities")


def open_session(content: bytes) -> onnxruntime.InferenceSession:
    """A session on the CPU that keeps its warnings to itself."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = ERRORS_ONLY
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
