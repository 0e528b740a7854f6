"""Where and with how many threads a run computes, by fixed rules, so that equal runs give equal bits."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from specc.costs import multiply_adds
from specc.ir import Spec

ONE_THREAD_BELOW = 20_000_000
"""Multiply-adds of a forward step below which a second thread costs more than it brings."""


class NoSuchDevice(Exception):
    """The machine has no device of the kind asked for."""


def choose_device(name: str = "auto") -> torch.device:
    """`auto`: a CUDA device where there is one, then Apple's, then the CPU. Raises `NoSuchDevice`."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise NoSuchDevice("there is no CUDA device here: take `--device cpu`, or `auto`")
    if name == "mps" and not torch.backends.mps.is_available():
        raise NoSuchDevice("there is no MPS device here: take `--device cpu`, or `auto`")
    return torch.device(name)


@contextmanager
def compute_with(device: torch.device, threads: int) -> Iterator[None]:
    """Runs what is inside on so many threads and with algorithms that give equal bits; what was set before is set again."""
    before = torch.get_num_threads()
    deterministic, benchmark = torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark
    torch.set_num_threads(threads)
    torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = True, False
    try:
        yield
    finally:
        torch.set_num_threads(before)
        torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = deterministic, benchmark


def choose_threads(spec: Spec, batch: int) -> int:
    """One thread for small networks, all cores for others: decided by the work of a step alone."""
    if batch * multiply_adds(spec) < ONE_THREAD_BELOW:
        return 1
    return os.cpu_count() or 1


def free_on(device: torch.device) -> int | None:
    """Bytes that are free on a device with memory of its own, or that torch holds there without use; None elsewhere."""
    if device.type != "cuda":
        return None
    held = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return torch.cuda.mem_get_info(device)[0] + held
