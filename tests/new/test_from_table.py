"""`specc new network --from TABLE`: every column typed, the spec right, canonical and bound to its table."""

from __future__ import annotations

import gzip
from pathlib import Path

import polars
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from specc.cli.new import command
from specc.diagnostics import Source
from specc.loading import bind_spec, load_spec
from specc.new.table import detect_delimiter, find_marks
from specc.syntax.format import format_text
from specc.vocabulary.columns import Category, Constant, Embedding, Median, Mode, Number, Onehot


def run(*arguments: str | Path, kind: str = "network") -> Result:
    return CliRunner().invoke(command, [kind, *(str(a) for a in arguments)])


def columns_of(file: Path) -> dict:
    """The declared columns of a written spec, which must bind to its table and be canonical."""
    text = file.read_text()
    assert format_text(Source(str(file), text)) == text
    spec, report = load_spec(file)
    bind_spec(spec, report, file.parent)
    assert list(report) == []
    assert spec.data is not None
    return spec.data.columns


def table(folder: Path, columns: dict[str, list], delimiter: str = ",", name: str = "t.csv") -> Path:
    lines = [delimiter.join(columns), *(delimiter.join(map(str, row)) for row in zip(*columns.values()))]
    path = folder / name
    path.write_text("\n".join(lines) + "\n")
    return path


