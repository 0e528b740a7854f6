"""A composite as `show` prints and draws it: its parts apart, what follows from others as a spec would write it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

SPEC = """data {
  source = npz("rows.npz")
  columns { image = image([1, 8, 8], scale = unit) }
}
autoencoder {
  encoder {
    input(image)
    conv2d(6, 3, padding = same, stride = 2, activation = relu)
    max_pool2d(2)
    flatten
    dropout(0.1)
    dense(16, tanh)
    dense code(5)
  }
  decoder = mirror(tied = true)
}
train {
  phase pretrain { procedure = layerwise; epochs = 2 }
  phase finetune { epochs = 3 }
}
"""


@pytest.fixture
def mirrored(tmp_path: Path) -> Path:
    pixels = np.random.default_rng(0).integers(0, 256, (30, 8, 8), dtype=np.uint8)
    np.savez(tmp_path / "rows.npz", image=pixels)
    (tmp_path / "ae.dn").write_text(SPEC)
    return tmp_path / "ae.dn"


def test_mirrored_layers_are_shown_as_what_they_are(show: Callable[..., Result], mirrored: Path) -> None:
    lines = show(mirrored).output.splitlines()
    decoder = lines[lines.index("decoder") + 2 :]
    rows = [re.split(r" {2,}", line.strip()) for line in decoder[:7]]
    assert [row[:3] for row in rows] == [
        ["dense_1", "dense(16, tanh): mirrors code, tied", "[N, 5] → [N, 16]"],
        ["dense_2", "dense(24, relu): mirrors dense_1, tied", "[N, 16] → [N, 24]"],
        ["reshape_1", "reshape([6, 2, 2]): mirrors flatten_1", "[N, 24] → [N, 6, 2, 2]"],
        ["upsample_1", "upsample(2): mirrors max_pool2d_1", "[N, 6, 2, 2] → [N, 6, 4, 4]"],
        [
            "conv2d_transpose_1",
            "conv2d_transpose(1, 3, stride = 2, padding = same): mirrors conv2d_1, tied",
            "[N, 6, 4, 4] → [N, 1, 8, 8]",
        ],
        ["reconstruction", "made(image): sigmoid", "[N, 1, 8, 8] → [N, 1, 8, 8]"],
        ["total", "164 B of weights", "41"],
    ]
    assert "mirrored(" not in show(mirrored).output


def test_a_part_is_no_block_within_itself(show: Callable[..., Result], mirrored: Path) -> None:
    """Neither in the table nor in the drawing."""
    show(mirrored, "--graph", mirrored.with_suffix(".svg"))
    lines = [line.strip() for line in show(mirrored).output.splitlines()]
    assert lines.count("encoder") == lines.count("decoder") == 1
    drawn = re.findall(r"<text[^>]*>([^<]*)", mirrored.with_suffix(".svg").read_text("utf-8"))
    assert drawn.count("encoder") == drawn.count("decoder") == 1
    assert "dense(16, tanh): mirrors code, tied" in drawn


def test_a_phase_that_trains_layer_by_layer_says_which(show: Callable[..., Result], mirrored: Path) -> None:
    lines = [re.split(r" {2,}", line.strip()) for line in show(mirrored).output.splitlines()]
    assert ["layers", "encoder.conv2d_1, encoder.dense_1, encoder.code", "one after the other"] in lines
    assert ["metrics", "none°", "always: loss, reconstruction_error"] in lines
