"""A headless Chromium, driven through its DevTools protocol over a pipe: no driver, no package, no port.

    with Chromium.found() as chromium, chromium.page("http://localhost:8000/") as page:
        page.click("#choose")
        page.wait("document.title === 'Done'")

Messages are JSON, ended by NUL, on the browser's file descriptors 3 and 4 (--remote-debugging-pipe).
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome")
SECONDS = 60  # for any one thing to happen: machines under load are slow
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--remote-debugging-pipe",
)  # fmt: skip
START = """
import os, sys
for at, end in zip((100, 101), sys.argv[1:3]): os.dup2(int(end), at)  # first out of the way: they may be 4 and 3
for at, end in zip((3, 4), (100, 101)): os.dup2(end, at)
os.execv(sys.argv[3], sys.argv[3:])
"""


class Chromium:
    """A running browser."""

    def __init__(self, program: str, directory: str) -> None:
        read_end, self._out = os.pipe()
        self._in, write_end = os.pipe()
        command = (program, *FLAGS, f"--user-data-dir={directory}/profile", "about:blank")
        self._process = subprocess.Popen(
            [sys.executable, "-c", START, str(read_end), str(write_end), *command],
            pass_fds=(read_end, write_end),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(read_end)
        os.close(write_end)
        self._buffer = b""
        self._last_id = 0
        self.events: list[dict[str, Any]] = []

    @classmethod
    @contextmanager
    def found(cls) -> Iterator[Chromium]:
        """The browser on PATH, until the block ends. Raises FileNotFoundError where there is none."""
        program = next(filter(None, map(shutil.which, NAMES)), None)
        if program is None:
            raise FileNotFoundError(f"none of {', '.join(NAMES)} is on PATH (Debian: apt-get install chromium)")
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory:
            chromium = cls(program, directory)
            try:
                yield chromium
            finally:
                os.close(chromium._out)
                os.close(chromium._in)
                os.killpg(chromium._process.pid, signal.SIGKILL)
                chromium._process.wait()

    def call(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Call a method of the protocol and return its result; events on the way go to `events`."""
        self.post(method, session, **parameters)
        while (answer := self._receive()).get("id") != self._last_id:
            self.events.append(answer)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def post(self, method: str, session: str | None = None, **parameters: Any) -> None:
        """Call a method of which no result is to be had."""
        self._last_id += 1
        message = {"id": self._last_id, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._out, json.dumps(message).encode() + b"\0")

    def event(self, method: str, session: str) -> None:
        """Wait for an event that is still to come."""
        while True:
            message = self._receive()
            self.events.append(message)
            if (message.get("method"), message.get("sessionId")) == (method, session):
                return

    def _receive(self) -> dict[str, Any]:
        deadline = time.monotonic() + SECONDS
        while b"\0" not in self._buffer:
            if not select.select([self._in], [], [], max(0, deadline - time.monotonic()))[0]:
                raise TimeoutError("Chromium does not answer")
            data = os.read(self._in, 1 << 20)
            if not data:
                raise ConnectionError("Chromium is gone")
            self._buffer += data
        message, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(message)

    @contextmanager
    def page(self, url: str, downloads: Path | None = None, before: str = "") -> Iterator[Page]:
        """A page in a profile of its own; what it downloads goes to the folder `downloads`. The script `before` runs
        before the page's own, in each document.
        """
        context = self.call("Target.createBrowserContext")["browserContextId"]
        if downloads:
            self.call(
                "Browser.setDownloadBehavior", behavior="allow", browserContextId=context, downloadPath=str(downloads)
            )
        try:
            yield self._open(context, url, before)
        finally:
            self.call("Target.disposeBrowserContext", browserContextId=context)

    def _open(self, context: str, url: str, before: str = "") -> Page:
        target = self.call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session, context)
        for domain in ("Page", "Log", "Runtime"):
            page.call(f"{domain}.enable")
        if before:
            page.call("Page.addScriptToEvaluateOnNewDocument", source=before)
        page.goto(url)
        return page


