"""The report page: complete, escaped, self-contained, honest."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from cosmosctl.runs.report import build
from cosmosctl.runs.report.media import read_media
from cosmosctl.runs.report.model import Cost, Media, ReportFailure, ReportSample, Series
from tests.support import clips, report

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&"


class Page(HTMLParser):
    """Tags with attributes, and the visible text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data + " "

    def of(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]


def video(size: int, name: str = "v.mp4", link: str = "") -> Media:
    return Media("video", name, "video/mp4", b"v" * size, b"\xff\xd8poster", link, "1 x 1")


def sample(name: str = "a.mp4", **values: object) -> ReportSample:
    return ReportSample(**{"id": name, "name": name, "task": "video2world", "state": "done", **values})  # type: ignore[arg-type]


def test_everything_from_outside_is_escaped() -> None:
    evil = sample(
        EVIL,
        task=EVIL,
        prompt=EVIL,
        prompt_source=EVIL,
        text=EVIL,
        reasoning=EVIL,
        facts={EVIL: EVIL},
        seconds={EVIL: 1.0},
        input=Media("video", EVIL, "video/mp4", b"x", b"y", EVIL, EVIL),
        series=(Series(EVIL, ((0, 0.1), (1, 0.2))),),
    )
    html = build.build_report(
        report.data(
            (evil,),
            run_id=EVIL,
            blueprint=EVIL,
            variant=EVIL,
            engine=EVIL,
            model=EVIL,
            deployment=EVIL,
            region=EVIL,
            tool_version=EVIL,
            attribution=EVIL,
            state=EVIL,
            parameters={EVIL: EVIL},
            seconds={EVIL: 1.0},
            cost=Cost(1.0, EVIL),
            failures=(ReportFailure(EVIL, EVIL, EVIL, EVIL, EVIL, EVIL),),
        )
    )
    page = Page(html)
    assert len(page.of("script")) == 1
    assert not page.of("img")
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    assert page.text.count("alert(1)") >= 15  # shown as text


def test_nothing_is_loaded_from_elsewhere() -> None:
    page = Page(build.build_report(report.data((sample(input=video(9, link="inputs/a b.mp4"), output=video(9)),))))
    sources = [value for _, attributes in page.tags for name, value in attributes.items() if name in {"src", "poster", "srcset", "data"}]
    assert sources
    assert all(value.startswith("data:") for value in sources)
    assert {attributes["href"] for attributes in page.of("link")} == {"data:,"}
    assert [attributes["href"] for attributes in page.of("a")] == ["inputs/a%20b.mp4"]
    assert "url(" not in build.build_report(report.data(()))
    policy = next(attributes["content"] for attributes in page.of("meta") if attributes.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in policy
    assert "http" not in policy


def test_media_are_the_bytes_that_were_given() -> None:
    html = build.build_report(report.data((sample(output=video(1000)),)))
    (found,) = Page(html).of("video")
    assert base64.b64decode(found["src"].removeprefix("data:video/mp4;base64,")) == b"v" * 1000
    assert found["poster"].startswith("data:image/jpeg;base64,")


def test_above_the_bound_a_poster_with_a_link_stands_in() -> None:
    samples = (
        sample("a", input=video(600), output=video(600, link="outputs/a.mp4")),
        sample("b", input=video(600), output=video(600, link="outputs/b.mp4")),
    )
    html = build.build_report(report.data(samples, max_bytes=1400))
    page = Page(html)
    assert len(page.of("video")) == 2  # the outputs: they come before inputs
    assert "Not embedded: the report would become too large." in html
    tiny = build.build_report(report.data(samples, max_bytes=700))
    assert len(Page(tiny).of("video")) == 1
    assert [attributes["href"] for attributes in Page(tiny).of("a")] == ["outputs/a.mp4", "outputs/b.mp4", "outputs/b.mp4"]
    nothing = build.build_report(report.data(samples, max_bytes=0))
    assert not Page(nothing).of("video")
    assert not Page(nothing).of("img")
    assert len(nothing) < 60_000


@pytest.mark.parametrize(
    "link",
    ["https://x/y.mp4", "//x/y", "/etc/passwd", "javascript:alert(1)", "file:///x", "\\\\host\\x", "http://[", " javascript:alert(1)"],
)
def test_links_stay_beside_the_report(link: str) -> None:
    assert not re.match(r"[a-z]*:|//|/|\\", build.relative_link(link).strip(), re.IGNORECASE)


def test_formats_that_browsers_cannot_play_are_not_embedded(tmp_path: Path) -> None:
    media = read_media(clips.clip(tmp_path / "a.avi", 6, codec="mpeg4"), link="a.avi")
    assert media is not None
    html = build.build_report(report.data((sample(input=media),)))
    assert "A browser cannot show this format; open the file." in html
    assert not Page(html).of("video")
    assert len(Page(html).of("img")) == 1
    odd = read_media(clips.clip(tmp_path / "b.mp4", 6, codec="mpeg4"))
    assert odd is not None
    assert odd.mime not in build.PLAYABLE


def test_reading_media(tmp_path: Path) -> None:
    media = read_media(clips.FOOTAGE / "turn-box.mp4", link="x.mp4")
    assert media is not None
    assert (media.kind, media.mime, media.caption) == ("video", "video/mp4", "640 × 480, 90 frames, 30 fps, 3.0 s")
    assert media.data == (clips.FOOTAGE / "turn-box.mp4").read_bytes()
    big = read_media(clips.FOOTAGE / "turn-box.mp4", max_bytes=10)
    assert big is not None
    assert big.data is None
    assert big.poster
    (tmp_path / "x.mp4").write_text("no")
    assert read_media(tmp_path / "x.mp4") is None


def test_it_says_that_no_model_was_used_only_then() -> None:
    assert "No AI model was used." in build.build_report(report.data(()))
    honest = build.build_report(report.data((sample(prompt="x"),), uses_model=True, engine="diffusers"))
    assert "No AI model" not in honest
    assert "not interpreted" not in honest
    assert honest.count("Built on NVIDIA Cosmos") == 2


def test_counts_failures_and_costs_are_shown() -> None:
    text = " ".join(
        Page(build.build_report(report.data((sample(),), total=10, done=7, failed=1, cost=Cost(1.5, "2 h g6e", 0.015)))).text.split()
    )
    assert "1 of 10 shown" in text
    assert "Without result 2" in text
    assert "too_few_frames" in text
    assert "use a longer clip" in text
    assert "$1.50, $0.0150 per sample; 2 h g6e" in text


def test_a_run_without_samples_or_times_is_a_page_too() -> None:
    html = build.build_report(report.data((), failures=(), seconds={}, cost=None, total=0, done=0, failed=0))
    assert "No sample to show." in html
    assert "Time per phase" not in html


@pytest.mark.parametrize(("seconds", "text"), [(0.5, "0.50 s"), (12.34, "12.3 s"), (245, "4 min 05 s"), (7380, "2 h 03 min")])
def test_durations(seconds: float, text: str) -> None:
    assert build.duration(seconds) == text


def test_charts_of_flat_or_short_series() -> None:
    assert build.chart(Series("x", ()))["points"] == ""
    assert build.chart(Series("x", ((0, 0.0), (1, 0.0))))["points"] == "0.0,44.0 240.0,44.0"
    assert build.chart(Series("x", ((2, 0.5),)))["points"] == "0.0,4.0"
