"""The web application: routes, the headers every answer has, and pages for what goes wrong."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse, Response
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.staticfiles import StaticFiles

from monitors.alerts.links import DeadLinkError, ExpiredLinkError
from monitors.ledger.cipher import KeyGoneError
from monitors.parts import Parts
from monitors.records import Fingerprint
from monitors.settings import Settings
from monitors.web import leaving, looking, registering, source
from monitors.web.site import Site
from monitors.web.uploads import BrokenFormError, TooLargeError
from monitors.web.visit import Here, Visit

STATIC = Path(__file__).parent / "static"
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it
HERE = ("127.0.0.1", "localhost", "[::1]", "::1")
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    # A link in an address bar must not travel on to the site of a post.
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), interest-cohort=()",
}

PROBLEMS: Mapping[type[Exception], tuple[str, int]] = {
    DeadLinkError: ("not_found", 404),
    ExpiredLinkError: ("expired", 410),
    KeyGoneError: ("not_found", 404),
    HTTPException: ("not_found", 404),
    RequestValidationError: ("not_found", 400),
    BrokenFormError: ("not_found", 400),
    TooLargeError: ("too_large", 413),
}
"""The note and status for what goes wrong; a page that never was and a link that opens nothing look the same."""

Next = Callable[[Request], Awaitable[Response]]

plain = APIRouter()


def make_app(parts: Parts) -> FastAPI:
    """Give the web application of an installation. Whoever serves it binds it to 127.0.0.1."""
    from monitors.app import erase, send_queued

    return app_of(
        Site(
            base=parts,
            fingerprint=_read_photo,
            send_mails=lambda: send_queued(parts),
            erase=lambda: erase(parts),
            export=lambda profile_id, actor: _export(parts, profile_id, actor),
        )
    )


def app_of(site: Site) -> FastAPI:
    """Give the web application that stands on a site."""
    app = FastAPI(title="Shouwang", openapi_url=None, docs_url=None, redoc_url=None)
    app.state.site = site
    for router in (plain, registering.router, looking.router, leaving.router, source.router):
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    for kind, (name, status) in PROBLEMS.items():
        app.add_exception_handler(kind, _answer_with(site, name, status))
    app.middleware("http")(_guard)
    # A page elsewhere could point a name of its own at 127.0.0.1 and read this site through a visitor's browser.
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=_hosts(site.base.settings), www_redirect=False)
    return app


@plain.get("/")
def welcome(visit: Here) -> Response:
    """Say what this is."""
    return visit.show("welcome")


@plain.get("/health")
def health() -> Response:
    """Say that the process lives."""
    return PlainTextResponse("up\n")


@plain.get("/robots.txt")
def robots() -> Response:
    """Keep search engines out."""
    return PlainTextResponse("User-agent: *\nDisallow: /\n")


def _answer_with(site: Site, about: str, status: int) -> Callable[[Request, Exception], Response]:
    def answer(request: Request, _error: Exception) -> Response:
        return Visit(request=request, site=site).note(about, status=status)

    return answer


async def _guard(request: Request, call_next: Next) -> Response:
    if request.method == "POST" and request.headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
        # A form on somebody else's page; mail programs and old browsers do not send the header at all.
        return PlainTextResponse("not from here\n", status_code=403, headers=HEADERS)
    response = await call_next(request)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _hosts(settings: Settings) -> list[str]:
    public = urlsplit(settings.public_url).hostname
    return [*HERE, *([public] if public else [])]


def _export(parts: Parts, profile_id: str, actor: str) -> bytes:
    from monitors.evidence.export import export

    # In memory where the machine has it as a folder: the bundle is not encrypted, and goes as soon as it is read.
    with TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else parts.settings.home) as folder:
        path = Path(folder) / "evidence.zip"
        return export(parts.sealer, profile_id, path, parts.clock.now(), actor=actor).read_bytes()


def _read_photo(content: bytes, name: str) -> tuple[Fingerprint, ...]:
    from monitors.matching.images.fingerprint import read_reference

    return read_reference(content, name)
