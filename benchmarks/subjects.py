"""What is measured: specs with their data, the measure, what it has to reach, and which peers stand beside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
EXAMPLES = REPOSITORY / "tests" / "syntax" / "examples"
SPECS = Path(__file__).parent / "specs"


@dataclass(frozen=True)
class Subject:
    """A spec that is trained once a split seed, and measured on its test rows.

    `data`: files or folders of `SPECC_DATA`, each copied to the spec's `data/`; none where they lie beside the spec.
    `least`: what the mean has to reach. `margin`: by how much it may stay below the better peer; None where that is not asked.
    `seconds`: how long the whole command may take, where that is measured.
    """

    title: str
    spec: Path
    measure: str
    seeds: int
    data: tuple[str, ...] = ()
    least: float | None = None
    margin: float | None = None
    peers: bool = True
    overrides: tuple[str, ...] = ()
    seconds: float | None = None


SUBJECTS = {
    "iris": Subject("Iris", REPOSITORY / "specs" / "iris.dn", "accuracy", 20, least=0.935, seconds=12.0),
    "titanic": Subject("Titanic", EXAMPLES / "titanic.dn", "auroc", 20, ("tabular/titanic3.csv",), margin=0.005),
    "adult": Subject("Adult census", SPECS / "adult.dn", "accuracy", 5, ("tabular/adult.data.gz",), least=0.85),
    "california": Subject(
        "California housing", SPECS / "california.dn", "r2", 5, ("tabular/california_housing.csv.gz",), least=0.78
    ),
    "digits": Subject("Digits", REPOSITORY / "specs" / "digits.dn", "accuracy", 5, least=0.97, peers=False),
    "penguins": Subject("Penguins", REPOSITORY / "specs" / "penguins.dn", "accuracy", 20, least=0.97),
    "body_mass": Subject("Body mass of penguins", REPOSITORY / "specs" / "body_mass.dn", "r2", 20, least=0.8),
    "fashion": Subject(
        title="Fashion-MNIST",
        spec=EXAMPLES / "fashion_cnn.dn",
        measure="accuracy",
        seeds=1,
        data=("fashion_mnist",),
        least=0.90,
        peers=False,
        overrides=("train.epochs=5",),
    ),
}
