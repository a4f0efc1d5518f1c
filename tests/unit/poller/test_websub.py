"""WebSub: what is asked of a hub, what it is answered, and how far it is trusted. P56 to P60."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from services.contracts import codec
from services.contracts.messages import Article
from services.poller.core.model import FeedConfig, Fetched, ParsedFeed
from services.poller.websub import protocol
from services.poller.websub.hub_audit import DISTRUSTED_FOR, HubAudit
from services.poller.websub.protocol import HubLink, Subscription
from services.poller.websub.subscriptions import Subscriptions
from tests.support.clock import START
from tests.support.poller import FEED, Bench, FakePushStore, a_feed, an_item, ok, rss

HUB, HOUR, DAY = "https://hub.example/", timedelta(hours=1), timedelta(days=1)
HUBBED = f'<link xmlns="http://www.w3.org/2005/Atom" rel="hub" href="{HUB}"/>'
BODY = b"what the hub pushes"


def signature(secret: str, body: bytes, method: str = "sha256") -> str:
    return f"{method}={hmac.new(secret.encode(), body, method).hexdigest()}"


@pytest.mark.parametrize(
    ("headers", "hubs", "own", "found"),
    [
        ({}, (HUB,), "https://news.example/own", HubLink(HUB, "https://news.example/own")),
        ({}, (HUB,), None, HubLink(HUB, FEED)),
        ({}, ("/hub",), "own.xml", HubLink("https://news.example/hub", "https://news.example/own.xml")),
        ({}, ("http://clear.example/", HUB), None, HubLink(HUB, FEED)),
        ({}, ("http://clear.example/", "gopher://x/", ""), None, None),
        ({"link": '<https://h.example/>; rel="hub", <https://t.example/>; rel=self'}, (HUB,), "x",
         HubLink("https://h.example/", "https://t.example/")),
        ({"link": '<https://h.example/>; title="a, b; c"; rel="other HUB"'}, (), None,
         HubLink("https://h.example/", FEED)),
        ({"link": "<" * 9000 + ";rel=hub" * 9000}, (), None, None),
        ({}, (), None, None),
    ],
)  # fmt: skip
def test_hub_and_topic_come_from_headers_first(
    headers: dict[str, str], hubs: tuple[str, ...], own: str | None, found: HubLink | None
) -> None:
    feed = ParsedFeed(format="rss20", hubs=hubs, self_url=own)
    assert protocol.find_hub(headers, feed, base=FEED, usable=lambda url: url.startswith("https:")) == found


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512", "SHA256"])
def test_every_method_of_the_recommendation_is_taken(method: str) -> None:  # P58
    digest = hmac.new(b"secret", BODY, method.lower()).hexdigest()
    assert protocol.is_signed("secret", f"{method}={digest}", BODY)
    assert protocol.is_signed("secret", f"{method}={digest.upper()}", BODY)
    assert not protocol.is_signed("secret", f"{method}={digest}", BODY + b"!")
    assert not protocol.is_signed("another", f"{method}={digest}", BODY)


@pytest.mark.parametrize(
    "header",
    [None, "", "sha256", "sha256=", "=", hashlib.sha256(BODY).hexdigest(), signature("s", BODY, "md5"),
     signature("s", BODY, "sha224"), "sha256=ü", signature("s", BODY)[:-1], "none=" + "0" * 64],
)  # fmt: skip
def test_a_missing_or_odd_signature_is_none(header: str | None) -> None:  # P57, P58
    assert not protocol.is_signed("s", header, BODY)


def subscription(**more: Any) -> Subscription:
    made = protocol.new_subscription(HubLink(HUB, FEED), token="t", secret="s", now=START)
    return protocol.requested(
        Subscription(**{name: getattr(made, name) for name in made.__struct_fields__} | more), START
    )


def query(**more: str) -> dict[str, str]:
    return {
        "hub.mode": "subscribe", "hub.topic": FEED, "hub.challenge": "repeat me", "hub.lease_seconds": "86400",
    } | {f"hub.{name}": value for name, value in more.items()}  # fmt: skip


@pytest.mark.parametrize(
    "asked_back", [query(topic="https://other.example/"), query(mode="unsubscribe"), query(challenge=""), {}]
)
def test_a_challenge_is_repeated_for_what_was_asked_alone(asked_back: Mapping[str, str]) -> None:  # P56
    assert protocol.confirm(subscription(), asked_back, START) is None


def test_a_challenge_is_repeated_once() -> None:  # P56
    found = protocol.confirm(subscription(), query(), START)
    assert found is not None
    confirmed, challenge = found
    assert challenge == "repeat me"
    assert protocol.is_active(confirmed, START)
    assert not protocol.is_active(confirmed, START + DAY)
    assert protocol.confirm(confirmed, query(), START) is None


@pytest.mark.parametrize(("lease", "days"), [("", 1), ("-5", 1), ("soon", 1), ("99999999999", 90), ("172800", 2)])
def test_a_lease_is_what_the_hub_says_within_reason(lease: str, days: float) -> None:
    found = protocol.confirm(subscription(), query(lease_seconds=lease), START)
    assert found is not None
    assert found[0].lease_until == START + days * DAY


def test_a_refused_request_is_made_again_ever_later() -> None:
    kept, waits = subscription(), []
    for _ in range(8):
        kept = protocol.after_failure(protocol.requested(kept, START), START, "no")
        waits.append((kept.next_at - START) / HOUR)
    assert waits == [1, 2, 4, 8, 16, 24, 24, 24]


def test_trust_is_earned_by_news_and_lost_for_a_week_by_a_miss() -> None:
    hub = HubAudit()
    assert not hub.trusted(START)
    assert not hub.after_push(["a"], new=0, now=START).trusted(START)
    hub = hub.after_push(["a"], new=1, now=START)
    assert hub.trusted(START)
    doubted = hub.after_pull(["b"], START + DAY)
    assert not doubted.trusted(START + DAY)
    assert doubted.after_push(["b", "c"], new=1, now=START + DAY).trusted(START + DAY)  # it was only late
    assert doubted.after_push(["b"], new=0, now=START + DAY).after_pull([], START + DAY + HOUR).trusted(START + 2 * DAY)
    assert doubted.after_pull([], START + DAY + HOUR / 10).missed_at is None  # within the grace
    lost = doubted.after_pull([], START + DAY + HOUR)
    assert lost.missed_at == START + DAY + HOUR
    lost = lost.after_push(["d"], new=1, now=START + 2 * DAY)
    assert not lost.trusted(START + DAY + HOUR + DISTRUSTED_FOR - HOUR)
    assert lost.trusted(START + DAY + HOUR + DISTRUSTED_FOR)


@dataclass
class FakeHub:
    """Answers requests; ``confirms`` says whether it asks back."""

    forms: list[dict[str, str]] = field(default_factory=list)
    status: int = 202
    confirms: bool = True
    lease: str = "864000"
    target: Subscriptions | None = None

    async def post(self, url: str, form: Mapping[str, str]) -> Fetched:
        self.forms.append(dict(form))
        if self.confirms and self.status == 202 and self.target is not None:
            token = form["hub.callback"].rpartition("/")[2]
            back = query(topic=form["hub.topic"], lease_seconds=self.lease, mode=form["hub.mode"])
            assert await self.target.confirm(token, back) == "repeat me"
        return Fetched(outcome="http_5xx", status=self.status, url=url)


@dataclass
class World:
    """A poller on fakes with a hub beside it."""

    hub: FakeHub = field(default_factory=FakeHub)
    bench: Bench = field(default_factory=Bench)
    config: FeedConfig = field(default_factory=a_feed)

    def __post_init__(self) -> None:
        self.pushes = FakePushStore(self.bench.store)
        tokens = iter(range(1000))
        self.subscriptions = Subscriptions(
            public_url="https://hooks.example/w/",
            hubs=self.hub,
            store=self.pushes,
            hosts=self.bench.store,
            metrics=self.bench.poller.metrics,
            clock=self.bench.clock,
            listed=lambda feed_id: feed_id == self.config.id,
            usable=lambda url: url.startswith("https:"),
            token=lambda: f"token{next(tokens)}",
        )
        self.hub.target = self.subscriptions
        self.bench.poller = dataclasses.replace(self.bench.poller, hubs=self.subscriptions)

    @property
    def kept(self) -> Subscription:
        return self.pushes.kept[self.config.id]

    async def poll(self, *items: str) -> None:
        await self.bench.poll(self.config, ok(rss(*items, channel=HUBBED), etag='"1"'))

    async def subscribed(self) -> None:
        await self.poll(an_item(1))
        assert await self.subscriptions.sweep() == 1
        self.bench.clock.advance(3600)
        await self.poll(an_item(1))

    async def push(self, body: bytes, **more: Any) -> str:
        signed = {"signature": signature(self.kept.secret, body), "content_type": "application/rss+xml"} | more
        return await self.subscriptions.take(self.kept.token, body, **signed)

    async def take(self) -> str | None:
        """What a push came to, once its feed is claimed for it."""
        (claim,) = await self.bench.store.claim(self.bench.clock.now(), 10)
        assert claim.pushed
        return await self.bench.poller.poll(claim, self.config)

    def gap_hours(self) -> float:
        state = self.bench.store.kept[self.config.id]
        assert state.next_poll_at is not None
        assert state.health.last_poll_at is not None
        return (state.next_poll_at - state.health.last_poll_at) / HOUR

    def titles(self) -> list[str]:
        return [codec.decode(message.value, Article).title for message in self.bench.publisher.on("articles")]


async def test_a_hub_is_asked_with_a_callback_and_a_secret_of_the_feeds_own() -> None:
    world = World()
    await world.subscribed()
    (form,) = world.hub.forms
    assert form["hub.callback"] == f"https://hooks.example/w/{world.kept.token}"
    assert (form["hub.mode"], form["hub.topic"], form["hub.secret"]) == ("subscribe", FEED, world.kept.secret)
    assert world.kept.secret != world.kept.token
    assert protocol.is_active(world.kept, world.bench.clock.now())
    assert world.bench.count("wirewatch_poller_subscriptions_total", event="confirmed") == 1


async def test_a_push_is_published_without_a_request_and_polling_drops_to_a_day() -> None:  # P60
    world = World()
    await world.subscribed()
    asked = len(world.bench.web.requests)
    assert world.gap_hours() < 1
    assert await world.push(rss(an_item(2))) == "taken"
    assert await world.take() == "ok"
    assert world.titles() == ["Report 1", "Report 2"]
    assert len(world.bench.web.requests) == asked
    assert world.gap_hours() == 24
    assert await world.push(rss(an_item(2))) == "taken"
    await world.take()
    assert world.titles() == ["Report 1", "Report 2"]  # twice pushed is once published


async def test_a_hub_that_missed_an_item_loses_its_trust_and_polling_resumes() -> None:  # P60
    world = World()
    await world.subscribed()
    await world.push(rss(an_item(2)))
    await world.take()
    world.bench.clock.advance(86_400)
    await world.poll(an_item(3), an_item(2), an_item(1))
    assert world.titles()[-1] == "Report 3"
    assert world.gap_hours() < 1  # in doubt
    world.bench.clock.advance(3600)
    await world.poll(an_item(3), an_item(2), an_item(1))
    assert world.kept.audit.missed_at == world.bench.clock.now()
    assert world.gap_hours() < 1
    await world.push(rss(an_item(4)))
    await world.take()
    assert world.gap_hours() < 1  # one push does not win it back


async def test_a_late_push_takes_the_doubt_away() -> None:
    world = World()
    await world.subscribed()
    await world.push(rss(an_item(2)))
    await world.take()
    world.bench.clock.advance(86_400)
    await world.poll(an_item(3), an_item(2), an_item(1))
    await world.push(rss(an_item(3)))
    await world.take()
    assert world.gap_hours() == 24


async def test_a_lease_that_ran_out_brings_polling_back() -> None:
    world = World()
    world.hub.lease = "40000"
    await world.subscribed()
    await world.push(rss(an_item(2)))
    await world.take()
    world.bench.clock.advance(50_000)
    await world.poll(an_item(2), an_item(1))
    assert world.gap_hours() < 1.5


@pytest.mark.parametrize("bad", [None, "sha256=" + "0" * 64, "md5=" + "0" * 32])
async def test_what_is_not_signed_by_the_hub_brings_nothing(bad: str | None) -> None:  # P57
    world = World()
    await world.subscribed()
    assert await world.push(rss(an_item(2)), signature=bad) == "unsigned"
    assert not world.bench.store.pushed
    assert world.titles() == ["Report 1"]
    assert world.bench.count("wirewatch_poller_pushes_total", status="unsigned") == 1


async def test_a_token_of_nobody_and_a_full_queue_are_refused() -> None:
    world = World()
    await world.subscribed()
    assert await world.subscriptions.take("guess", BODY, signature=None, content_type=None) == "unknown"
    assert await world.subscriptions.confirm("guess", query()) is None
    world.pushes.full = True
    assert await world.push(BODY) == "full"


@pytest.mark.parametrize("body", [b"", b"<html>news</html>", rss()])
async def test_a_push_without_a_feed_in_it_makes_the_feed_be_asked_soon(body: bytes) -> None:
    world = World()
    await world.subscribed()
    world.bench.clock.advance(60)
    await world.push(body)
    await world.take()
    state = world.bench.store.kept[world.config.id]
    assert state.next_poll_at is not None
    assert state.health.last_poll_at is not None
    assert state.next_poll_at - state.health.last_poll_at == timedelta(minutes=5)


async def test_a_lease_is_renewed_before_it_ends_with_the_same_callback() -> None:  # P59
    world = World()
    await world.subscribed()
    until, since = world.kept.lease_until, world.kept.verified_at
    assert await world.subscriptions.sweep() == 0
    world.bench.clock.advance(8 * 86_400)
    assert await world.subscriptions.sweep() == 1
    first, second = world.hub.forms
    assert first == second
    assert until is not None
    assert world.kept.lease_until is not None
    assert world.kept.lease_until > until
    assert world.kept.verified_at == since  # the promise was never interrupted


async def test_a_hub_that_refuses_or_says_nothing_is_asked_again_an_hour_later() -> None:
    for hub in (FakeHub(status=500), FakeHub(confirms=False)):
        world = World(hub=hub)
        await world.poll(an_item(1))
        await world.subscriptions.sweep()
        world.bench.clock.advance(601)
        await world.subscriptions.sweep()
        assert (len(hub.forms), world.kept.failures) == (1, 1)
        world.bench.clock.advance(3601)
        await world.subscriptions.sweep()
        assert len(hub.forms) == 2
        assert world.bench.count("wirewatch_poller_subscriptions_total", event="failed") >= 1


async def test_a_hub_may_deny_and_is_left_alone_for_a_week() -> None:
    world = World()
    await world.subscribed()
    assert await world.subscriptions.confirm(world.kept.token, query(mode="denied", reason="no")) == ""
    assert not protocol.is_active(world.kept, world.bench.clock.now())
    world.bench.clock.advance(6 * 86_400)
    assert await world.subscriptions.sweep() == 0


async def test_a_feed_that_names_no_hub_any_more_is_left_by_us() -> None:
    world = World()
    await world.subscribed()
    token = world.kept.token
    await world.bench.poll(world.config, ok(rss(an_item(1), an_item(2)), etag='"1"'))
    assert world.config.id not in world.pushes.kept
    assert await world.subscriptions.sweep() == 1
    assert world.hub.forms[-1]["hub.mode"] == "unsubscribe"
    assert not world.pushes.kept
    assert await world.subscriptions.take(token, BODY, signature=None, content_type=None) == "unknown"


async def test_a_feed_with_another_hub_begins_anew() -> None:
    world = World()
    await world.subscribed()
    before = world.kept.token
    moved = HUBBED.replace("hub.example", "hub2.example")
    await world.bench.poll(world.config, ok(rss(an_item(1), channel=moved), etag='"1"'))
    assert world.kept.hub == "https://hub2.example/"
    assert world.kept.token != before


async def test_a_feed_that_left_the_list_is_unsubscribed_from_its_hub() -> None:
    world = World()
    await world.subscribed()
    await world.subscriptions.leave_unlisted()
    assert list(world.pushes.kept) == [world.config.id]
    token, world.config = world.kept.token, a_feed("https://other.example/feed")
    await world.subscriptions.leave_unlisted()
    assert await world.subscriptions.take(token, BODY, signature=None, content_type=None) == "unknown"
    assert await world.subscriptions.confirm(token, query(mode="unsubscribe")) is None  # it was not asked yet
    assert await world.subscriptions.sweep() == 1
    assert world.hub.forms[1:] == [
        {"hub.callback": f"https://hooks.example/w/{token}", "hub.mode": "unsubscribe", "hub.topic": FEED}
    ]
    assert not world.pushes.kept
    assert world.bench.count("wirewatch_poller_subscriptions_total", event="left") == 1
    assert await world.subscriptions.confirm(token, query(mode="unsubscribe")) is None


async def test_a_list_that_changed_meanwhile_is_noticed_when_the_subscription_is_due() -> None:
    world = World()
    await world.subscribed()
    world.config = a_feed("https://other.example/feed")
    world.bench.clock.advance(9 * 86_400)
    for _ in range(2):
        assert await world.subscriptions.sweep() == 1
    assert world.hub.forms[-1]["hub.mode"] == "unsubscribe"
    assert not world.pushes.kept


async def test_what_the_hub_has_not_is_not_taken_from_it() -> None:
    world = World(hub=FakeHub(confirms=False))
    await world.poll(an_item(1))
    await world.subscriptions.sweep()
    world.config = a_feed("https://other.example/feed")
    await world.subscriptions.leave_unlisted()
    assert not world.pushes.kept


async def test_a_hub_that_does_not_let_go_is_asked_three_times() -> None:
    world = World()
    await world.subscribed()
    world.hub.status, world.config = 500, a_feed("https://other.example/feed")
    await world.subscriptions.leave_unlisted()
    for _ in range(5):
        await world.subscriptions.sweep()
        world.bench.clock.advance(3 * 3600)
    assert [form["hub.mode"] for form in world.hub.forms] == ["subscribe", *["unsubscribe"] * 3]
    assert not world.pushes.kept