ROWS = 60
LABELS = ["no", "yes"] * (ROWS // 2)
NUMBERS = [0.5 + 0.1 * i for i in range(ROWS)]


def declared(tmp_path: Path, **columns: list) -> dict:
    path = table(tmp_path, {**columns, "answer": LABELS})
    result = run("--from", path, "--target", "answer")
    assert result.exit_code == 0, result.output
    return columns_of(tmp_path / "t.dn")


def test_numbers_are_scaled_and_imputed_where_values_are_missing(tmp_path: Path) -> None:
    columns = declared(tmp_path, whole=list(range(3, 63)), gaps=["?", *NUMBERS[1:]], plain=NUMBERS)
    assert columns["plain"] == Number(scale="standard")
    assert columns["gaps"] == Number(scale="standard", impute=Median())
    assert 'missing = ["?"]' in (tmp_path / "t.dn").read_text()


def test_heavy_tails_are_logged(tmp_path: Path) -> None:
    tail = [2.0 ** (i / 4) for i in range(ROWS)]
    columns = declared(tmp_path, tail=tail, below=[-1.0, *tail[1:]])
    assert columns["tail"].transform == "log1p"
    assert columns["below"].transform is None


def test_categories_are_encoded_by_their_number_of_labels(tmp_path: Path) -> None:
    columns = declared(
        tmp_path,
        few=["a", "b", "c"] * 20,
        many=[f"l{i % 20}" for i in range(ROWS)],
        codes=[1, 2, 3] * 20,
        gap=["", *["a", "b", "c"] * 19, "a", "b"],
        gaps=["", "a", "b"] * 20,
    )
    assert columns["few"] == Category(encode=Onehot())
    assert columns["codes"] == Category(encode=Onehot())
    assert isinstance(columns["many"].encode, Embedding)
    assert columns["gap"].impute == Mode()
    assert columns["gaps"].impute == Constant(value="missing")


@pytest.mark.parametrize(
    ("name", "values", "reason"),
    [
        ("id", list(range(100, 100 + ROWS)), "another whole number in every row"),
        ("user_id", [7 * i for i in range(ROWS)], "another whole number in every row"),
        ("same", ["x"] * ROWS, 'it is "x" in every row'),
        ("empty", [""] * ROWS, "it has no values"),
        ("key", [f"k{i}" for i in range(ROWS)], "60 different texts in 60 rows"),
        ("story", [f"a tale of {i} words" for i in range(ROWS)], "free text"),
        ("day", [f"2020-01-{1 + i % 28:02d}" for i in range(ROWS)], "dates are not read yet"),
        ("rare", ["", "", "", *NUMBERS[:1]] * 15, "missing in"),
        ("boat", ["", "b"] * 30, "where it is missing almost tells `answer`"),
        ("features", NUMBERS, "means all columns"),
        ("a*", NUMBERS, "is a pattern"),
        ("", NUMBERS, "no name"),
    ],
)
def test_what_cannot_be_learnt_from_is_left_out_with_the_reason(tmp_path: Path, name: str, values: list, reason: str) -> None:
    if name == "rare":
        values = [v if v == "" else 0.5 + i for i, v in enumerate(values)]
    columns = declared(tmp_path, **{name: values, "plain": NUMBERS})
    assert set(columns) == {"plain", "answer"}
    lines = (tmp_path / "t.dn").read_text().split("\n")
    (comment,) = [line for line in lines if line.strip().startswith(f"#   {name or '(no name)'}: ")]
    assert reason in comment


def test_names_that_are_no_plain_words_are_quoted(tmp_path: Path) -> None:
    name = 'Größe "in" m.'
    path = table(tmp_path, {'"Größe ""in"" m."': NUMBERS, "2nd": NUMBERS[::-1], "the answer": LABELS})
    assert run("--from", path, "--target", "the answer").exit_code == 0
    assert set(columns_of(tmp_path / "t.dn")) == {name, "2nd", "the answer"}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    path = table(tmp_path, {"a": NUMBERS, "b": ["x", "y"] * 30, "c": LABELS}, delimiter)
    assert run("--from", path, "--target", "c").exit_code == 0
    assert set(columns_of(tmp_path / "t.dn")) == {"a", "b", "c"}


def test_a_delimiter_inside_quotes_does_not_count() -> None:
    assert detect_delimiter('a;b\n"1,2,3";x\n"4,5,6";y\n') == ";"


def test_marks_are_taken_for_missing_where_the_rest_is_numbers_only() -> None:
    assert find_marks({"a": {"1", "2", "-"}, "b": {"yes", "no", "None"}}) == ["-"]
    assert find_marks({"a": {"x", "y", "-"}}) == []
    assert find_marks({"a": {"x", "?"}, "b": {"1", "unknown"}}) == ["?", "unknown"]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (LABELS, Category()),
        ([0, 1] * 30, Category()),
        ([3, 4, 5, 6] * 15, Category()),
        ([*[3, 4, 5] * 19, 3, 4, 6], Number(scale="standard")),
        (list(range(ROWS)), Number(scale="standard")),
        (NUMBERS, Number(scale="standard")),
        (["", *NUMBERS[1:]], Number(scale="standard", missing="drop")),
        (["", *LABELS[1:]], Category(missing="drop")),
    ],
)
def test_the_kind_of_the_target(tmp_path: Path, values: list, kind: Number | Category) -> None:
    path = table(tmp_path, {"a": NUMBERS, "b": NUMBERS[::-1], "y": values})
    assert run("--from", path, "--target", "y").exit_code == 0
    assert columns_of(tmp_path / "t.dn")["y"] == kind


@pytest.mark.parametrize("values", [["x"] * ROWS, [""] * ROWS, [f"t{i}" for i in range(ROWS)]])
def test_a_target_that_cannot_be_learnt_is_refused(tmp_path: Path, values: list) -> None:
    path = table(tmp_path, {"a": NUMBERS, "y": values})
    result = run("--from", path, "--target", "y")
    assert result.exit_code == 2
    assert "`y` cannot be the target" in result.stderr
    assert not (tmp_path / "t.dn").exists()


def test_a_table_without_a_header_numbers_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("".join(f"{100 + i},{n:.2f},,{label}\n" for i, (n, label) in enumerate(zip(NUMBERS, LABELS))))
    refused = run("--from", path, "--target", "income")
    assert refused.exit_code == 2
    assert "`column_1` to `column_4`" in refused.stderr
    assert run("--from", path, "--target", "column_4").exit_code == 0
    assert list(columns_of(tmp_path / "t.dn")) == ["column_1", "column_2", "column_3", "column_4"]
    text = (tmp_path / "t.dn").read_text()
    assert "header = false" in text
    assert "input(column_2)" in text


