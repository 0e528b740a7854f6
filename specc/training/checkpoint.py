"""What `--resume` needs to continue to the very same bits: one safetensors file, its state as JSON inside."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from specc.training.loop import Position, Training
from specc.writing import write_atomically

SECONDS_BETWEEN = 1.0


class DamagedCheckpoint(Exception):
    """A saved state that cannot be taken up; the message says why."""


class Checkpoints:
    """Saves a training at most once a second, and at its end; a kill between leaves the one before."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "state.safetensors"
        self.last = -SECONDS_BETWEEN

    def save(self, training: Training, final: bool) -> None:
        now = time.monotonic()
        if not final and now - self.last < SECONDS_BETWEEN:
            return
        self.last = now
        write_state(self.path, training)


def write_state(path: Path, training: Training) -> None:
    """Writes the whole state of a training beside its place and renames it."""
    tensors: dict[str, Tensor] = {f"stream/{name}": state for name, state in training.streams.state().items()}
    if training.procedure is not None:
        tensors |= {f"procedure/{name}": tensor for name, tensor in training.procedure.tensors().items()}
    else:
        tensors |= {f"procedure/module/{name}": tensor for name, tensor in training.module.state_dict().items()}
    tensors |= {f"kept/{name}": tensor for name, tensor in training.kept.items()}
    plain = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    write_atomically(path, save(plain, metadata={"state": json.dumps(asdict(training.position))}))


def read_state(path: Path, training: Training) -> None:
    """Takes up a saved state: the next step is the one that the interrupted run would have made. Raises `DamagedCheckpoint`."""
    try:
        with safe_open(path, "pt") as file:
            position = Position(**json.loads((file.metadata() or {})["state"]))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is no dict)
        _take_up(position, tensors, training)
    except (SafetensorError, OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise DamagedCheckpoint(str(error).partition("\n")[0]) from error


def _take_up(position: Position, tensors: dict[str, Tensor], training: Training) -> None:
    procedure = _below(tensors, "procedure/")
    with torch.no_grad():
        training.module.load_state_dict(_below(procedure, "module/"))
    training.streams.load(_below(tensors, "stream/"))
    training.kept = {name: tensor.to(training.device) for name, tensor in _below(tensors, "kept/").items()}
    training.position = position
    training.resumed = procedure if position.phase < len(training.spec.phases) and position.rate else None


def _below(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
