"""Turns report data into one self-contained HTML page. Pure but for reading its template.

Everything from outside (names, prompts, texts, messages) is escaped by the template engine; media become data URIs within
the size bound, and a content security policy forbids the page to load anything else.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from cosmosctl import assets
from cosmosctl.runs.report.model import Media, ReportData, ReportSample, Series

TEMPLATE = "report.html.j2"
SCRIPT = "report.js"
STYLE = "report.css"
CHART_WIDTH, CHART_HEIGHT = 240, 44
PLAYABLE = frozenset({"video/mp4", "video/webm"})
SHOWABLE = frozenset({"image/png", "image/jpeg", "image/webp"})


@dataclass(frozen=True)
class Figure:
    """What the template shows for one piece of media. `source` and `poster` are data URIs or ""."""

    kind: str
    name: str
    source: str
    poster: str
    link: str
    caption: str
    note: str


def build_report(data: ReportData, templates: Path | None = None) -> str:
    """The page. `templates` is the templates folder of the product unless a test gives another."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    folder = (templates or assets.find().templates) / "report"
    script = (folder / SCRIPT).read_text(encoding="utf-8")
    environment = Environment(
        loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(duration=duration, money=money, percent=percent)
    return environment.get_template(TEMPLATE).render(
        data=data,
        figures=figures(data.samples, data.max_bytes),
        charts={sample.id: [chart(series) for series in sample.series] for sample in data.samples},
        phases=phase_bars(data.seconds),
        style=Markup((folder / STYLE).read_text(encoding="utf-8")),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704 - our own file
        policy=security_policy(script),
    )


def security_policy(script: str) -> str:
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    rules = ("default-src 'none'", "img-src data:", "media-src data:", "style-src 'unsafe-inline'", f"script-src 'sha256-{digest}'")
    return "; ".join((*rules, "base-uri 'none'", "form-action 'none'"))


def figures(samples: Iterable[ReportSample], max_bytes: int) -> Mapping[tuple[str, str], Figure]:
    """A figure per (sample id, "input" | "output"). Posters come first, then outputs, then inputs, until the bound is met."""
    found = {
        (sample.id, side): media for sample in samples for side, media in (("output", sample.output), ("input", sample.input)) if media
    }
    left = max_bytes - sum(len(media.poster or b"") for media in found.values())
    embedded: set[tuple[str, str]] = set()
    for key in sorted(found, key=lambda item: item[1] == "input"):
        size = len(found[key].data or b"")
        if found[key].data is not None and _can_show(found[key]) and size <= left:
            left -= size
            embedded.add(key)
    room_for_posters = left >= 0
    return {key: _figure(media, key in embedded, room_for_posters) for key, media in found.items()}


def _can_show(media: Media) -> bool:
    return media.mime in (PLAYABLE if media.kind == "video" else SHOWABLE)


def _figure(media: Media, embed: bool, poster: bool) -> Figure:
    source = _data_uri(media.mime, media.data) if embed and media.data is not None else ""
    shown = _data_uri("image/jpeg", media.poster) if poster and media.poster else ""
    link = relative_link(media.link)
    return Figure(media.kind, media.name, source, shown, link, media.caption, "" if source else _note(media, link))


def _note(media: Media, link: str) -> str:
    if not _can_show(media) and media.data is not None:
        reason = "A browser cannot show this format"
    else:
        reason = "Not embedded: the report would become too large" if media.data is not None else "Not embedded"
    return f"{reason}; open the file." if link else f"{reason}."


def _data_uri(mime: str, data: bytes) -> str:
    return f"data:{mime};base64,{base64.b64encode(data).decode('ascii')}"


def relative_link(link: str) -> str:
    """A link that stays beside the report, or "": no scheme, no host, no absolute path."""
    try:
        parts = urlsplit(link)
    except ValueError:
        return ""
    if not link or parts.scheme or parts.netloc or link.startswith(("/", "\\")):
        return ""
    quoted = quote(link)
    return quoted if not urlsplit(quoted).scheme else ""


def phase_bars(seconds: Mapping[str, float]) -> list[dict[str, Any]]:
    """Phases in their order with the share of the whole, for bars."""
    total = sum(seconds.values())
    share = 1 / total if total else 0.0
    return [{"name": name.replace("_", " "), "seconds": value, "share": value * share} for name, value in seconds.items()]


def chart(series: Series) -> dict[str, Any]:
    """A polyline in a box of fixed size: x is time from the first to the last point, y is 0 at the foot and the peak at the top."""
    times = [time for time, _ in series.points]
    values = [value for _, value in series.points]
    peak = max(values, default=0.0) or 1.0
    span = (times[-1] - times[0]) if len(times) > 1 else 1.0
    places = [
        ((time - times[0]) / (span or 1.0) * CHART_WIDTH, CHART_HEIGHT - value / peak * (CHART_HEIGHT - 4)) for time, value in series.points
    ]
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    label = f"{series.title}: from {percent(values[0])} to {percent(values[-1])}, peak {percent(max(values))}" if values else series.title
    return {"title": series.title, "points": points, "label": label, "width": CHART_WIDTH, "height": CHART_HEIGHT}


def duration(seconds: float) -> str:
    """0.84 s, 12.3 s, 4 min 05 s, 2 h 03 min"""
    if seconds < 60:
        return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def money(usd: float) -> str:
    return f"${usd:,.2f}" if usd >= 0.1 or usd == 0 else f"${usd:.4f}"


def percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.1 or share == 0 else f"{share:.1%}"