def test_a_gzipped_table_gives_its_name_without_the_ending(tmp_path: Path) -> None:
    plain = table(tmp_path, {"a": NUMBERS, "y": LABELS})
    (tmp_path / "u.csv.gz").write_bytes(gzip.compress(plain.read_bytes()))
    assert run("--from", tmp_path / "u.csv.gz", "--target", "y").exit_code == 0
    assert set(columns_of(tmp_path / "u.dn")) == {"a", "y"}


def test_a_parquet_table(tmp_path: Path) -> None:
    frame = polars.DataFrame(
        {
            "x": NUMBERS,
            "gaps": [None, *NUMBERS[1:]],
            "code": [1, 2, 3] * 20,
            "half": [1.0, 2.0, 3.0] * 20,
            "flag": [True, False, None, True] * 15,
            "lists": [[1, 2]] * ROWS,
            "day": polars.Series(["2020-01-01"] * ROWS).str.to_date(),
            "y": LABELS,
        }
    )
    frame.write_parquet(tmp_path / "t.parquet")
    assert run("--from", tmp_path / "t.parquet", "--target", "y").exit_code == 0
    columns = columns_of(tmp_path / "t.dn")
    assert set(columns) == {"x", "gaps", "code", "half", "flag", "y"}
    assert columns["gaps"].impute == Median()
    assert columns["code"] == Category(encode=Onehot())
    assert columns["half"] == Number(scale="standard")
    assert columns["flag"] == Category(encode=Onehot(), impute=Constant(value="missing"))


def test_the_table_lies_in_the_folder_of_the_spec(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    path = table(tmp_path / "data", {"a": NUMBERS, "y": LABELS})
    assert run(tmp_path / "up.dn", "--from", path, "--target", "y").exit_code == 0
    assert 'csv("data/t.csv")' in (tmp_path / "up.dn").read_text()
    result = run(tmp_path / "other" / "aside.dn", "--from", path, "--target", "y")
    assert result.exit_code == 2
    assert f"specc new network {tmp_path / 'data' / 't.dn'}" in result.stderr
    assert not (tmp_path / "other").exists()


def test_a_link_to_a_table_elsewhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "near").mkdir()
    path = table(tmp_path / "far", {"a": NUMBERS, "y": LABELS})
    (tmp_path / "near" / "t.csv").symlink_to(path)
    result = run("--from", tmp_path / "near" / "t.csv", "--target", "y")
    assert result.exit_code == 2
    assert "outside" in result.stderr


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    good = table(tmp_path, {"alpha": NUMBERS, "y": LABELS})
    assert "did you mean `alpha`?" in run("--from", good, "--target", "alpa").stderr
    assert "it has `alpha` and `y`" in run("--from", good).stderr
    (tmp_path / "t.dn").write_text("# mine\n")
    assert run("--from", good, "--target", "y").exit_code == 2
    assert (tmp_path / "t.dn").read_text() == "# mine\n"
    folder = run("--from", tmp_path, "--target", "y")
    assert (folder.exit_code, "is a folder: name a CSV or Parquet table" in folder.stderr) == (2, True)
    absent = run("--from", tmp_path / "none.csv", "--target", "y")
    assert (absent.exit_code, "E0401" in absent.stderr) == (1, True)
    for name, content, code in [
        ("ragged.csv", b"a,b,c\n1,2,x\n1,2\n", "E0402"),
        ("empty.csv", b"", "E0403"),
        ("header.csv", b"a,b\n", "E0403"),
        ("one.csv", b"a\n1\n2\n", "E0403"),
        ("latin.csv", b"a,b\n\xe9,1\n", "E0402"),
        ("binary.csv", b"\x00\x01\x02", "E0402"),
        ("cut.parquet", b"PAR1....", "E0402"),
        ("cut.csv.gz", gzip.compress(b"a,b\n1,2\n" * 99)[:20], "E0402"),
    ]:
        (tmp_path / name).write_bytes(content)
        result = run("--from", tmp_path / name, "--target", "b")
        assert (result.exit_code, code in result.stderr) == (1, True), name


