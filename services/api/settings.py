"""The api's settings: ``WIREWATCH_API_<FIELD>``."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from services.runtime.process.settings import CommonSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings(CommonSettings):
    """``WIREWATCH_API_<FIELD>``.

    Each follower holds a connection to Redis, which is why they are limited. Reading needs no token while the API
    listens on loopback.
    """

    host: Annotated[str, "The address on which the API and the page listen."] = "127.0.0.1"
    port: Annotated[int, "The port of that address; 0 takes a free one."] = 8080
    max_streams: Annotated[int, "How many clients can follow the stream at once."] = 100
    token_file: Annotated[
        Path | None,
        "The tokens of those who may sign in, each line `name: token` or `name role: token` (reader, analyst, editor); "
        "without it nobody may change the state of alerts.",
    ] = None
    feeds: Annotated[Path | None, "The feed list that the page edits: the first file that the poller reads."] = None
    packs: Annotated[Path | None, "The folder of topic packs that the page edits: that of the tagger."] = None
    watches: Annotated[Path | None, "The watch file that the page edits: that of the notifier."] = None
    oidc_issuer: Annotated[
        str, "The provider of OpenID Connect with which a team signs in; needs `pip install 'wirewatch[oidc]'`."
    ] = ""
    oidc_client: Annotated[str, "The client id of this api there."] = ""
    oidc_secret_file: Annotated[Path | None, "A file with its client secret. A new secret ends all sessions."] = None
    oidc_page: Annotated[
        str, "The address of the page as people open it; `<address>/api/v1/session/oidc/callback` is registered there."
    ] = ""
    oidc_scope: Annotated[str, "What is asked for."] = "openid profile email"
    oidc_name_claim: Annotated[
        str, "The claim with the name that stands on notes and alerts: one that people cannot change themselves."
    ] = "preferred_username"
    oidc_role_claim: Annotated[str, "The claim with the groups or roles of a person."] = "groups"
    oidc_roles: Annotated[
        tuple[str, ...], "`group=role` (reader, analyst, editor), separated by commas; who has none is not let in."
    ] = ()
    open_reads: Annotated[
        bool,
        "Whether reading needs no token where the API does not listen on loopback: only behind a proxy that "
        "authenticates.",
    ] = False
    services: Annotated[
        tuple[str, ...],
        "`name=http://host:port` of each service's `/readyz`, separated by commas; `wirewatch up` and Compose set it.",
    ] = ()
    archive: Annotated[Path, "The archive's file, for search and history; where there is none, the API says so."] = (
        Path(".wirewatch/archive.db")
    )
    local_feeds: Annotated[
        int, "How many feeds are served on this machine: where only those answer, the page says that it is offline."
    ] = 0
