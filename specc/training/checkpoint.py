"""What `--resume` needs to continue to the very same bits: safetensors files, their state as JSON and a checksum inside."""

from __future__ import annotations

import hashlib
import json
import os
import time
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from specc.training.faults import bad_weights
from specc.training.loop import Training
from specc.training.position import Position
from specc.writing import write_atomically

SECONDS_BETWEEN = 1.0
SHARE_OF_TIME = 0.05
"""What saving may take of a run's time: a large state is saved less often."""


class DamagedCheckpoint(Exception):
    """A saved state that cannot be taken up; the message says why."""


class Checkpoints:
    """Saves a training at most once a second, and at its end. Two states are kept: the newest, and the one before it."""

    def __init__(self, folder: Path, log: Path | None = None) -> None:
        self.log = log
        self.newest, self.previous = folder / "state.safetensors", folder / "previous.safetensors"
        self.last = -SECONDS_BETWEEN
        self.between = SECONDS_BETWEEN

    def save(self, training: Training, final: bool) -> None:
        """Saves where it is due; `final`: in any case. What is no longer finite is not kept."""
        now = time.monotonic()
        if (not final and now - self.last < self.between) or bad_weights(training.module) is not None:
            return
        self.newest.parent.mkdir(exist_ok=True)  # one level only: a run's folder that is gone is not made anew
        content = as_bytes(training)
        self._settle_log()
        write_atomically(self.newest, content, self.previous)
        self.last = time.monotonic()
        self.between = max(SECONDS_BETWEEN, (self.last - now) / SHARE_OF_TIME)

    def _settle_log(self) -> None:
        """The log of the epochs that a state has behind it must not be shorter than it says, even when the power fails."""
        if self.log is not None:
            with open(self.log, "rb") as log:
                os.fsync(log.fileno())

    def take_up(self, training: Training) -> str | None:
        """Goes on from the newest state that is whole; a training that has none stays at its start.

        Gives what is wrong with the newest where the one before had to be taken. Raises `DamagedCheckpoint` if that is no better.
        """
        damage = None
        for path in (self.newest, self.previous):
            if not path.exists():
                continue
            try:
                read_state(path, training)
            except DamagedCheckpoint as error:
                damage = damage or str(error)
                continue
            if path != self.newest:
                os.replace(path, self.newest)  # the next save must not push a damaged one in its place
            return damage
        if damage is not None:
            raise DamagedCheckpoint(damage)
        return None


def as_bytes(training: Training) -> bytes:
    """The whole state of a training as a file."""
    tensors = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in training.tensors().items()}
    state = json.dumps(asdict(training.position))
    return save(tensors, metadata={"state": state, "sha256": checksum(state, tensors)})


def read_state(path: Path, training: Training) -> None:
    """Takes up a saved state: the next step is the one that the interrupted run would have made. Raises `DamagedCheckpoint`."""
    try:
        if not path.is_file():
            raise ValueError("it is no regular file")  # a pipe would be waited for
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is no dict)
        if metadata["sha256"] != checksum(metadata["state"], tensors):
            raise ValueError("its checksum does not fit")
        training.take_up(Position(**json.loads(metadata["state"])), tensors)
    except KeyError as error:
        raise DamagedCheckpoint(f"{path.name} lacks {error}") from error
    except (SafetensorError, OSError, ValueError, TypeError, RuntimeError) as error:
        raise DamagedCheckpoint(f"{path.name}: {str(error).partition(chr(10))[0]}") from error


def checksum(state: str, tensors: dict[str, Tensor]) -> str:
    """A digest of everything in a file: the numbers, the names, types and shapes of the tensors, and their bytes."""
    digest = hashlib.sha256(state.encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"\n{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data if tensor.numel() else b"")
    return digest.hexdigest()
