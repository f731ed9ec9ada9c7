"""The report in a real browser: clips decode, the page asks nobody for anything, nothing is wrong in the console."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from cosmosctl import assets
from cosmosctl.runs.report.build import build_report
from tests.support import report

BROWSER = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")

# appended to the page's own script in a copy of the templates, so that the security policy covers it
PROBE = """
const problems = [];
window.addEventListener("error", (event) => problems.push(String(event.message)));
document.addEventListener("securitypolicyviolation", (event) => problems.push("policy: " + event.violatedDirective));
function look() {
  const videos = [...document.querySelectorAll("video")].map((video) => ({
    ready: video.readyState, width: video.videoWidth, height: video.videoHeight, seconds: video.duration,
    error: video.error && video.error.message,
  }));
  const images = [...document.querySelectorAll("img")].map((image) => image.naturalWidth);
  const requests = performance.getEntriesByType("resource").map((entry) => entry.name).filter((name) => !name.startsWith("data:"));
  document.documentElement.dataset.seen = JSON.stringify({
    videos, images, requests, problems, overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    buttons: [...document.querySelectorAll("button.both")].filter((button) => !button.hidden).length,
  });
}
look();
setInterval(look, 100);
"""


def browse(page: Path, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Runs Chromium with a profile of its own; its whole process group ends with it."""
    assert BROWSER
    command = [
        BROWSER,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        f"--user-data-dir={folder / 'profile'}",
        "--enable-logging=stderr",
        "--virtual-time-budget=8000",
        *options,
        page.as_uri(),
    ]
    environment = {**os.environ, "HOME": str(folder)}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, start_new_session=True)
    try:
        output, log = process.communicate(timeout=120)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return subprocess.CompletedProcess(command, process.returncode, output, log)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    shutil.copytree(assets.find().templates / "report", folder / "templates" / "report")
    with (folder / "templates" / "report" / "report.js").open("a") as script:
        script.write(PROBE)
    html = build_report(report.data(report.real_samples(folder)), folder / "templates")
    (folder / "report.html").write_text(html, encoding="utf-8")
    return folder / "report.html"


def seen(page: Path, folder: Path, *options: str) -> tuple[dict[str, Any], str]:
    done = browse(page, folder, "--dump-dom", *options)
    found = re.search(r'data-seen="([^"]*)"', done.stdout)
    assert found, done.stderr[-2000:]
    return json.loads(unescape(found[1])), done.stderr


def test_clips_play_and_nothing_is_requested(page: Path, tmp_path: Path) -> None:
    state, log = seen(page, tmp_path, "--window-size=1200,900")
    assert len(state["videos"]) == 6
    assert all(video["error"] is None and video["ready"] >= 2 for video in state["videos"]), state["videos"]
    assert [(video["width"], video["height"]) for video in state["videos"][:2]] == [(640, 480), (640, 352)]
    assert state["videos"][1]["seconds"] == pytest.approx(1.5, abs=0.1)
    assert state["images"] == [600]
    assert state["requests"] == []
    assert state["problems"] == []
    assert state["buttons"] == 2
    assert "CONSOLE" not in log, log


def test_a_phone_needs_no_sideways_scrolling(page: Path, tmp_path: Path) -> None:
    state, _ = seen(page, tmp_path, "--window-size=500,900")  # Chromium's smallest window
    assert state["overflow"] <= 0


def test_a_picture_of_the_page_can_be_taken(page: Path, tmp_path: Path) -> None:
    from PIL import Image

    browse(page, tmp_path, f"--screenshot={tmp_path / 'page.png'}", "--window-size=1200,2400", "--hide-scrollbars")
    with Image.open(tmp_path / "page.png") as picture:
        colours = picture.convert("RGB").resize((300, 600)).getcolors(300 * 600)
    assert colours is not None
    assert len(colours) > 2000  # clips and photographs, not an empty page
