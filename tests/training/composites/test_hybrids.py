"""A discriminator in an autoencoder: codes become like the latent; in a variational one the decoder learns by what it is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from specc.data.bind import Dataset
from specc.ir import Spec
from specc.pytorch.source import build_module
from specc.training.loop import Training
from specc.training.streams import Streams
from tests.data.binding import bound, npz_file

ALL = "; split = random(train = 1.0, validation = 0.0, test = 0.0)"
JUDGE = "dense(32); leaky_relu(0.2); dense(1)"
OF_CODES = (
    "latent(1, KIND); encoder { input(row); dense(32, tanh); dense(1) }; decoder { dense(32, tanh); dense(2) };"
    f" discriminator {{ {JUDGE} }}"
)
OF_ROWS = (
    "encoder { input(row); dense(16, tanh) }; latent(2); decoder { dense(16, tanh); dense(2) };"
    f" discriminator {{ input(row); {JUDGE} }}"
)


class Hybrid:
    """A bound spec of rows `row`, at its start."""

    def __init__(self, folder: Path, kind: str, body: str, train: str, rows: np.ndarray) -> None:
        data = f'data {{ source = npz("rows.npz"); columns {{ row = array([2]) }}{ALL} }}'
        text = f"{data}\n{kind} {{ {body} }}\ntrain {{ {train} }}\n"
        found: tuple[Spec, Dataset] = bound(folder, text, {"rows.npz": npz_file(row=rows)})
        self.spec, self.dataset = found
        self.rows, self.streams = torch.from_numpy(rows), Streams(0)
        self.module: Any = build_module(self.spec)
        self.module.start(self.streams["weights"])
        self.training = Training(self.spec, self.dataset, self.module, self.streams, torch.device("cpu"))

    def weights(self, part: str) -> dict[str, torch.Tensor]:
        return {name: values.clone() for name, values in self.module.state_dict().items() if name.startswith(part)}


def on_a_line(count: int) -> np.ndarray:
    """Points along a line, evenly spread: one number says where."""
    along = np.random.default_rng(0).uniform(-3.0, 1.0, count)
    return np.stack([along, -along], axis=1).astype(np.float32)


def distance_to_normal(codes: torch.Tensor) -> float:
    """The largest difference between the codes' distribution and N(0, 1) (Kolmogorov)."""
    ordered = codes.flatten().sort().values
    return float((torch.special.ndtr(ordered) - torch.linspace(0, 1, len(ordered))).abs().max())


@pytest.mark.parametrize("played", [False, True])
def test_codes_are_distributed_like_the_latent_where_they_are_told_from_it(tmp_path: Path, played: bool) -> None:
    rows, weight = on_a_line(512), "1.0" if played else "1e-9"
    loss = f"[mean_squared_error, {weight} * non_saturating]"
    train = f"loss = {loss}; optimizer = adam(3e-3, betas = [0.5, 0.999]); epochs = 40; batch = 64"
    hybrid = Hybrid(tmp_path, "autoencoder", OF_CODES.replace("KIND", "normal"), train, rows)
    hybrid.training.run()
    hybrid.module.eval()
    with torch.no_grad():
        codes = hybrid.module.encoder(hybrid.rows)
        error = (hybrid.module.decoder(codes) - hybrid.rows).square().mean()
    assert error < 0.1
    assert (distance_to_normal(codes) < 0.12) == played, distance_to_normal(codes)


@pytest.mark.parametrize(
    ("kind", "body", "loss"),
    [("autoencoder", OF_CODES.replace("KIND", "normal"), "mean_squared_error"), ("vae", OF_ROWS, "elbo")],
    ids=["of codes", "of rows"],
)
def test_each_side_moves_by_its_own_update(tmp_path: Path, kind: str, body: str, loss: str) -> None:
    """A frozen side keeps its weights to the bit while the other learns; without freezing both move."""
    rows = on_a_line(64)
    moved: dict[str, set[str]] = {}
    for frozen in ("", "discriminator", "encoder"):
        hold = f"; freeze = always(parts = [{frozen}{', decoder' if frozen == 'encoder' else ''}])" if frozen else ""
        train = f"loss = [{loss}, 0.5 * non_saturating]; optimizer = sgd(0.1); epochs = 1; batch = 32{hold}"
        hybrid = Hybrid(tmp_path / (frozen or "none"), kind, body, train, rows)
        before = {part: hybrid.weights(part) for part in ("encoder", "decoder", "discriminator")}
        hybrid.training.run()
        after = {part: hybrid.weights(part) for part in before}
        moved[frozen] = {p for p in before if any(not torch.equal(before[p][n], after[p][n]) for n in before[p])}
    assert moved == {
        "": {"encoder", "decoder", "discriminator"},
        "discriminator": {"encoder", "decoder"},
        "encoder": {"discriminator"},
    }


def test_the_game_alone_teaches_a_decoder_where_the_data_is(tmp_path: Path) -> None:
    """With a bound that counts for almost nothing, what the decoder makes of noise goes to where the rows are."""
    rows = (np.random.default_rng(0).standard_normal((512, 2)) * 0.3 + [3.0, -1.0]).astype(np.float32)
    train = "loss = [1e-6 * elbo, 1.0 * non_saturating]; optimizer = adam(5e-3, betas = [0.5, 0.999]); epochs = 25; batch = 64"
    hybrid = Hybrid(tmp_path, "vae", OF_ROWS, train, rows)
    hybrid.training.run()
    hybrid.module.eval()
    with torch.no_grad():
        made = hybrid.module.decoder(torch.randn(1000, 2, generator=torch.Generator().manual_seed(0)))
    assert torch.allclose(made.mean(0), torch.tensor([3.0, -1.0]), atol=0.5)
