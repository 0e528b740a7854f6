"""PyTorch dropping numbers by masks that are given, where dropout stays in use."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode


class Masked(TorchFunctionMode):
    """Within it, each dropout that drops takes the next mask: `x · mask / (1 − rate)`."""

    def __init__(self, masks: Iterable[Tensor]) -> None:
        super().__init__()
        self.masks = list(masks)

    def __torch_function__(self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = dict(zip(("input", "p", "training"), args)) | (kwargs or {})
        if func is not F.dropout or not given.get("training", True):
            return func(*args, **(kwargs or {}))
        return given["input"] * self.masks.pop(0) * (1 / (1 - given.get("p", 0.5)))
