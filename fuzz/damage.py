"""Mutations of bytes, of JSON, and of what stands at a file's place: what chance, a bad disk and a bad person do to files."""

from __future__ import annotations

import copy
import json
import os
import struct
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

Change = Callable[[bytearray, Random], bytearray]
INTEGERS = (
    0,
    1,
    -1,
    2,
    127,
    128,
    255,
    256,
    2**15,
    2**16 - 1,
    2**24,
    2**31 - 1,
    2**31,
    2**32 - 1,
    2**40,
    2**53,
    2**62,
    2**63 - 1,
    -(2**63),
)


def damaged(content: bytes, random: Random, others: tuple[bytes, ...] = ()) -> bytes:
    """The bytes after one to three changes; stretches of `others` may come in."""
    data = bytearray(content)
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        data = random.choice(CHANGES)(data, random)
        if others and random.random() < 0.08:
            other = random.choice(others)
            start = random.randrange(len(other) + 1)
            place = random.randrange(len(data) + 1)
            data[place:place] = other[start : start + random.randint(1, 200)]
    return bytes(data)


def _place(data: bytearray, random: Random) -> int:
    """Anywhere, but half of the time near the beginning or the end, where formats keep what they say of themselves."""
    length = max(len(data), 1)
    near = random.randrange(min(length, 96))
    return random.choice((near, length - 1 - near, random.randrange(length), random.randrange(length)))


def cut_off(data: bytearray, random: Random) -> bytearray:
    return data[: _place(data, random)]


def flip_bits(data: bytearray, random: Random) -> bytearray:
    for _ in range(random.randint(1, 8) if data else 0):
        data[_place(data, random)] ^= 1 << random.randrange(8)
    return data


def write_integer(data: bytearray, random: Random) -> bytearray:
    """A whole number of 1 to 8 bytes in place of what is there: lengths, counts, offsets, kinds."""
    width, place = random.choice((1, 2, 4, 8)), _place(data, random)
    value = random.choice(INTEGERS) & (2 ** (8 * width) - 1)
    data[place : place + width] = value.to_bytes(width, random.choice(("little", "big")))
    return data


def write_float(data: bytearray, random: Random) -> bytearray:
    value = random.choice((float("nan"), float("inf"), -float("inf"), 1e308, 0.0))
    place = _place(data, random) // 4 * 4
    code = random.choice(("<f", "<d"))
    data[place : place + struct.calcsize(code)] = struct.pack(code, 3e38 if code == "<f" and value == 1e308 else value)
    return data


def write_varint(data: bytearray, random: Random) -> bytearray:
    """Thrift and Protocol Buffers write lengths so: seven bits a byte."""
    value, encoded = random.choice(INTEGERS) & (2**64 - 1), bytearray()
    while value > 127:
        encoded.append(value & 127 | 128)
        value >>= 7
    place = _place(data, random)
    data[place : place + random.choice((0, 1, len(encoded) + 1))] = bytes([*encoded, value])
    return data


def take_away(data: bytearray, random: Random) -> bytearray:
    place = _place(data, random)
    del data[place : place + random.choice((1, 1, 4, 8, 100))]
    return data


def repeat(data: bytearray, random: Random) -> bytearray:
    start = _place(data, random)
    stretch = data[start : start + random.choice((1, 4, 16, 200))]
    data[start:start] = stretch * random.choice((1, 2, 10, 300))
    return data


def noise(data: bytearray, random: Random) -> bytearray:
    place = _place(data, random)
    data[place : place + random.choice((0, 4, 32))] = random.randbytes(random.choice((1, 4, 32)))
    return data


def another_number(data: bytearray, random: Random) -> bytearray:
    """A number written in digits becomes another one."""
    places = [place for place, byte in enumerate(data[:20_000]) if 48 <= byte <= 57]
    if places:
        place = random.choice(places)
        data[place : place + 1] = random.choice(
            (b"0", b"9" * 20, b"-1", b"1e400", b"nan", b"", b".", b"1_0", "٣".encode(), b"4294967296")
        )
    return data


def odd_text(data: bytearray, random: Random) -> bytearray:
    place = _place(data, random)
    odd = (
        b"\x00",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b'"',
        b"\r",
        b"\n",
        b",,",
        b"\x1b[2J",
        "\u202e".encode(),
        b"\xed\xa0\x80",
        b"{" * 3000,
        b"\\",
    )
    data[place : place + random.choice((0, 1))] = random.choice(odd)
    return data


def nothing_left(data: bytearray, random: Random) -> bytearray:
    return random.choice((bytearray(), data * 2, bytearray(len(data)), data[::-1]))


CHANGES: list[Change] = [
    cut_off,
    flip_bits,
    flip_bits,
    write_integer,
    write_integer,
    write_float,
    write_varint,
    take_away,
    repeat,
]
CHANGES += [noise, another_number, odd_text, nothing_left]

ODD_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**63, 10**400, -(10**30), 1e308, 0.5, "", "x", "a" * 5000, "\u202e", "\x00",
    "../../x", "/etc/passwd", [], {}, [[]], [None], {"": ""}, {"family": "layer", "word": "dense"},
    {"family": "column", "word": "number"}, {"kind": "number"}, float("nan"), float("inf"), [1] * 1000,
)  # fmt: skip


def damaged_json(value: Any, random: Random) -> Any:
    """A JSON value with one to three of its places changed, taken away or taken from elsewhere in it."""
    value = copy.deepcopy(value)
    for _ in range(random.choice((1, 1, 2, 3))):
        places = _places(value)
        if not places:
            return random.choice(ODD_VALUES)
        holder, key = random.choice(places)
        match random.randrange(5):
            case 0:
                del holder[key]
            case 1:
                other, other_key = random.choice(places)
                holder[key] = copy.deepcopy(other[other_key]) if other_key in other or isinstance(other, list) else None
            case 2 if isinstance(holder, dict):
                holder[random.choice(("x", "", "word", "name", key + "_", key.upper()))] = holder.pop(key)
            case _:
                holder[key] = copy.deepcopy(random.choice(ODD_VALUES))
    return value


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every holder and key below a value."""
    found: list[tuple[Any, Any]] = []
    stack = [value]
    while stack:
        holder = stack.pop()
        keys = holder.keys() if isinstance(holder, dict) else range(len(holder)) if isinstance(holder, list) else ()
        for key in list(keys):
            found.append((holder, key))
            stack.append(holder[key])
    return found


def damaged_json_text(content: bytes, random: Random) -> bytes:
    """A JSON file with other values in it, or nested too deep."""
    if random.random() < 0.03:
        depth = random.choice((500, 2000, 100_000))
        return random.choice((b"[" * depth + b"]" * depth, b'{"a":' * depth + b"1" + b"}" * depth))
    return json.dumps(damaged_json(json.loads(content), random), ensure_ascii=random.random() < 0.5).encode("utf-8", "replace")


def something_else(path: Path, random: Random) -> None:
    """Puts no file at all where one is due: a folder, a pipe, a link to a device, to itself, to nothing, out of the folder."""
    path.unlink(missing_ok=True)
    match random.randrange(6):
        case 0:
            path.mkdir()
        case 1:
            os.mkfifo(path)
        case 2:
            path.symlink_to(random.choice(("/dev/zero", "/dev/stdin", "/dev/random", "/proc/self/mem")))
        case 3:
            path.symlink_to(path.name)
        case 4:
            path.symlink_to("nowhere")
        case 5:
            path.symlink_to(random.choice(("/etc/passwd", "/etc", "..")))
