"""One frozen object with everything that can be set, read once at the edge and passed down."""

from pathlib import Path
from typing import Annotated

from platformdirs import user_data_path
from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class Settings(BaseSettings):
    """What an operator can set, each by an environment variable ``SHOUWANG_<NAME>``."""

    model_config = SettingsConfigDict(env_prefix="SHOUWANG_", frozen=True, extra="ignore", validate_default=True)

    home: Path = Field(
        default_factory=lambda: user_data_path("shouwang"),
        description="Folder of the ledger, the spool, sealed evidence and the key file.",
    )
    database_url: SecretStr | None = Field(
        default=None, description="SQLAlchemy address of the ledger; unset: a SQLite file in the home folder."
    )
    master_key: SecretStr | None = Field(
        default=None, description="Master key, 32 bytes in base64; unset: the key file, made on first use."
    )
    master_key_file: Path | None = Field(
        default=None, description="Where the key file is; unset: `master.key` in the home folder."
    )
    keep_unmatched_days: float = Field(
        default=7, ge=0, alias="SHOUWANG_KEEP_UNMATCHED", description="Days an unmatched post stays in the spool."
    )
    fetch_seconds: float = Field(default=600, gt=0, description="Deadline of one source in one run.")
    run_sources: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("rss", "mastodon", "telegram"),
        description="Sources a run asks, separated by commas. With their settings below also: rsshub, weibo, x, reddit, snscrape.",
    )
    feeds: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Addresses of RSS, Atom or JSON feeds to watch, search-engine alerts too, separated by white space.",
    )
    mastodon_servers: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Mastodon servers to ask, separated by white space."
    )
    telegram_channels: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Public Telegram channels to read (`name`, `@name` or `https://t.me/name`)."
    )
    rsshub_url: str = Field(
        default="", description="Address of your own RSSHub, for Bilibili, Zhihu, Douban, Xiaohongshu, Douyin, Tieba."
    )
    rsshub_routes: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("/bilibili/vsearch/{word}",),
        description="Its routes to read, separated by white space; `{word}` stands for each word asked for.",
    )
    weibo_cookie: SecretStr = Field(
        default=SecretStr(""),
        description="Cookie of your own Weibo account (`SUB=…; SUBP=…`). Weibo's terms forbid automatic reading without its consent: your account may be closed.",
    )
    weibo_users: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Weibo users to read, by their numbers."
    )
    x_bearer_token: SecretStr = Field(
        default=SecretStr(""),
        description="Bearer token of your own app at X's official API, which charges for every post read.",
    )
    x_posts_a_month: int = Field(
        default=1000,
        ge=0,
        description="Posts of X that may be read, and so paid for, in a month; nothing goes past it.",
    )
    reddit_client_id: str = Field(
        default="", description="Id of your own app that Reddit approved under its Responsible Builder Policy."
    )
    reddit_client_secret: SecretStr = Field(default=SecretStr(""), description="Its secret.")
    reddit_subreddits: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Subreddits whose posts and comments are read, beside the search."
    )
    snscrape_channels: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Telegram channels to read by snscrape instead of by ours (extra `snscrape`, Python 3.11).",
    )
    snscrape_weibo_users: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Weibo users, by their numbers, to read by snscrape without a cookie."
    )
    proxies: Annotated[dict[str, str], NoDecode] = Field(
        default_factory=dict,
        description="Your own proxy for a source, as `source=http://host:port`, separated by white space (`telegram=http://127.0.0.1:7890`).",
    )
    daily_requests: Annotated[dict[str, int], NoDecode] = Field(
        default_factory=dict,
        description="Most requests of a source in a day, as `source=number`, separated by white space.",
    )
    ca_file: Path | None = Field(
        default=None,
        description="Certificate authorities to trust on the web instead of the usual ones (a proxy's own).",
    )
    bluesky: bool = Field(
        default=False,
        description="Watch Bluesky: reads the stream of every public post there. Off until you choose it.",
    )
    bluesky_stream: str = Field(
        default="wss://jetstream.us-east.bsky.network/xrpc/network.bsky.jetstream.subscribeEvents",
        description="A Jetstream server, of version 2 (this one) or 1 (`…/subscribe`).",
    )
    bluesky_languages: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("zh",), description="Languages of Bluesky's posts to look at; empty: all. A name is seen in any."
    )
    bluesky_api: str = Field(
        default="https://public.api.bsky.app", description="Where a single post of Bluesky is looked at again."
    )
    bluesky_pictures: str = Field(
        default="https://cdn.bsky.app/img/feed_fullsize/plain/{did}/{cid}@jpeg",
        description="Where a network's pictures are, with {did} and {cid}.",
    )
    bluesky_handle: str | None = Field(
        default=None, description="Your own account, to search once for what was written before a name was watched."
    )
    bluesky_password: SecretStr | None = Field(default=None, description="Its app password, never the account's own.")
    bluesky_service: str = Field(default="https://bsky.social", description="Where that account lives.")
    blind_after: int = Field(
        default=3, gt=0, description="Failed looks in a row after which the operator is told that a source is blind."
    )
    operator_address: str | None = Field(
        default=None, description="Who is mailed when a source goes blind; unset: `sources check` and the log say it."
    )
    contact: str = Field(default="", description="How a site reaches the operator; goes into the User-Agent.")
    allow_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Hosts the network guard lets through although they are private (tests, intranet)."
    )
    elasticsearch_url: str | None = Field(
        default=None, description="Elasticsearch's address; unset: the embedded index."
    )
    elasticsearch_api_key: SecretStr | None = Field(default=None, description="API key for Elasticsearch.")
    elasticsearch_ca: Path | None = Field(default=None, description="Certificate authority of Elasticsearch.")
    index_prefix: str = Field(default="shouwang", description="Prefix of every index of ours.")
    kibana_url: str | None = Field(default=None, description="Kibana's address, for `kibana load` and links.")
    kibana_api_key: SecretStr | None = Field(default=None, description="API key for Kibana.")
    smtp_host: str | None = Field(default=None, description="Mail server; unset: mails stay in the outbox.")
    smtp_port: int = Field(default=587, gt=0, lt=65536, description="Its port.")
    smtp_security: str = Field(
        default="starttls", pattern="^(none|starttls|tls)$", description="`starttls`, `tls` or `none`."
    )
    smtp_user: str | None = Field(default=None, description="Login at the mail server.")
    smtp_password: SecretStr | None = Field(default=None, description="Its password.")
    smtp_ca: Path | None = Field(default=None, description="Certificate authority of the mail server.")
    smtp_timeout_seconds: float = Field(default=30, gt=0, description="How long the mail server may be silent.")
    mail_from: str = Field(default="shouwang@localhost", description="Sender's address.")
    mail_from_name: str = Field(default="", description="Sender's name; unset: the catalogue's neutral one.")
    public_url: str = Field(default="http://127.0.0.1:8787", description="Where the web page is reached, for links.")
    source_url: str = Field(
        default="", description="Where the running version's source code is offered (AGPL section 13)."
    )
    profiles_per_address: int = Field(default=3, gt=0, description="Profiles one confirming address may have.")
    encoder: str = Field(default="shipped", description="`shipped`, or a sentence-transformers name or folder.")
    encoder_heads: Path | None = Field(
        default=None,
        description="Heads fitted on that encoder: `python -m monitors.scoring.workshop.train_heads --model … --to …`.",
    )
    encoder_prefix: str = Field(default="", description="What that encoder wants before each text.")
    encoder_threads: int = Field(default=0, ge=0, description="Threads of the encoder; 0: all cores.")
    face_model: str = Field(
        default="",
        description="`dlib`, or an ArcFace-type ONNX file; unset: no face is ever compared. Its licence is yours to keep.",
    )
    face_model_licence: str = Field(default="", description="Licence of that model, named by you; needed with it.")
    face_model_folder: Path | None = Field(
        default=None, description="Folder of dlib's model files, where they are not found."
    )
    face_detector: Path | None = Field(default=None, description="YuNet as an ONNX file, for an ONNX face model.")
    face_likeness: float = Field(
        default=0.5, gt=0, lt=1, description="Likeness below which an ONNX face model speaks of two people."
    )
    face_impostors: Path | None = Field(
        default=None,
        description="Folder of pictures of other people: nobody is found who looks no more like her than they.",
    )
    log_format: str = Field(
        default="auto",
        pattern="^(auto|console|json|quiet)$",
        description="`console`, `json`, `quiet` (warnings only), or `auto`: by the terminal.",
    )

    @field_validator(
        "run_sources",
        "feeds",
        "mastodon_servers",
        "telegram_channels",
        "rsshub_routes",
        "weibo_users",
        "snscrape_channels",
        "snscrape_weibo_users",
        "reddit_subreddits",
        "bluesky_languages",
        "allow_hosts",
        mode="before",
    )
    @classmethod
    def _split_list(cls, value: object) -> object:
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value

    @field_validator("proxies", "daily_requests", mode="before")
    @classmethod
    def _split_pairs(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs = [item.partition("=") for item in value.split()]
        if any(not (name and equals and said) for name, equals, said in pairs):
            raise ValueError("is written source=value, separated by white space")
        return {name: said for name, _, said in pairs}

    @property
    def ledger_url(self) -> str:
        """SQLAlchemy address of the ledger."""
        return self.database_url.get_secret_value() if self.database_url else f"sqlite:///{self.home / 'ledger.sqlite'}"

    @property
    def asked_sources(self) -> tuple[str, ...]:
        """Sources a run asks: those named, and those switched on."""
        return tuple(dict.fromkeys((*self.run_sources, *(["bluesky"] if self.bluesky else []))))

    @property
    def watched_sources(self) -> tuple[str, ...]:
        """Sources of a run that have somewhere to look: a digest answers for these."""
        places = {
            "rss": self.feeds,
            "mastodon": self.mastodon_servers,
            "telegram": self.telegram_channels,
            "rsshub": self.rsshub_url,
            "snscrape": (*self.snscrape_channels, *self.snscrape_weibo_users),
        }
        return tuple(source for source in self.asked_sources if places.get(source, True))

    @property
    def key_file(self) -> Path:
        """Where the master key is kept when the environment does not give it."""
        return self.master_key_file or self.home / "master.key"

    @property
    def spool(self) -> Path:
        """Folder of batch files."""
        return self.home / "spool"

    @property
    def exhibits(self) -> Path:
        """Folder of sealed exhibits."""
        return self.home / "exhibits"
