"""Opens an exported file with onnxruntime alone: what it takes, and its answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from specc.ir import FORMAT, Spec
from specc.onnx.description import KEY, read_spec

CHUNK = 4096
"""Rows that are answered at once, so that a long table fits into memory."""
ERRORS_ONLY = 3


class NotAModel(Exception):
    """A file that cannot be opened as a model that specc has written; the message says why."""


class OnnxModel:
    """An open file. `spec` is the part of the spec that reading rows takes: `read_rows(path, model.spec, report)`."""

    def __init__(self, session: onnxruntime.InferenceSession, description: dict[str, Any]) -> None:
        self.session = session
        self.description = description
        self.spec: Spec = read_spec(description)
        self.columns: dict[str, dict[str, Any]] = description["inputs"]
        """The columns it takes by name: kind, type, labels, marks for missing, size."""
        self.targets: dict[str, dict[str, Any]] = description["answers"]
        """The targets it answers by name: kind, labels, and the output with their probabilities."""

    @classmethod
    def open(cls, path: Path) -> OnnxModel:
        """Raises `NotAModel`, or `OSError` where the file cannot be read."""
        return cls.load(path.read_bytes(), str(path))

    @classmethod
    def load(cls, content: bytes, name: str = "the model") -> OnnxModel:
        """The model in a file's bytes; `name` is what messages call it."""
        try:
            session = open_session(content)
        except Exception as error:  # onnxruntime's own errors share no base but this one
            raise NotAModel(f"{name} is damaged or no ONNX file") from error
        text = session.get_modelmeta().custom_metadata_map.get(KEY)
        if text is None:
            raise NotAModel(f"{name} was not written by specc: it does not say which columns it takes")
        try:
            description = json.loads(text)
            written = description["format"]
        except (ValueError, TypeError, KeyError) as error:
            raise NotAModel(f"{name} is damaged: what it says about its columns cannot be read") from error
        if written != FORMAT:
            raise NotAModel(f"{name} was written by another version of specc, {description.get('version')}: export it again")
        try:
            return cls(session, description)
        except (ValueError, TypeError, KeyError) as error:
            raise NotAModel(f"{name} is damaged: what it says about its columns cannot be read") from error

    def answer(self, raw: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The outputs by name: labels as texts, `…_probabilities`, numbers in their own unit. `raw` has the columns, as read."""
        feeds = {name: raw[name] for name in self.columns}
        count = len(next(iter(feeds.values())))
        names = [output.name for output in self.session.get_outputs()]
        parts = [
            self.session.run(names, {name: column[start : start + CHUNK] for name, column in feeds.items()})
            for start in range(0, max(count, 1), CHUNK)
        ]
        return {name: np.concatenate([np.asarray(part[place]) for part in parts]) for place, name in enumerate(names)}


def open_session(content: bytes) -> onnxruntime.InferenceSession:
    """A session on the CPU that keeps its warnings to itself."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = ERRORS_ONLY
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
