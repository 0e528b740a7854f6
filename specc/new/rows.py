"""Writes the first spec of a table whose rows are to be made again, or new ones like them: an autoencoder, a vae or a gan."""

from __future__ import annotations

from specc.diagnostics.render import visible
from specc.new.guess import Guess, guess_columns, without_vectors
from specc.new.table import RawTable
from specc.new.write import by_rows, data_of, hyper_of, taken_columns, train_of, written

MOST_OF_A_CODE = 8
MODELS = {
    "autoencoder": "encoder {{\ninput({taken})\ndense($width, relu)\ndense code($code)\n}}\ndecoder = mirror",
    "vae": "encoder {{\ninput({taken})\ndense($width, relu)\n}}\nlatent($code)\ndecoder = mirror",
    "gan": "latent($code)\n"
    "generator {{\nrepeat(2) {{ dense($width, relu) }}\ndense({size})\n}}\n"
    "discriminator {{\ninput({taken})\nrepeat(2) {{ dense($width); leaky_relu(0.2) }}\ndense(1)\n}}",
}
MADE = "specc sample {run} -n 100 -o made.csv    # rows like these"
USES = {
    "autoencoder": "specc predict {run} {table} -o scores.csv    # the last column: how badly a row comes back",
    "vae": MADE,
    "gan": MADE,
}
"""What each kind is for."""
GAME = """train {{
loss = non_saturating
penalty = r1(1)    # the fewer the rows, the more of it
average = ema(0.99)
optimizer = adam($rate, betas = [0.0, 0.99])
epochs = {epochs}
batch = {batch}
}}"""


def spec_of_rows(table: RawTable, path: str, kind: str, name: str, size: int = 0) -> str:
    """The canonical text of a first spec of a kind, called `name`, for rows of `size` numbers, which a gan has to be told.

    `path` is the table's, from the spec's folder.
    """
    guesses = [without_vectors(guess) for guess in guess_columns(table)]
    comment = f"#   {USES[kind].format(run=f'runs/{visible(name)}', table=visible(path))}\n"
    model = MODELS[kind].format(taken=taken_columns(table, guesses), size=size)
    sections = [_hyper(table.rows, kind, guesses), data_of(table, path, guesses), f"{kind} {{\n{model}\n}}"]
    return written(path, [*sections, _train(table.rows, kind, guesses)], comment)


def _hyper(rows: int, kind: str, guesses: list[Guess]) -> str:
    columns = sum(not guess.reason for guess in guesses)
    code = MOST_OF_A_CODE if kind == "gan" else max(1, min(MOST_OF_A_CODE, columns // 2))
    rate = "1e-3" if kind == "gan" else by_rows(rows, "3e-3", "2e-3", "1e-3", "1e-3")
    line = f"code = int({code}, 1 .. {max(2 * MOST_OF_A_CODE, columns)}, log)\n"
    return hyper_of(by_rows(rows, 64, 64, 128, 256) if kind == "gan" else by_rows(rows, 32, 64, 128, 256), rate, line)


def _train(rows: int, kind: str, guesses: list[Guess]) -> str:
    if kind == "gan":
        return GAME.format(epochs=by_rows(rows, 300, 150, 60, 30), batch=by_rows(rows, 32, 32, 128, 512))
    numbers = any(guess.declaration.startswith("number") for guess in guesses)
    loss = "loss = elbo(variance = 0.1)    # of the numbers around what a code stands for\n" if kind == "vae" and numbers else ""
    return train_of(rows, loss)
