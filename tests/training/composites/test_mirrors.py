"""A mirrored decoder goes the encoder's way back: shapes, numbers and weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from onnx import ModelProto

from specc.composites import whole_of
from specc.costs import parameters
from specc.onnx.build import build_onnx
from specc.onnx.parity import BOUND
from specc.onnx.session import OnnxModel
from specc.parts import part_of
from specc.pytorch.source import emit_source, parameter_table
from tests.training.composites.autoencoders import Trained, bound_autoencoder, started
from tests.training.composites.variational import Model

IMAGE, VECTOR = (4, 9, 8), (12,)
LINEAR_LAYERS = {
    "dense": ("dense(5)", VECTOR),
    "conv2d": ("conv2d(6, 3)", IMAGE),
    "strides that leave rows out": ("conv2d(6, 3, stride = 2)", IMAGE),
    "strides that leave columns out": ("conv2d(6, [2, 3], stride = [2, 3])", IMAGE),
    "padding": ("conv2d(6, 3, padding = 1, stride = 2)", IMAGE),
    "padding of two kinds": ("conv2d(6, [3, 5], padding = [1, 2])", IMAGE),
    "same": ("conv2d(6, 3, padding = same)", IMAGE),
    "same of even kernels": ("conv2d(6, [2, 4], padding = same)", IMAGE),
    "same of even kernels and strides": ("conv2d(6, 4, padding = same, stride = 2)", IMAGE),
    "same of even kernels and strides of three": ("conv2d(6, 2, padding = same, stride = 3)", IMAGE),
    "dilation": ("conv2d(6, 3, dilation = 2)", IMAGE),
    "dilation of even kernels": ("conv2d(6, [2, 3], dilation = [3, 2], padding = same)", IMAGE),
    "groups": ("conv2d(6, 3, groups = 2, stride = 2, padding = 1)", IMAGE),
    "as many groups as channels": ("conv2d(8, 2, groups = 4, padding = same)", IMAGE),
}
CHAINS = {
    **LINEAR_LAYERS,
    "flatten": ("flatten; dense(7, tanh); dense(3)", IMAGE),
    "reshape": ("reshape([3, 2, 2]); conv2d(5, 2, activation = tanh); flatten; dense(4)", VECTOR),
    "max pool": ("conv2d(4, 2, padding = same, activation = relu); max_pool2d([3, 2]); flatten; dense(5, sigmoid)", IMAGE),
    "average pool": ("average_pool2d([1, 2]); conv2d(5, 3, padding = same)", IMAGE),
    "layers that only act on the way there": (
        "gaussian_noise(0.1); dense(9); batch_norm; relu; dropout(0.2); dense(4, tanh); layer_norm",
        VECTOR,
    ),
    "an activation as a layer": ("dense(9); leaky_relu(0.2); dense(4); tanh", VECTOR),
}


@pytest.mark.parametrize("layer, size", LINEAR_LAYERS.values(), ids=LINEAR_LAYERS)
def test_a_tied_layer_is_the_transpose_of_its_own(layer: str, size: tuple[int, ...]) -> None:
    """`⟨W x, y⟩ = ⟨x, Wᵀ y⟩` for all x and y."""
    module = started(bound_autoencoder(layer, "mirror(tied = true)", size), biases=False).double()
    generator = torch.Generator().manual_seed(2)
    x = torch.randn(3, *size, generator=generator, dtype=torch.float64)
    code = module.encoder(x)
    y = torch.randn(code.shape, generator=generator, dtype=torch.float64)
    torch.testing.assert_close((code * y).flatten(1).sum(1), (x * module.decoder(y)).flatten(1).sum(1))


@pytest.mark.parametrize("layer, size", LINEAR_LAYERS.values(), ids=LINEAR_LAYERS)
def test_an_untied_layer_computes_as_a_tied_one_with_the_same_weight(layer: str, size: tuple[int, ...]) -> None:
    tied = started(bound_autoencoder(layer, "mirror(tied = true)", size), biases=False)
    untied = started(bound_autoencoder(layer, "mirror", size), biases=False)
    ((of, weight),) = ((n, p) for n, p in tied.named_parameters() if n.endswith("weight"))
    (own,) = (p for n, p in untied.named_parameters() if n.endswith("weight") and n != of)
    with torch.no_grad():
        own.copy_(weight if weight.dim() == 4 else weight.t())
    code = tied.encoder(torch.randn(3, *size, generator=torch.Generator().manual_seed(2)))
    torch.testing.assert_close(untied.decoder(code), tied.decoder(code))


@pytest.mark.parametrize("tied", [True, False], ids=["tied", "untied"])
@pytest.mark.parametrize("encoder, size", CHAINS.values(), ids=CHAINS)
def test_shapes_parameters_and_numbers_are_those_of_pytorch_and_onnx(encoder: str, size: tuple[int, ...], tied: bool) -> None:
    spec = bound_autoencoder(encoder, f"mirror(tied = {str(tied).lower()})", size)
    module = started(spec)
    weights = {name: tensor.numpy() for name, tensor in module.state_dict().items()}
    assert parameters(spec) == sum(p.numel() for p in module.parameters())
    assert set(parameter_table(spec)) == {name for name, _ in module.named_parameters()}
    x = torch.randn(5, *size, generator=torch.Generator().manual_seed(2))
    result = x
    for node in spec.graphs["decoder"].nodes:
        part = part_of(spec, node.name)
        alone = started(part)
        alone.load_state_dict({name: module.state_dict()[name] for name in alone.state_dict()})
        result = alone(module.encoder(x))
        assert tuple(result.shape) == (5, *node.shape.dimensions()), node.name
    torch.testing.assert_close(result, module(x))
    answer = first_answer(build_onnx(whole_of(spec), weights), {"row": x.numpy()})
    ours = module(x).detach().numpy()
    assert answer.shape == ours.shape
    assert float(np.abs(ours - answer).max()) <= BOUND * float(np.abs(ours).max())
    code = module.encoder(x).detach().numpy()
    own = {name: weights[name] for name in started(part_of(spec, "decoder")).state_dict()}
    answer = first_answer(build_onnx(part_of(spec, "decoder"), own), {"code": code})
    assert float(np.abs(ours - answer).max()) <= BOUND * float(np.abs(ours).max())


def first_answer(model: bytes, inputs: dict[str, np.ndarray]) -> np.ndarray:
    return np.asarray(OnnxModel.load(model).session.run(None, inputs)[0])


def test_a_tied_weight_is_stored_once_and_learns_from_both_its_uses() -> None:
    spec = bound_autoencoder("dense(3)", "mirror(tied = true)", VECTOR)
    module = started(spec)
    names = ["encoder_dense_1.weight", "encoder_dense_1.bias", "decoder_dense_1.bias"]
    assert [name for name, _ in module.named_parameters()] == names
    graph = ModelProto.FromString(build_onnx(whole_of(spec), {n: t.numpy() for n, t in module.state_dict().items()})).graph
    assert sum(tensor.dims == [3, 12] for tensor in graph.initializer) == 1
    x = torch.randn(6, *VECTOR, generator=torch.Generator().manual_seed(2))
    weight = module.encoder_dense_1.weight
    (module(x) - x).square().sum().backward()
    # by hand: e = h W + c − x with h = x Wᵀ + b, so that dL/dW = 2 (e Wᵀ)ᵀ x + 2 hᵀ e
    h = module.encoder(x)
    error = h @ weight + module.decoder_dense_1.bias - x
    up, down = 2 * (error @ weight.t()).t() @ x, 2 * h.t() @ error
    torch.testing.assert_close(weight.grad, (up + down).detach())
    assert up.abs().max() > 0.1 and down.abs().max() > 0.1


def test_what_is_tied_starts_from_one_draw() -> None:
    tied = bound_autoencoder("dense(3); dense(2)", "mirror(tied = true)", VECTOR)
    assert emit_source(tied).count("xavier_uniform_") == 2
    assert emit_source(bound_autoencoder("dense(3); dense(2)", "mirror", VECTOR)).count("xavier_uniform_") == 4


def test_what_a_pool_took_together_comes_back_alike() -> None:
    """Between two convolutions that change nothing."""
    module = started(bound_autoencoder("conv2d(4, 1); average_pool2d([3, 2])", "mirror", IMAGE), biases=False)
    with torch.no_grad():
        for name, weight in module.named_parameters():
            if name.endswith("weight"):
                weight.copy_(torch.eye(4)[:, :, None, None])
    x = torch.randn(2, *IMAGE, generator=torch.Generator().manual_seed(2))
    blocks = module(x).unfold(2, 3, 3).unfold(3, 2, 2)
    torch.testing.assert_close(blocks.mean((4, 5)), module.encoder(x))
    assert torch.equal(blocks.amax((4, 5)), blocks.amin((4, 5)))


@pytest.fixture(scope="module")
def gaussian() -> tuple[np.ndarray, float]:
    """Rows with a few large directions, and the error of their best three: the mean of the other variances."""
    draw = np.random.default_rng(4)
    turned = np.linalg.qr(draw.normal(size=(8, 8)))[0]
    rows = draw.normal(size=(400, 8)) * [3.0, 2.5, 2.0, 0.5, 0.4, 0.3, 0.2, 0.1] @ turned + draw.normal(size=8)
    rows = rows.astype(np.float32)
    variances = np.linalg.eigvalsh(np.cov(rows.astype(np.float64).T, bias=True))
    return rows, float(variances[:5].sum() / 8)


@pytest.mark.parametrize("decoder", ["mirror(tied = true)", "mirror", "dense(8)"])
def test_a_linear_autoencoder_reaches_the_optimum_of_principal_components(
    tmp_path: Path, gaussian: tuple[np.ndarray, float], decoder: str
) -> None:
    """The best linear code of k numbers spans the k directions of the largest variance (Baldi and Hornik 1989)."""
    rows, optimum = gaussian
    train = "batch = all; optimizer = sgd(0.1, momentum = 0.95); steps = 2_000"
    trained = Trained(tmp_path, rows, "dense(3)", decoder, train).run()
    error = float((trained.rebuilt(rows) - torch.from_numpy(rows)).double().square().mean())
    assert optimum * (1 - 1e-5) <= error <= optimum * (1 + 1e-5)
    weight = trained.module.encoder_dense_1.weight.detach().double().numpy()
    centered = rows - rows.mean(0)
    best = np.linalg.svd(centered.astype(np.float64), full_matrices=False)[2][:3]
    spanned = np.linalg.qr(weight.T)[0]
    assert np.linalg.svd(best @ spanned)[1] == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("tied", [False, True])
def test_a_code_of_a_vae_comes_back_by_a_dense_layer_of_its_own(tied: bool, tmp_path: Path) -> None:
    """`latent(2)` of seven units: seven units of two numbers, with the activation that they had, and then the encoder's way."""
    rows = np.random.default_rng(0).standard_normal((8, *VECTOR))
    body = f"encoder {{ input(row); dense(9, relu); dense(7, tanh) }}; latent(2); decoder = mirror(tied = {str(tied).lower()})"
    model = Model(tmp_path, rows, body)
    weights = model.module.state_dict()
    biases = ["decoder_dense_1.bias", "decoder_dense_2.bias", "decoder_dense_3.bias"]
    own = ["decoder_dense_1.weight"] + ([] if tied else ["decoder_dense_2.weight", "decoder_dense_3.weight"])
    assert sorted(name for name in weights if name.startswith("decoder")) == sorted(biases + own)
    back = [weights["decoder_dense_1.weight"].t()]
    back += [
        weights[f"encoder_dense_{n}.weight"] if tied else weights[f"decoder_dense_{m}.weight"].t() for n, m in ((2, 2), (1, 3))
    ]
    code = torch.randn(4, 2, generator=torch.Generator().manual_seed(2))
    seven, nine, last = (w.double() for w in back)
    expected = torch.relu(torch.tanh(code.double() @ seven) @ nine) @ last  # biases start at zero
    torch.testing.assert_close(model.module.decoder(code).detach(), expected.float())
    part = part_of(model.spec, "decoder")
    alone = {name: weights[name].numpy() for name in started(part).state_dict()}
    answer = first_answer(build_onnx(part, alone), {"latent": code.numpy()})
    np.testing.assert_allclose(answer, expected.numpy(), atol=1e-6)
