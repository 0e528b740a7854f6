"""Streams of random numbers, one a purpose, so that a new dropout layer does not change the order of the rows."""

from __future__ import annotations

import hashlib

import torch

NAMES = ("weights", "order", "dropout", "augmentation", "noise", "sampling", "rows")


class Streams:
    """Generators on the CPU by name. `dropout` is torch's own default generator, the one that its layers draw from."""

    def __init__(self, seed: int) -> None:
        self.generators = {name: new_generator(seed, name) for name in NAMES if name != "dropout"}
        self.generators["dropout"] = torch.default_generator.manual_seed(stream_seed(seed, "dropout"))
        if torch.cuda.is_available():
            torch.cuda.manual_seed_all(stream_seed(seed, "dropout"))

    def __getitem__(self, name: str) -> torch.Generator:
        return self.generators[name]

    def state(self) -> dict[str, torch.Tensor]:
        states = {name: generator.get_state() for name, generator in self.generators.items()}
        if torch.cuda.is_available():
            states |= {f"cuda_{i}": state for i, state in enumerate(torch.cuda.get_rng_state_all())}
        return states

    def load(self, states: dict[str, torch.Tensor]) -> None:
        for name, generator in self.generators.items():
            generator.set_state(states[name])
        if torch.cuda.is_available():
            torch.cuda.set_rng_state_all([states[f"cuda_{i}"] for i in range(torch.cuda.device_count())])


def new_generator(seed: int, name: str) -> torch.Generator:
    """One stream at its beginning."""
    return torch.Generator().manual_seed(stream_seed(seed, name))


def stream_seed(seed: int, name: str) -> int:
    """A seed of 63 bits for one stream, the same on every machine."""
    digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1
