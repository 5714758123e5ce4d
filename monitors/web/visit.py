"""One request: who asks, in which language, and how it is answered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse
from jinja2 import PackageLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from starlette.background import BackgroundTask

from monitors.alerts.coverage import source_name
from monitors.alerts.dates import Dates
from monitors.alerts.links import Purpose
from monitors.messages import LANGUAGES, Say, say_in
from monitors.web.site import Reader, Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A request and the site it came to."""

    request: Request
    site: Site

    def show(
        self,
        name: str,
        *,
        reader: Reader | None = None,
        status: int = 200,
        afterwards: Callable[[], object] | None = None,
        **told: Any,
    ) -> HTMLResponse:
        """Give ``templates/<name>.html`` in the reader's language and time; ``?lang=`` overrules the language.

        ``afterwards`` runs once the page has gone out.
        """
        words = {**self._words(reader), **told}
        page = _environment().get_template(f"{name}.html").render(words)
        task = BackgroundTask(afterwards) if afterwards else None
        return HTMLResponse(page, status_code=status, background=task)

    def note(
        self,
        about: str,
        *,
        reader: Reader | None = None,
        status: int = 200,
        afterwards: Callable[[], object] | None = None,
        **values: object,
    ) -> HTMLResponse:
        """Give a page that says one thing: the catalogue's ``web.<about>.title`` and ``.text``."""
        return self.show("note", reader=reader, status=status, afterwards=afterwards, about=about, values=values)

    def address(self, path: str, **query: object) -> str:
        """Give an address of ours that keeps the language somebody chose."""
        told = {name: value for name, value in query.items() if value is not None}
        if self._chosen():
            told.setdefault("lang", self._chosen())
        return f"{path}?{urlencode(told)}" if told else path

    def _words(self, reader: Reader | None) -> Mapping[str, Any]:
        say = say_in(self._chosen() or (reader.recipient.language if reader else preferred_language(self.request)))
        language = say("mail.language")
        dates = Dates(language=language, timezone=reader.profile.schedule.timezone if reader else "Asia/Shanghai")
        return {
            "say": say,
            "lang": language,
            "languages": [other for other in LANGUAGES if other != language],
            "day": dates.day,
            "moment": dates.moment,
            "source_name": lambda source: source_name(source, say),
            "to": self.address,
            "here": self.request.url.path,
            "source_url": self.site.base.settings.source_url or "/source",
            "reader": reader,
            "base": self.site.path(reader.link) if reader else "",
            "say_or": lambda message_id, otherwise: _say_or(say, message_id, otherwise),
            "path_to": lambda purpose: self.site.path(reader.link.to(Purpose(purpose))) if reader else "",
        }

    def _chosen(self) -> str:
        chosen = self.request.query_params.get("lang", "")
        return chosen if chosen in LANGUAGES else ""


async def visit(request: Request) -> Visit:
    """Give the visit that a request is."""
    site: Site = request.app.state.site
    return Visit(request=request, site=site)


Here = Annotated[Visit, Depends(visit)]
"""What a route asks for to answer with a page."""


def preferred_language(request: Request) -> str:
    """Give the first language of ours that the browser asks for, by its weights; else the default."""
    asked = [_weighed(part) for part in request.headers.get("accept-language", "").split(",")]
    for weight, tag in sorted(asked, key=lambda one: -one[0]):
        for known in LANGUAGES:
            if weight > 0 and tag.partition("-")[0] == known.partition("-")[0]:
                return known
    return LANGUAGES[0]


def _say_or(say: Say, message_id: str, otherwise: str) -> str:
    try:
        return say(message_id)
    except KeyError:
        return otherwise


def _weighed(part: str) -> tuple[float, str]:
    tag, _, weight = part.partition(";q=")
    try:
        return float(weight or 1), tag.strip().lower()
    except ValueError:
        return 0.0, tag.strip().lower()


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        loader=PackageLoader("monitors.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
