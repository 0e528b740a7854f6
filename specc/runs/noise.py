"""PyTorch drawing units from noise that is given, in place of a generator's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from specc.pytorch.nn import RestrictedBoltzmann


class Given(TorchFunctionMode):
    """Within it, `uniform_` and `normal_` take the tensors of a list in turn; of one that is wider, the first columns."""

    def __init__(self, noise: Sequence[Tensor]) -> None:
        super().__init__()
        self.noise = list(noise)

    def __torch_function__(self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func not in (Tensor.uniform_, Tensor.normal_):
            return func(*args, **(kwargs or {}))
        tensor: Tensor = args[0]
        noise = self.noise.pop(0)
        if noise.numel() != tensor.numel():
            noise = noise[:, : tensor.shape[1]]
        return tensor.copy_(noise.reshape(tensor.shape))


def noise_of(
    machine: RestrictedBoltzmann, hidden: bool, name: str, tensors: dict[str, np.ndarray], shift: float = 0.0
) -> list[Tensor]:
    """The noise of one side of a machine, by the inputs of a file that begin with `name`, in the order in which PyTorch draws.

    Numbers between 0 and 1 are shifted by so much.
    """
    if hidden:
        kinds = [(machine.units, len(machine.hidden_bias))]
    else:
        places = [(stretch.kind, stretch.place, getattr(stretch.units, "width", 1)) for stretch in machine.stretches]
        kinds = [(kind, (place.stop - place.start) // (width if kind == "softmax" else 1)) for kind, place, width in places]
    used = {"uniform": 0, "normal": 0}
    noise: list[Tensor] = []
    for kind, count in kinds:
        if kind == "replicated_softmax":
            noise.append(_shifted(tensors[f"{name}_count_uniform"], shift))
            continue
        word = "normal" if kind == "gaussian" else "uniform"
        numbers = tensors[f"{name}_{word}"][:, used[word] : used[word] + count]
        used[word] += count
        noise.append(torch.from_numpy(numbers) if word == "normal" else _shifted(numbers, shift))
    return noise


def _shifted(numbers: np.ndarray, shift: float) -> Tensor:
    return torch.from_numpy((numbers + np.float32(shift)).clip(0.0, 1.0 - 2.0**-24).astype(np.float32))
