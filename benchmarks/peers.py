"""scikit-learn on the very rows and columns of a run: each prepared as its spec says, a linear model and a network."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import accuracy_score, r2_score, roc_auc_score
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

import specc
from specc.data.dataset import Dataset
from specc.door import door
from specc.runs.data import data_of
from specc.vocabulary.columns import Category, Number

FEW_ROWS = 5_000
"""Below this many training rows a tenth of them is too few to stop by."""


def measure_peers(run: specc.Run, measure: str, seed: int) -> dict[str, float]:
    """The measure of each peer on the run's test rows, by the peer's name; all learn from the run's training rows."""
    dataset = data_of(run)
    train, test = dataset.rows["train"], dataset.rows["test"]
    target = run.spec.data.target[0]  # type: ignore[union-attr]
    x, y = features(run, dataset), dataset.truth[target]
    found = {}
    for name, model in (regressors if measure == "r2" else classifiers)(len(train), seed).items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # the epochs are limited, as in any comparison
            model.fit(x[train], y[train])
        found[name] = SCORES[measure](model, x[test], y[test])
    return found


def features(run: specc.Run, dataset: Dataset) -> np.ndarray:
    """What the network reads as one matrix `[rows, width]`, everything fitted on the training rows."""
    table, train = dataset.table, dataset.rows["train"]
    blocks = []
    for name in dict.fromkeys(name for tensor in door(run.spec) for name in tensor.columns):
        column, values = table.declared[name], table.columns[name].reshape(-1, 1)
        way = way_of_category() if isinstance(column, Category) else way_of_number(column)  # type: ignore[arg-type]
        blocks.append(way.fit(values[train]).transform(values))
    return np.hstack(blocks)


def way_of_number(column: Number):
    """Median, the transform of the spec, mean 0 and deviation 1."""
    transform = FunctionTransformer(np.log1p if column.transform == "log1p" else None)
    return make_pipeline(SimpleImputer(strategy="median"), transform, StandardScaler())


def way_of_category():
    """The most frequent label where one is missing, one number a label, zeros for an unseen one."""
    imputer = SimpleImputer(missing_values="", strategy="most_frequent")  # type: ignore[arg-type]
    return make_pipeline(imputer, OneHotEncoder(handle_unknown="ignore", sparse_output=False))


def classifiers(rows: int, seed: int) -> dict:
    network = MLPClassifier(random_state=seed, early_stopping=rows > FEW_ROWS)
    return {"LogisticRegression": LogisticRegression(max_iter=1000), "MLPClassifier": network}


def regressors(rows: int, seed: int) -> dict:
    network = MLPRegressor(random_state=seed, early_stopping=rows > FEW_ROWS, max_iter=500)
    models = {"LinearRegression": LinearRegression(), "MLPRegressor": network}
    return {name: TransformedTargetRegressor(model, transformer=StandardScaler()) for name, model in models.items()}


SCORES = {
    "accuracy": lambda model, x, y: float(accuracy_score(y, model.predict(x))),
    "auroc": lambda model, x, y: float(roc_auc_score(y, model.predict_proba(x)[:, 1])),
    "r2": lambda model, x, y: float(r2_score(y, model.predict(x))),
}
