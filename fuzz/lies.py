"""Files that are well-formed and lie: headers of other shapes and kinds, bombs, damage below an intact wrapping."""

from __future__ import annotations

import functools
import gzip
import io
import json
import pickle
import struct
import zipfile
import zlib
from random import Random

import numpy as np

from fuzz.damage import INTEGERS, damaged, damaged_json

MEBIBYTE = 1 << 20


def inside_gzip(content: bytes, random: Random) -> bytes:
    """Damaged, then packed: the checksum holds."""
    unpacked = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    return gzip.compress(damaged(unpacked, random), 1, mtime=0)


@functools.cache
def gzip_bomb(mebibytes: int) -> bytes:
    """Zeros that take a thousandth of their place."""
    return gzip.compress(bytes(32 * MEBIBYTE), mtime=0) * (mebibytes // 32)


@functools.cache
def _deflated_zeros(mebibytes: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    head = packer.compress(bytes(16 * MEBIBYTE)) + packer.flush(zlib.Z_FULL_FLUSH)
    return head * (mebibytes // 16) + packer.flush()


def npy(header: str, body: bytes = b"", version: bytes = b"\x01\x00") -> bytes:
    """A NumPy file with any header at all."""
    text = header.encode("latin-1", "replace")
    length = struct.pack("<H" if version == b"\x01\x00" else "<I", len(text) & 0xFFFF)
    return b"\x93NUMPY" + version + length + text + body


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def npz_lie(content: bytes, random: Random) -> bytes:
    """An archive whose arrays say what they are not."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = random.choice(sorted(members))
    kind = random.randrange(8)
    if kind == 0:
        members[name] = damaged(members[name], random)
    elif kind == 1:
        members[name] = npy(
            _npy_header(random),
            random.randbytes(random.choice((0, 8, 320))),
            random.choice((b"\x01\x00", b"\x02\x00", b"\x03\x00")),
        )
    elif kind == 2:
        members[name] = npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n", pickle.dumps([Exploding()]))
    elif kind == 3:
        members[name] = _array_bytes(_odd_array(random))
    elif kind == 4:
        members[
            random.choice(
                ("x.npy", "../../x.npy", "/tmp/x.npy", "label_names.npy", "train_images.npy", "a\x00.npy", "x.txt", ".npy")
            )
        ] = members[name]
    elif kind == 5:
        members = {name + "x": members[name]}
    elif kind == 6 and random.random() < 0.1:
        return _zip_bomb(random)
    else:
        return damaged(zipped(members), random)
    return zipped(members, random.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)))


class Exploding:
    """What unpickling must never run: it would leave a file."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        import os

        return os.mkdir, ("unpickled",)


def _npy_header(random: Random) -> str:
    kind = random.choice(
        (
            "'|u1'",
            "'<f8'",
            "'<i8'",
            "'|O'",
            "'<U5'",
            "'|S3'",
            "'<M8[s]'",
            "'<c16'",
            "'|V7'",
            "'|b1'",
            "[('a', '<f8')]",
            "'<U999999999'",
            "'x'",
            "None",
        )
    )
    sizes = [str(random.choice((*INTEGERS, 20, 4, 4, 20))) for _ in range(random.choice((0, 1, 1, 2, 3, 40)))]
    shape = random.choice((f"({', '.join(sizes)},)" if sizes else "()", "(" * 400 + ")" * 400, "[1]", "(True,)", "'x'"))
    return f"{{'descr': {kind}, 'fortran_order': {random.choice(('False', 'True', '3'))}, 'shape': {shape}, }}\n"


def _array_bytes(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=False)
    return stream.getvalue()


def _odd_array(random: Random) -> np.ndarray:
    kinds = (
        lambda: np.zeros((20, 4, 4), random.choice(("f4", "i8", "u1", "?", "c16", "U3", "M8[s]", "S2"))),
        lambda: np.array(random.choice((0, "x", 1.5))),
        lambda: np.zeros(random.choice(((0,), (0, 4, 4), (20, 0), (20, 4, 4, 3), (20, 1), (19, 4, 4))), "u1"),
        lambda: np.full((20, 4, 4), random.choice((np.nan, np.inf, -1, 300, 1e300))),
        lambda: np.full(20, random.choice((np.nan, np.inf, -1, 2**62, 255, 0.5))),
        lambda: np.array(["\x1b[2J", "\u202e", "a" * 9000, ""] * 5),
        lambda: np.full(20, 2**63, "u8"),
        lambda: np.zeros(20, [("a", "f8"), ("b", "i4")]),
    )
    return random.choice(kinds)()


def _zip_bomb(random: Random) -> bytes:
    """An array of zeros with a directory that says its true size, or a small one."""
    mebibytes = 6 * 1024
    header = npy(f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({mebibytes * MEBIBYTE // 16}, 4, 4), }}\n")
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(header) + packer.flush(zlib.Z_FULL_FLUSH) + _deflated_zeros(mebibytes)
    size = random.choice((mebibytes * MEBIBYTE + len(header), 4_000_000_000, 400)) & 0xFFFFFFFF
    entry = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 0x21, 0, len(packed), size, 10, 0)
    local = b"PK\x03\x04" + entry + b"images.npy" + packed
    central = b"PK\x01\x02" + struct.pack("<H", 20) + entry + struct.pack("<HHHII", 0, 0, 0, 0, 0) + b"images.npy"
    return local + central + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)


def idx_lie(content: bytes, random: Random) -> bytes:
    """Sizes and kinds that its bytes do not bear out, gzipped or not."""
    data = bytearray(gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content)
    dimensions = data[3]
    match random.randrange(5):
        case 0:
            data[2] = random.choice((0, 8, 9, 11, 12, 13, 14, 255))
        case 1:
            data[3] = random.choice((0, 1, 2, 3, 4, 255))
        case 2:
            place = 4 + 4 * random.randrange(max(dimensions, 1))
            data[place : place + 4] = (random.choice(INTEGERS) & 0xFFFFFFFF).to_bytes(4, "big")
        case 3:
            data[3] = 255
            data[4:4] = bytes(4 * 252)  # 255 dimensions of nothing
        case _:
            data[4 : 4 + 4 * dimensions] = struct.pack(">" + "I" * dimensions, *([0] * dimensions))
            del data[4 + 4 * dimensions :]
    return gzip.compress(bytes(data), 1, mtime=0) if random.random() < 0.5 else bytes(data)


def png(width: int, height: int, body: bytes, depth: int = 8, color: int = 0, extra: bytes = b"") -> bytes:
    """A PNG file with true checksums, whatever it says."""
    head = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + extra + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def image_lie(content: bytes, random: Random) -> bytes:
    """A picture of another size, kind or format than its name says; sometimes one that unpacks to gigabytes."""
    side = random.choice((0, 1, 4, 9_000, 100_000, 2**31 - 1, 2**32 - 1))
    match random.randrange(6):
        case 0:
            return png(
                side,
                random.choice((side, 4)),
                zlib.compress(bytes(20)),
                random.choice((1, 8, 16, 3)),
                random.choice((0, 2, 3, 4, 6, 9)),
            )
        case 1:
            text = zlib.compress(bytes(4 * MEBIBYTE))
            return png(
                4, 4, zlib.compress(bytes(20)), extra=_chunk(random.choice((b"zTXt", b"iCCP", b"eXIf")), b"a\x00\x00" + text)
            )
        case 2:
            return _pictures()[random.randrange(len(_pictures()))]
        case 3:
            return damaged(random.choice(_pictures()), random)
        case 4 if random.random() < 0.05:
            return png(9_400, 9_400, _large_picture())
        case _:
            return random.choice(
                (
                    b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 4 4\n%%EndComments\nshowpage\n",
                    b"P5 4 4 255\n",
                    b"P6 99999 99999 255\n",
                    b"P1 4 4 2 2",
                    b"<svg/>",
                    b"GIF89a",
                    b"BM",
                )
            )


@functools.cache
def _large_picture() -> bytes:
    return zlib.compress(bytes(9_400 * 9_401))


@functools.cache
def _pictures() -> tuple[bytes, ...]:
    """The same small picture in every format that is read, and in some that are not."""
    from PIL import Image

    grey = Image.fromarray(np.arange(16, dtype=np.uint8).reshape(4, 4))
    found = []
    for name in (
        "PNG",
        "JPEG",
        "BMP",
        "GIF",
        "WEBP",
        "TIFF",
        "PPM",
        "ICO",
        "TGA",
        "PCX",
        "SGI",
        "JPEG2000",
        "EPS",
        "PDF",
        "DDS",
        "ICNS",
    ):
        for picture in (grey, grey.convert("RGB"), grey.convert("P"), grey.convert("I;16"), grey.convert("RGBA")):
            stream = io.BytesIO()
            try:
                picture.save(stream, name)
            except (OSError, ValueError, KeyError):
                continue
            found.append(stream.getvalue())
    return tuple(found)


def safetensors_lie(content: bytes, random: Random) -> bytes:
    """A header of other names, kinds, shapes and offsets, its length true or not."""
    length = int.from_bytes(content[:8], "little")
    header = json.dumps(damaged_json(json.loads(content[8 : 8 + length]), random)).encode("utf-8", "replace")
    told = len(header) if random.random() < 0.9 else random.choice(INTEGERS) & (2**64 - 1)
    return told.to_bytes(8, "little") + header + content[8 + length :]
