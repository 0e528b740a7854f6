"""`plane`: a vector as a constant image beside the image that it takes its height and width from."""

from __future__ import annotations

import pytest
import torch

from specc.ir import Spec
from specc.pytorch.source import build_module
from tests.words import bound_spec

NETWORKS = {
    "as it is": "input(vector); dense condition(5); input(image); concat both(it, plane(condition)); {}",
    "by its argument's name": "input(vector); dense condition(5); input(image); concat both(it, plane(vector = condition)); {}",
    "as a statement": "input(vector); dense condition(5); input(image); plane of_it(condition); concat both(image_, of_it); {}",
}


def network(text: str) -> str:
    begin = "input image_(image)" if "image_" in text else "input(image)"
    return f"network {{ {text.format('flatten; output(label)').replace('input(image)', begin)} }}"


@pytest.mark.parametrize("text", NETWORKS.values(), ids=NETWORKS.keys())
def test_every_pixel_is_the_vector(text: str) -> None:
    spec = bound_spec(network(text))
    assert spec.graph.shape_of("both").dimensions() == (3 + 5, 9, 8)
    hold_planes(spec)


@pytest.mark.parametrize("beside", ["plane($given)", "plane(vector = $given)"])
def test_a_block_is_given_the_vector(beside: str) -> None:
    text = f"block beside(given) {{ concat(it, {beside}) }}\n"
    hold_planes(bound_spec(text + network("input(vector); dense condition(5); input(image); beside(condition); {}")))


def hold_planes(spec: Spec) -> None:
    """The last five channels are what `condition` gives, the first three the image."""
    module = build_module(spec)
    module.start(torch.Generator().manual_seed(1))  # type: ignore[operator]
    seen: list[torch.Tensor] = []
    module.output_1.register_forward_pre_hook(lambda _, taken: seen.append(taken[0]))  # type: ignore[union-attr]
    vector, image = torch.randn(4, 12), torch.randn(4, 3, 9, 8)
    module(vector=vector, image=image)
    given = seen[0].view(4, 8, 9, 8)
    assert torch.equal(given[:, :3], image)
    expected = module.condition(vector)  # type: ignore[operator]
    for row in range(9):
        for column in range(8):
            assert torch.equal(given[:, 3:, row, column], expected)
