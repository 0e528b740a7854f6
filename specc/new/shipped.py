"""The specs that come with the program, one a kind, with their small data."""

from __future__ import annotations

from pathlib import Path

SHIPPED = {"network": "iris.dn", "rbm": "digits_rbm.dn", "dbn": "digits_dbn.dn"}
SHIPPED |= {"autoencoder": "digits_map.dn", "vae": "digits_vae.dn", "gan": "digits_gan.dn"}
"""The spec that `new` writes for each kind of model."""


class AlreadyThere(Exception):
    """A file that would be written exists, with other content."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} exists already, and `new` never overwrites")
        self.path = path


def shipped_folder() -> Path:
    """Where the shipped specs lie: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "specs"
    return installed if installed.is_dir() else package.parent / "specs"


def write_shipped(kind: str, file: Path | None) -> list[Path]:
    """Writes the spec of a kind, and beside it the data that it reads. Raises `AlreadyThere` before anything is written."""
    from specc.loading import load_spec

    shipped = shipped_folder() / SHIPPED[kind]
    file = file if file is not None else Path(shipped.name)
    spec, _ = load_spec(shipped)
    assert spec.data is not None
    path = getattr(spec.data.source, "path")  # noqa: B009 (only some sources have one)
    contents = {file: shipped.read_bytes(), file.parent / path: (shipped_folder() / path).read_bytes()}
    for place, content in contents.items():
        is_spec = place == file
        if place.exists() and (is_spec or not place.is_file() or place.read_bytes() != content):
            raise AlreadyThere(place)
    written = [place for place in contents if not place.exists()]
    for place in reversed(written):
        place.parent.mkdir(parents=True, exist_ok=True)
        create(place, contents[place])
    return written


def create(place: Path, content: bytes) -> None:
    """Writes a file that is not there yet. Raises `AlreadyThere` where it came into being in the meantime."""
    try:
        with open(place, "xb") as file:
            file.write(content)
    except FileExistsError:
        raise AlreadyThere(place) from None
