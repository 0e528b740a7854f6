"""Dropout that stays in use: its masks are inputs of the file, drawn alike for the file and for the module."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars
import pytest

from specc.data.entering import masks_for
from specc.runs.predict import open_model, predict_file
from tests.runs.made import trained

SPECS = {
    "network": "target = y }\nnetwork { input(a, b); dense(16, relu); dropout(0.5, always = true); output(y) }",
    "autoencoder": "}\nautoencoder { encoder { input(a, b); dense(16, relu); dropout(0.25, always = true); dense(2) }\n"
    "decoder { dense(16, relu); dense(2) } }",
}


@pytest.mark.parametrize("kind", SPECS)
def test_file_and_module_drop_the_same_numbers(kind: str, tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    frame = polars.DataFrame({"a": draw.normal(size=60), "b": draw.normal(size=60), "y": draw.normal(size=60)})
    frame.write_csv(tmp_path / "t.csv")
    path = tmp_path / "s.dn"
    path.write_text(
        'data { source = csv("t.csv"); columns { a = number; b = number; y = number }; '
        + SPECS[kind]
        + "\ntrain { epochs = 2 }\n"
    )
    run = trained(path, "cpu")
    by_file = predict_file(open_model(run.path / "model.onnx"), tmp_path / "t.csv").frame
    by_run, again = run.predict(tmp_path / "t.csv"), run.predict(tmp_path / "t.csv")
    assert by_run.equals(again)
    for column in by_file.columns:
        assert by_file[column].to_list() == pytest.approx(by_run[column].to_list(), rel=1e-4, abs=1e-5)


def test_a_mask_keeps_the_share_that_the_layer_says(tmp_path: Path) -> None:
    path = tmp_path / "s.dn"
    (tmp_path / "t.csv").write_text("a,y\n" + "".join(f"{i},{i}\n" for i in range(20)))
    path.write_text(
        'data { source = csv("t.csv"); columns { a = number; y = number }; target = y }\n'
        "network { input(a); dense(50, relu); dropout(0.3, always = true); output(y) }\ntrain { epochs = 1 }\n"
    )
    (mask,) = masks_for(trained(path, "cpu").spec, 2000).values()
    assert mask.shape == (2000, 50) and set(np.unique(mask)) == {0.0, 1.0}
    assert mask.mean() == pytest.approx(0.7, abs=4 * (0.3 * 0.7 / mask.size) ** 0.5)
