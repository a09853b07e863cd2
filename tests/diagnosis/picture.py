"""Make sigv4/diagnosis/explain.svg, the picture in the papers: what `sigv4 explain` prints on a terminal.

python -m tests.diagnosis.picture
"""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import tempfile
from html import escape

from tests import ROOT
from tests.diagnosis.faults import NOW, SIGNER, URL, Fault, respond

PICTURE = ROOT / "sigv4" / "diagnosis" / "explain.svg"
CELL, LINE, MARGIN = 8.4, 18, 16  # a character's width and height, and the space around all, in pixels
COLUMNS = 110
STYLES = {"1": "b", "32": "g"}  # of the terminal: a class of the picture's
STYLE = (
    "text{font:14px ui-monospace,Menlo,Consolas,monospace;fill:#d0d7de;white-space:pre}"
    ".b{font-weight:bold;fill:#fff}.g{fill:#7ee787}.p{fill:#8b949e}"
)


def pasted() -> str:
    """A curl command as the browser copies it, and what S3 said to it: another Content-Type was sent than signed."""
    made = SIGNER.presign("PUT", URL, {"Content-Type": "image/jpeg"}, signed_at=NOW)
    sent = {"Content-Type": "application/x-www-form-urlencoded"}
    xml = respond(Fault("PUT", made.url, sent))[2]
    return f"curl -X PUT '{made.url}' -H 'Content-Type: image/jpeg'\n\nHTTP/1.1 403 Forbidden\n\n{xml}\n"


def printed() -> str:
    """What the command writes to a terminal for it."""
    with tempfile.TemporaryDirectory() as directory:
        with open(os.path.join(directory, "refused.txt"), "w") as file:
            file.write(pasted())
        ours, theirs = pty.openpty()
        environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
        command = [sys.executable, "-m", "sigv4", "explain", "refused.txt", "--at", NOW.isoformat()]
        with subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            cwd=directory,
            env={**environment, "PYTHONPATH": str(ROOT)},
        ) as process:
            os.close(theirs)
            text = b""
            while True:
                try:
                    text += (read := os.read(ours, 65536))
                except OSError:  # the other end is closed
                    break
                if not read:
                    break
        os.close(ours)
    assert process.returncode == 1
    return text.decode().replace("\r\n", "\n")


def drawn(text: str) -> str:
    rows = ['<tspan class="p">$</tspan> sigv4 explain refused.txt', *map(_spans, text.rstrip("\n").split("\n"))]
    lines = [
        f'<text x="{MARGIN}" y="{MARGIN + LINE * (row + 0.75):g}">{spans}</text>' for row, spans in enumerate(rows)
    ]
    width, height = 2 * MARGIN + COLUMNS * CELL, 2 * MARGIN + LINE * len(rows)
    start = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img">'
    title = "<title>sigv4 explain names the cause of SignatureDoesNotMatch</title>"
    ground = '<rect width="100%" height="100%" rx="8" fill="#0d1117"/>'
    return "\n".join([start, title, f"<style>{STYLE}</style>", ground, *lines, "</svg>", ""])


def _spans(line: str) -> str:
    shown, style = "", ""
    for part in re.split(r"(\033\[\d+m)", line):
        if code := re.fullmatch(r"\033\[(\d+)m", part):
            style = STYLES.get(code[1], "")
        elif part:
            shown += f'<tspan class="{style}">{escape(part)}</tspan>' if style else escape(part)
    return shown


if __name__ == "__main__":
    PICTURE.write_text(drawn(printed()))
