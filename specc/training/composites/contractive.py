"""How much the code of a row changes with the row: the squared Frobenius norm of the Jacobian of an encoder, differentiable."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from specc.door import identifier
from specc.ir import Node, Spec
from specc.training.composites.parts import Parts
from specc.training.evaluate import in_use
from specc.vocabulary.activations import Elu, HardTanh, LeakyRelu, Linear, Relu, Sigmoid, Softplus, Tanh
from specc.vocabulary.families import Activation
from specc.vocabulary.layers.activating import Activate
from specc.vocabulary.layers.composite import Given
from specc.vocabulary.layers.dense import Dense
from specc.vocabulary.layers.noise import Dropout, GaussianNoise, MaskingNoise, SaltAndPepper
from specc.vocabulary.layers.reshaping import Flatten, Reshape
from specc.vocabulary.layers.sources import Input

Pair = tuple[Tensor, Tensor]


def _sigmoid(part: Activation, z: Tensor) -> Pair:
    h = torch.sigmoid(z)
    return h, h * (1 - h)


def _tanh(part: Activation, z: Tensor) -> Pair:
    h = torch.tanh(z)
    return h, 1 - h * h


def _elu(part: Elu, z: Tensor) -> Pair:
    h = F.elu(z, part.alpha)
    return h, torch.where(z > 0, torch.ones_like(z), h + part.alpha)


SLOPES: dict[type[Activation], Callable[..., Pair]] = {
    Linear: lambda part, z: (z, torch.ones_like(z)),
    Sigmoid: _sigmoid,
    Tanh: _tanh,
    Relu: lambda part, z: (torch.relu(z), (z > 0).to(z.dtype)),
    LeakyRelu: lambda part, z: (F.leaky_relu(z, part.slope), torch.where(z > 0, 1.0, part.slope).to(z.dtype)),
    HardTanh: lambda part, z: (F.hardtanh(z), ((z > -1) & (z < 1)).to(z.dtype)),
    Softplus: lambda part, z: (F.softplus(z), torch.sigmoid(z)),
    Elu: _elu,
}
"""`a(z)` and `a'(z)` of activations of each number alone."""
PASS_ON = (Input, Given, Flatten, Reshape, Dropout, GaussianNoise, MaskingNoise, SaltAndPepper)
"""Layers that give the same numbers in use."""


class Contraction:
    """`Σᵢⱼ (∂hⱼ/∂xᵢ)²` of each row, `[rows]`, of the encoder in use.

    Of dense layers one after the other with activations of known slope the Jacobian is a product of matrices, `D₂ W₂ D₁ W₁` with
    D the slopes of a row: of a single layer the norm is `Σⱼ a'(zⱼ)² Σᵢ Wⱼᵢ²`. Of other encoders each unit of the code is
    differentiated by itself, and its gradient once more by the weights.
    """

    def __init__(self, spec: Spec, parts: Parts) -> None:
        self.parts, self.chain = parts, dense_chain(spec)

    def __call__(self, module: nn.Module, inputs: Mapping[str, Tensor], entry: str) -> Tensor:
        """`entry`: the tensor of the door that the encoder takes."""
        if self.chain:
            return self.by_products(module, inputs[entry])
        return self.by_differentiation(module, inputs, entry)

    def by_products(self, module: nn.Module, x: Tensor) -> Tensor:
        """By the product of the matrices from the code down; the last one enters by the products of its rows, `W₁ W₁ᵀ`."""
        h, slopes, weights = x.flatten(1), [], []
        for node, activation in self.chain:
            layer: nn.Linear = getattr(module, identifier(node.name))
            h, slope = SLOPES[type(activation)](activation, F.linear(h, layer.weight, layer.bias))
            slopes.append(slope)
            weights.append(layer.weight)
        if len(weights) == 1:
            return slopes[0].square() @ weights[0].square().sum(1)
        product = slopes[-1].unsqueeze(2) * weights[-1]  # [rows, code, units below]
        for slope, weight in zip(slopes[-2:0:-1], weights[-2:0:-1]):
            product = (product * slope.unsqueeze(1)) @ weight
        product = product * slopes[0].unsqueeze(1)
        return ((product @ (weights[0] @ weights[0].t())) * product).sum((1, 2))

    @torch.enable_grad()
    def by_differentiation(self, module: nn.Module, inputs: Mapping[str, Tensor], entry: str) -> Tensor:
        x = inputs[entry].detach().requires_grad_()
        with in_use(module):
            seen = {**inputs, entry: x}
            code = self.parts(module, "encoder", seen, seen)[self.parts.ends["encoder"]]
        norm = x.new_zeros(len(x))
        for unit in code.flatten(1).unbind(1):
            if unit.requires_grad:
                (slope,) = torch.autograd.grad(unit.sum(), x, create_graph=True)
                norm = norm + slope.square().flatten(1).sum(1)
        return norm


def dense_chain(spec: Spec) -> list[tuple[Node, Activation]]:
    """The dense layers of the encoder with their activations, where there is nothing else in it; else nothing."""
    chain: list[tuple[Node, Activation]] = []
    before = ""
    for node in spec.graphs["encoder"].nodes:
        layer = node.layer
        if node.inputs != ((before,) if before else ()):
            return []  # branches, or a second input
        before = node.name
        if isinstance(layer, Dense) and layer.norm is None and type(layer.activation or Linear()) in SLOPES:
            chain.append((node, layer.activation or Linear()))
        elif isinstance(layer, Activate) and chain and isinstance(chain[-1][1], Linear) and type(layer.activation) in SLOPES:
            chain[-1] = (chain[-1][0], layer.activation)
        elif not isinstance(layer, PASS_ON) or getattr(layer, "always", False):
            return []
    return chain
