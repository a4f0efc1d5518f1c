"""The closed sets of the poller: how polls, items, pages and pushes end, and how a feed stands."""

from typing import Literal, get_args

from services.contracts.messages import Tier

Outcome = Literal[
    "ok",
    "not_modified",
    "redirect",
    "rate_limited",
    "gone",
    "http_4xx",
    "http_5xx",
    "timeout",
    "dns",
    "tls",
    "connect",
    "ssrf_blocked",
    "robots",
    "too_large",
    "bad_body",
    "not_a_feed",
    "empty",
    "parse_error",
]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
SUCCESSES: frozenset[Outcome] = frozenset({"ok", "not_modified"})
UNREACHABLE: frozenset[Outcome] = frozenset({"dns", "connect", "timeout", "tls"})  # nobody answered at all

ArticleStatus = Literal["published", "known", "dead"]
ARTICLE_STATUSES: tuple[ArticleStatus, ...] = get_args(ArticleStatus)

PageStatus = Literal["ok", "robots", "failed", "skipped"]
PAGE_STATUSES: tuple[PageStatus, ...] = get_args(PageStatus)

# Looking at a page again: the first look, nothing that matters, a difference, gone, not found once, another page (a
# login, say), forbidden by robots.txt, no answer, put off because the day's number is reached.
RecheckOutcome = Literal[
    "first", "same", "changed", "withdrawn", "missing", "another_page", "robots", "failed", "put_off"
]  # fmt: skip
RECHECK_OUTCOMES: tuple[RecheckOutcome, ...] = get_args(RecheckOutcome)

PushStatus = Literal["taken", "unsigned", "unknown", "full", "refused"]
PUSH_STATUSES: tuple[PushStatus, ...] = get_args(PushStatus)

SubscriptionEvent = Literal["confirmed", "failed", "denied", "left"]
SUBSCRIPTION_EVENTS: tuple[SubscriptionEvent, ...] = get_args(SubscriptionEvent)

FeedHealth = Literal["ok", "failing", "silent", "lying", "gone", "merged", "new"]
FEED_HEALTHS: tuple[FeedHealth, ...] = get_args(FeedHealth)

Cap = Literal["body", "entries", "pages", "text", "message"]
CAPS: tuple[Cap, ...] = get_args(Cap)

TIERS: tuple[Tier, ...] = get_args(Tier)
