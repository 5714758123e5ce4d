"""Turning what a mail tells into its subject, text and HTML."""

from dataclasses import dataclass
from functools import cache

from jinja2 import PackageLoader, StrictUndefined, select_autoescape
from jinja2.sandbox import ImmutableSandboxedEnvironment

from monitors.alerts.coverage import tell_coverage
from monitors.alerts.dates import Dates
from monitors.messages import say_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """One mail in words. ``language`` is the one it was really written in."""

    language: str
    subject: str
    text: str
    html: str


def render(mail: str, *, language: str, timezone: str = "UTC", **told: object) -> Rendered:
    """Render ``templates/<mail>/``. Raises jinja2.UndefinedError or KeyError rather than leave a hole in a mail."""
    say = say_in(language)
    written_in = say("mail.language")
    dates = Dates(language=written_in, timezone=timezone)
    words = {
        "say": say,
        "lang": written_in,
        "day": dates.day,
        "moment": dates.moment,
        "tell_coverage": lambda coverage: tell_coverage(coverage, say, dates.moment),
        **told,
    }
    pages = {part: _environment().get_template(f"{mail}/{part}").render(words) for part in ("subject.txt", "body.txt")}
    return Rendered(
        language=written_in,
        subject=" ".join(pages["subject.txt"].split()),
        text=pages["body.txt"].strip() + "\n",
        html=_environment().get_template(f"{mail}/body.html").render(words),
    )


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    # Sandboxed although the templates are ours: what flows in comes from far away.
    return ImmutableSandboxedEnvironment(
        loader=PackageLoader("monitors.alerts"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
