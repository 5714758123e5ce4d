"""Writing on a Bluesky network of a test: accounts, posts and pictures, by the API that Bluesky's own app uses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

POST = "app.bsky.feed.post"


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """An account of a PDS."""

    client: httpx.Client
    did: str

    def post(self, text: str, *, langs: Sequence[str] = ("zh",), **more: Any) -> str:
        """Write a post and give its record key."""
        made = self._call("com.atproto.repo.createRecord", record=_record(text, langs, more))
        return str(made["uri"]).rpartition("/")[2]

    def post_many(self, texts: Sequence[str], *, langs: Sequence[str] = ("zh",)) -> None:
        """Write posts, up to two hundred of them in one commit."""
        for start in range(0, len(texts), 200):
            writes = [
                {
                    "$type": "com.atproto.repo.applyWrites#create",
                    "collection": POST,
                    "value": _record(text, langs, {}),
                }
                for text in texts[start : start + 200]
            ]
            _checked(self.client.post("com.atproto.repo.applyWrites", json={"repo": self.did, "writes": writes}))

    def post_picture(self, text: str, content: bytes, *, alt: str = "") -> str:
        """Write a post with a picture."""
        headers = {"Content-Type": "image/jpeg"}
        blob = _checked(self.client.post("com.atproto.repo.uploadBlob", content=content, headers=headers))["blob"]
        return self.post(text, embed={"$type": "app.bsky.embed.images", "images": [{"image": blob, "alt": alt}]})

    def edit(self, rkey: str, text: str) -> None:
        """Write another text into the place of a post."""
        self._call("com.atproto.repo.putRecord", rkey=rkey, record=_record(text, ("zh",), {}))

    def delete(self, rkey: str) -> None:
        """Delete a post."""
        self._call("com.atproto.repo.deleteRecord", rkey=rkey)

    def _call(self, method: str, **said: Any) -> dict[str, Any]:
        return _checked(self.client.post(method, json={"repo": self.did, "collection": POST, **said}))


def sign_up(pds: str, name: str) -> Writer:
    """Make an account at a PDS."""
    client = httpx.Client(base_url=f"{pds}/xrpc/", trust_env=False, timeout=30)
    asked = {"handle": f"{name}.test", "email": f"{name}@example.test", "password": "only-for-a-test"}
    made = _checked(client.post("com.atproto.server.createAccount", json=asked))
    client.headers["Authorization"] = f"Bearer {made['accessJwt']}"
    return Writer(client=client, did=str(made["did"]))


def _record(text: str, langs: Sequence[str], more: dict[str, Any]) -> dict[str, Any]:
    return {"$type": POST, "text": text, "langs": list(langs), "createdAt": datetime.now(UTC).isoformat(), **more}


def _checked(response: httpx.Response) -> dict[str, Any]:
    assert response.is_success, response.text
    said: dict[str, Any] = response.json() if response.content else {}
    return said