def test_a_label_with_a_single_row_is_said_before_anything_is_written(tmp_path: Path) -> None:
    path = table(tmp_path, {"a": NUMBERS, "y": ["odd", *LABELS[1:]]})
    result = run("--from", path, "--target", "y")
    assert result.exit_code == 1
    assert "`odd` has a single row" in result.stderr
    assert "nothing is written" in result.stderr
    assert not (tmp_path / "t.dn").exists()


@pytest.mark.parametrize("kind", ["autoencoder", "vae", "gan"])
def test_rows_are_learnt_whole(tmp_path: Path, kind: str) -> None:
    """No column is left out for a target, and each is one number or one a label: what can be made again."""
    path = table(tmp_path, {"a": NUMBERS, "many": [f"l{i % 20}" for i in range(ROWS)], "y": LABELS})
    assert run("--from", path, kind=kind).exit_code == 0
    columns = columns_of(tmp_path / "t.dn")
    assert columns == {"a": Number(scale="standard"), "many": Category(encode=Onehot()), "y": Category(encode=Onehot())}
    assert ("elbo(variance = 0.1)" in (tmp_path / "t.dn").read_text()) == (kind == "vae")
    labels = table(tmp_path, {"many": [f"l{i % 20}" for i in range(ROWS)], "y": LABELS}, name="labels.csv")
    assert run("--from", labels, kind=kind).exit_code == 0
    columns_of(tmp_path / "labels.dn")
    refused = run("--from", path, "--target", "y", kind=kind)
    assert (refused.exit_code, f"`{kind}` learns whole rows" in refused.stderr) == (2, True)


def test_kinds_that_are_not_written_for_a_table_are_refused(tmp_path: Path) -> None:
    refused = run("--from", table(tmp_path, {"a": NUMBERS, "y": LABELS}), kind="rbm")
    assert (refused.exit_code, "the kinds `network`, `autoencoder`, `vae` and `gan`, not of a `rbm`" in refused.stderr) == (
        2,
        True,
    )


field = st.one_of(
    st.floats(-1e6, 1e6).map(lambda x: f"{x:.3g}"), st.integers(-3, 3).map(str), st.text('ab?-, "é', max_size=4), st.just("")
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(field, field, field), min_size=3, max_size=12), st.sampled_from(["network", "autoencoder", "vae", "gan"])
)
def test_any_table_gives_a_spec_that_binds_or_a_message(tmp_path_factory: pytest.TempPathFactory, rows: list, kind: str) -> None:
    folder = tmp_path_factory.mktemp("any")
    escape = '"{}"'.format
    lines = [",".join(escape(value.replace('"', '""')) for value in row) for row in [("a", "b c", "y"), *rows]]
    (folder / "t.csv").write_text("\n".join(lines) + "\n")
    target = ("--target", "y") if kind == "network" else ()
    result = run("--from", folder / "t.csv", *target, kind=kind)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    if result.exit_code == 0:
        columns_of(folder / "t.dn")
    else:
        assert "error" in result.stderr


@pytest.mark.parametrize(
    ("name", "target"),
    [("titanic3.csv", "survived"), ("california_housing.csv.gz", "median_house_value"), ("adult.data.gz", "column_15")],
)
def test_real_tables(real_data: Path, tmp_path: Path, name: str, target: str) -> None:
    (tmp_path / name).write_bytes((real_data / "tabular" / name).read_bytes())
    assert run("--from", tmp_path / name, "--target", target).exit_code == 0
    (file,) = tmp_path.glob("*.dn")
    columns = columns_of(file)
    assert target in columns
    if name == "titanic3.csv":
        assert set(columns) == {"pclass", "survived", "sex", "age", "sibsp", "parch", "fare", "embarked"}
