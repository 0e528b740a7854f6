"""Streams of random numbers, one a purpose, so that a new dropout layer does not change the order of the rows."""

from __future__ import annotations

import hashlib

import torch

NAMES = ("weights", "order", "augmentation", "noise", "sampling")
CPU = torch.device("cpu")


class Streams:
    """Generators on the CPU by name, and that of the device itself, from which dropout draws there: torch's own default one."""

    def __init__(self, seed: int, device: torch.device = CPU) -> None:
        self.device = device
        self.generators = {name: new_generator(seed, name) for name in NAMES}
        dropout = stream_seed(seed, "dropout")
        self.generators["dropout"] = torch.default_generator.manual_seed(dropout)
        if device.type == "cuda":
            with torch.cuda.device(device):
                torch.cuda.manual_seed(dropout)
        elif device.type == "mps":
            torch.mps.manual_seed(dropout)

    def __getitem__(self, name: str) -> torch.Generator:
        return self.generators[name]

    def state(self) -> dict[str, torch.Tensor]:
        states = {name: generator.get_state() for name, generator in self.generators.items()}
        if self.device.type == "cuda":
            states["device"] = torch.cuda.get_rng_state(self.device)
        elif self.device.type == "mps":
            states["device"] = torch.mps.get_rng_state()
        return states

    def load(self, states: dict[str, torch.Tensor]) -> None:
        for name, generator in self.generators.items():
            generator.set_state(states[name])
        if self.device.type == "cuda":
            torch.cuda.set_rng_state(states["device"], self.device)
        elif self.device.type == "mps":
            torch.mps.set_rng_state(states["device"])


def new_generator(seed: int, name: str) -> torch.Generator:
    """One stream at its beginning."""
    return torch.Generator().manual_seed(stream_seed(seed, name))


def stream_seed(seed: int, name: str) -> int:
    """A seed of 63 bits for one stream, the same on every machine."""
    digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1
