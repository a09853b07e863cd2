"""The host parser beside Node.js's `new URL()`, on hosts made at random out of what the rules speak of."""

from __future__ import annotations

import json
import random
import shutil
import subprocess

import pytest

from sigv4 import SigningError
from sigv4.hosts import authority

_ASK = """
const hosts = JSON.parse(require("fs").readFileSync(0, "utf8"));
const ask = (host) => { try { return new URL("http://" + host + "/").host } catch { return null } };
console.log(JSON.stringify(hosts.map(ask)));
"""
# "/", "\\", "?" and "#" end a URL's authority, and tabs and line ends a browser takes out of it: its host parser sees
# none of them.
_CHARACTERS = [chr(code) for code in range(0x80) if chr(code) not in "/\\?#@\t\n\r"]
_LABELS = ["", "a", "A", "example", "xn--nxasmq6b", "-", "_", "1e2", "0xg", "%61", "%2e", "%zz", "%00", "~"]
_NUMBERS = [
    "0", "1", "01", "08", "0x", "0x1", "0X1f", "00x1", "255", "256", "0377", "0400", "65535", "65536", "16777215",
    "16777216", "4294967295", "4294967296", "0x100000000", "%31",
]  # fmt: skip
_PIECES = [
    "",
    "",
    "0",
    "0",
    "0",
    "1",
    "a",
    "F",
    "00",
    "0001",
    "00001",
    "ffff",
    "10000",
    "g",
    "1.2.3.4",
    "1.2.3.04",
    "%25",
]
_PORTS = ["", "", ":", ":80", ":080", ":443", ":65535", ":65536", ":000000000001", ":a", ":80:", ": 80"]


def _hosts(chance: random.Random, count: int) -> list[str]:
    def some(parts: list[str], most: int, glue: str) -> str:
        return glue.join(chance.choices(parts, k=chance.randint(1, most)))

    kinds = [
        lambda: some(_LABELS, 4, "."),
        lambda: some(_NUMBERS, 5, ".") + chance.choice(["", "", ".", ".."]),
        lambda: some(_LABELS + _NUMBERS, 5, "."),
        lambda: f"[{some(_PIECES, 9, ':')}]",
        lambda: f"[{':'.join(chance.choices(['0', '0', '1'], k=8))}]",
        lambda: some(_CHARACTERS, 6, ""),
    ]
    return [chance.choice(kinds)() + chance.choice(_PORTS) for _ in range(count)]


@pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not here")
def test_authority_writes_random_hosts_as_node_does():
    hosts = _hosts(random.Random(20_210_901), 40_000)
    ran = subprocess.run(["node", "-e", _ASK], input=json.dumps(hosts), capture_output=True, text=True, check=True)
    differ = []
    accepted = 0
    for host, browsers in zip(hosts, json.loads(ran.stdout), strict=True):
        try:
            ours = authority(host, "http", "url")
        except SigningError:
            ours = None
        accepted += ours is not None
        if ours != browsers:
            differ.append((host, ours, browsers))
    assert differ == []
    assert accepted > 5_000