class Page:
    """One page of it."""

    def __init__(self, chromium: Chromium, session: str, context: str) -> None:
        self._chromium = chromium
        self._session = session
        self._context = context

    def new_tab(self, url: str) -> Page:
        """Another tab of the same profile."""
        return self._chromium._open(self._context, url)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._chromium.call(method, self._session, **parameters)

    def goto(self, url: str) -> None:
        error = self.call("Page.navigate", url=url).get("errorText")
        assert not error, f"{url}: {error}"
        self.wait("location.href !== 'about:blank' && document.readyState === 'complete'")

    def run(self, expression: str) -> Any:
        """The JSON value of a JavaScript expression, awaited if it is a promise."""
        result = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"].get("exception", {}).get("description", "exception"))
        return result["result"].get("value")

    def wait(self, condition: str) -> Any:
        """Wait until a JavaScript expression is true, and return what it is."""
        deadline = time.monotonic() + SECONDS
        while not (value := self._unless_it_leaves(condition)):
            assert time.monotonic() < deadline, f"never came true: {condition}\n{self.text()}"
            self._unless_it_leaves("new Promise((resolve) => setTimeout(resolve, 20))")
        return value

    def reload(self) -> None:
        """As a person does who says yes, when the page asks whether to leave."""
        self.run("addEventListener('beforeunload', (event) => event.stopImmediatePropagation(), true)")
        self.call("Page.reload")

    def _unless_it_leaves(self, expression: str) -> Any:
        """Nothing where the page goes from one document to the next meanwhile."""
        try:
            return self.run(expression)
        except RuntimeError as error:
            if "navigated" in str(error) or "context" in str(error):
                return None
            raise

    def text(self, selector: str = "body") -> str:
        """What a person reads there."""
        return self.run(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''")

    def click(self, selector: str) -> None:
        """Click the first element that is to be seen, with the mouse."""
        box = self.wait(
            f"""(() => {{
                const all = [...document.querySelectorAll({json.dumps(selector)})];
                const seen = all.find((one) => one.checkVisibility());
                seen?.scrollIntoView({{ block: "center" }});
                const box = seen?.getBoundingClientRect();
                return box && {{ x: box.x + box.width / 2, y: box.y + box.height / 2 }};
            }})()"""
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, **box, button="left", clickCount=1)

    def type(self, text: str) -> None:
        """Type into what has the focus."""
        self.call("Input.insertText", text=text)

    def press(self, key: str) -> None:
        """Press a key: Tab, Enter, ..."""
        codes = {"Tab": 9, "Enter": 13, " ": 32, "Escape": 27}
        text = {"Enter": "\r", " ": " "}.get(key, "")
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, windowsVirtualKeyCode=codes[key], text=text)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=codes[key])

    def choose(self, selector: str, *files: Path) -> None:
        """Give files to a file input, as its dialog would."""
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.call("DOM.setFileInputFiles", nodeId=node, files=[str(file) for file in files])

    def drop(self, selector: str, *files: Path) -> None:
        """Drag files from outside over an element and let them go."""
        box = self.run(f"document.querySelector({json.dumps(selector)}).getBoundingClientRect().toJSON()")
        data = {"items": [], "files": [str(file) for file in files], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            self.call("Input.dispatchDragEvent", type=kind, x=box["x"] + 50, y=box["y"] + 50, data=data)

    def look(self, scheme: str = "light", width: int = 1100, height: int = 900) -> None:
        """Set what the page is seen on: a light or dark one of this size."""
        features = {
            "prefers-color-scheme": scheme,
            "prefers-reduced-motion": "reduce",
        }  # nothing half way to its colour
        pairs = [{"name": name, "value": value} for name, value in features.items()]
        self.call("Emulation.setEmulatedMedia", features=pairs)
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )

    def slow_down(self, bytes_per_second: int) -> None:
        """Bound the rate of uploads; -1 sets them free."""
        self.call("Network.enable")
        conditions = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": bytes_per_second}
        self.call("Network.emulateNetworkConditions", **conditions)

    def go_offline(self, *, offline: bool = True) -> None:
        self.call("Network.enable")
        conditions = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        self.call("Network.emulateNetworkConditions", offline=offline, **conditions)

    def kill(self) -> None:
        """End the page's process without a word to the page; `goto` begins a new one."""
        self._chromium.post("Page.crash", self._session)
        self._chromium.event("Inspector.targetCrashed", self._session)

    def block(self, *patterns: str) -> None:
        """Let no request to these URLs through; with none, all again."""
        self.call("Network.enable")
        self.call("Network.setBlockedURLs", urls=list(patterns))

    def picture(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))

    def complaints(self) -> list[str]:
        """The errors and warnings in the page's console: uncaught exceptions and what CSP refused are there too."""
        said = []
        for event in self._chromium.events:
            if event.get("sessionId") != self._session:
                continue
            if event["method"] == "Log.entryAdded" and event["params"]["entry"]["level"] in ("error", "warning"):
                said.append(event["params"]["entry"]["text"])
            elif event["method"] == "Runtime.exceptionThrown":
                said.append(event["params"]["exceptionDetails"]["text"])
            elif event["method"] == "Runtime.consoleAPICalled" and event["params"]["type"] in ("error", "warning"):
                said.append(str(event["params"]["args"]))
        return said
