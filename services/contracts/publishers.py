"""What is publicly known of a publisher, and how a source of an alert is named with it."""

from msgspec import Struct

from services.contracts.messages import AlertSource, PublisherKind

INTERNATIONAL = "INT"  # the country of a body of several states


class Publisher(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry of ``seeds/publishers.yaml``.

    ``source`` says who states its owner and state control, ``source_url`` where, ``source_date`` the date of that page.
    """

    country: str
    kind: PublisherKind
    owner: str | None = None
    state_control: str | None = None
    source: str | None = None
    source_url: str | None = None
    source_date: str | None = None

    @property
    def controlling_state(self) -> str | None:
        """The state (ISO 3166-1 alpha-3) that controls what it says; a body of a state is that state's."""
        own = self.country if self.kind == "state_body" and self.country != INTERNATIONAL else None
        return self.state_control or own


class Wire(Struct, frozen=True, kw_only=True):
    """A news agency: its own sites, and the words that credit it.

    ``credits`` are as in a dateline ("AP" of "(AP) —", "Reuters" of "Reuters -"), ``names`` as an author or an RSS
    ``<source>`` names it, ``endings`` stand at the end of a text.
    """

    hosts: tuple[str, ...]
    credits: tuple[str, ...]
    names: tuple[str, ...] = ()
    endings: tuple[str, ...] = ()


def outlet_of(source: AlertSource) -> str:
    """The outlet of a source, for instance "tass.com (state-controlled, RUS)"."""
    return f"{source.outlet} (state-controlled, {source.state_control})" if source.state_control else source.outlet


def stated_by(source: AlertSource) -> str:
    """Where the publisher's owner and state control are stated, or that no address is known."""
    stated = (source.publisher_source, source.publisher_source_date)
    return ", ".join(filter(None, stated)) or "not verified"
