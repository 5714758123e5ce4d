"""A real Chromium, spoken to over a pipe (DevTools protocol), so that no package and no open port is needed."""

import json
import os
import shutil
import subprocess
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.servers.missing import missing

NAMES = ("chromium", "chromium-browser", "google-chrome")
PHONE = {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True}
SECONDS = 30

TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
"""How many pixels a page is wider than the screen."""
TOO_PALE = """
(() => {
  const light = rgb => {
    const [r, g, b] = rgb.match(/[\\d.]+/g).slice(0, 3).map(v => v / 255)
      .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = one => {
    for (let at = one; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (!colour.endsWith(', 0)')) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const pale = [];
  for (const one of document.querySelectorAll('body *')) {
    if (![...one.childNodes].some(node => node.nodeType === 3 && node.data.trim())) continue;
    if (one.getClientRects().length === 0) continue;
    const [a, b] = [light(getComputedStyle(one).color), light(behind(one))].sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05);
    if (contrast < 4.5) pale.push(one.textContent.trim().slice(0, 20) + ' ' + contrast.toFixed(2));
  }
  return pale;
})()
"""
"""What text a page has that stands out too little to be read by everybody (WCAG AA)."""


class Browser:
    """One tab of a phone."""

    def __init__(self, to: int, come_from: int) -> None:
        self._to, self._from = to, come_from
        self._received = b""
        self._number = 0
        self.problems: list[str] = []
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        self._session: str | None = None
        self._session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Log", "Network", "Runtime"):
            self._ask(f"{domain}.enable")
        self._ask("Emulation.setDeviceMetricsOverride", **PHONE)
        self._loads = 0

    def open(self, address: str) -> None:
        """Go to an address, as by a link in a mail."""
        self._and_load("Page.navigate", url=address)

    def press(self, css: str) -> None:
        """Press what leads to another page."""
        self._and_load("Runtime.evaluate", expression=f"document.querySelector({json.dumps(css)}).click()")

    def fill(self, css: str, text: str) -> None:
        """Type into a field."""
        self.ask(f"document.querySelector({json.dumps(css)}).value = {json.dumps(text)}")

    def tick(self, css: str) -> None:
        """Tick a box."""
        self.ask(f"document.querySelector({json.dumps(css)}).checked = true")

    def choose(self, css: str, *files: Path) -> None:
        """Choose files."""
        root = self._ask("DOM.getDocument")["root"]["nodeId"]
        node = self._ask("DOM.querySelector", nodeId=root, selector=css)["nodeId"]
        self._ask("DOM.setFileInputFiles", nodeId=node, files=[str(file) for file in files])

    def ask(self, expression: str) -> Any:
        """Ask the page something, in JavaScript."""
        answer = self._ask("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def prefer(self, scheme: str) -> None:
        """Prefer light or dark pages."""
        self._ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def words(self) -> str:
        """What the page says."""
        return str(self.ask("document.body.innerText"))

    def picture(self, path: Path) -> None:
        """Save what the page looks like, from top to bottom."""
        shot = self._ask("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(b64decode(shot["data"]))

    def _and_load(self, method: str, **parameters: Any) -> None:
        before = self._loads
        self._ask(method, **parameters)
        deadline = time.monotonic() + SECONDS
        while self._loads == before:
            assert time.monotonic() < deadline, "the page did not load"
            self._note(self._receive())

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        question = {"id": self._number, "method": method, "params": parameters}
        session = getattr(self, "_session", None)
        if session:
            question["sessionId"] = session
        os.write(self._to, json.dumps(question).encode() + b"\0")
        while True:
            message = self._receive()
            if message.get("id") == self._number:
                assert "error" not in message, message
                return dict(message["result"])
            self._note(message)

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._received:
            got = os.read(self._from, 1 << 16)
            assert got, "the browser is gone"
            self._received += got
        message, _, self._received = self._received.partition(b"\0")
        return dict(json.loads(message))

    def _note(self, message: dict[str, Any]) -> None:
        told = message.get("params", {})
        if message.get("method") == "Page.loadEventFired":
            self._loads += 1
        elif message.get("method") == "Log.entryAdded":
            self.problems.append(told["entry"]["text"])
        elif message.get("method") == "Runtime.exceptionThrown":
            self.problems.append(str(told))


@contextmanager
def started(folder: Path) -> Iterator[Browser]:
    """Start a browser with a profile of its own."""
    program = next((found for name in NAMES if (found := shutil.which(name))), None)
    if program is None:
        missing("Chromium is missing. Type: sudo apt-get install chromium")
    read_question, write_question = os.pipe()
    read_answer, write_answer = os.pipe()
    command = [
        program,
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--accept-lang=zh-CN",
        f"--user-data-dir={folder}",
        "--remote-debugging-pipe",
    ]
    # The browser reads questions at its file 3 and answers at its file 4.
    line = f'exec 3<&{read_question} 4>&{write_answer}; exec "$@"'
    process = subprocess.Popen(
        ["/bin/bash", "-c", line, "browser", *command],
        pass_fds=(read_question, write_answer),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(read_question)
    os.close(write_answer)
    try:
        yield Browser(write_question, read_answer)
    finally:
        process.terminate()
        process.wait(timeout=20)
        os.close(write_question)
        os.close(read_answer)


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    """A fresh browser the size of a small phone."""
    with started(tmp_path / "browser") as one:
        yield one
