"""The records that a batch is decided on: loaded together, changed as deliveries are decided one after the other.

Every decision becomes one write that asks for the tokens of all it has read, so a decision on something that another
worker has changed meanwhile is refused by the store and made again. Within a batch a later decision builds on the
tokens of the earlier ones: where one is refused, those that built on it are, too.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from services.alert_store.records import ABSENT, Changed, Record, Write, replaced
from services.alerter.core import event_key, joining
from services.alerter.core.event_key import EventKey
from services.alerter.core.facts import NO_FACTS, AlertFacts, ArticleFacts
from services.alerter.core.joining import Entry
from services.alerter.ports import AlertStore, StoryKey, StoryReader
from services.contracts import ids, redis_keys
from services.contracts.messages import Alert
from services.contracts.stories import StoryMember

T = TypeVar("T")

_encode = msgspec.json.Encoder().encode
_facts = msgspec.json.Decoder(AlertFacts).decode
_alert_ids = msgspec.json.Decoder(tuple[str, ...]).decode
_entries = msgspec.json.Decoder(tuple[Entry, ...]).decode


class Snapshot:
    """Records and story members by key. :meth:`load` brings in whatever deciding on the given articles may ask for."""

    def __init__(self, store: AlertStore, stories: StoryReader) -> None:
        self._store = store
        self._reader = stories
        self._records: dict[str, Record] = {}
        self._decoded: dict[bytes, Any] = {}  # what was read or written, by its bytes
        self._members: dict[str, Sequence[StoryMember]] = {}
        self._settled: dict[str, list[tuple[str, str]]] = {}  # what was decided last on an alert rests on this

    async def load(self, keys: Sequence[StoryKey], items: Sequence[ArticleFacts]) -> None:
        """All about these stories and articles: the alerts they are in or may join, and all stories of those."""
        index = [key for item in items for key in index_keys_near(item)]
        await self._fetch([redis_keys.alerts_of_story(key.story_id) for key in keys] + index)
        wanted = {ids.alert_id(key.story_id) for key in keys}
        wanted.update(id_ for key in keys for id_ in self._pointed_at(key.story_id))
        for item in items:
            near = [(entry, entry.alert_id) for entry in self.entries_near(item)]
            wanted.update([new_id(item, another=True)], joining.alerts_to_join(item, {}, near))
            follows = joining.alert_it_follows(item, "", (), near)
            wanted.update([follows] if follows else [])
        wanted = await self._fetch_alerts(wanted)
        await self.load_stories({key.story_id: key.bucket for key in keys} | self._stories_of(wanted))

    async def load_alerts(self, alert_ids: Iterable[str]) -> None:
        """These alerts, those that they were merged into or split from, and all their stories."""
        wanted = await self._fetch_alerts(set(alert_ids))
        await self.load_stories(self._stories_of(wanted))
        await self._fetch([key for id_ in self.unsettled() for key in index_keys(self.to_take_back(id_)[1])])

    async def load_stories(self, buckets: Mapping[str, str]) -> None:
        """Stories, by id with their bucket: their members, and the alerts they are in."""
        await self._fetch([redis_keys.alerts_of_story(story_id) for story_id in buckets])
        await self._fetch_alerts({id_ for story_id in buckets for id_ in self._pointed_at(story_id)})
        story_keys = [StoryKey(bucket, story_id) for story_id, bucket in buckets.items()]
        self._members.update(zip(buckets, await self._reader.members(story_keys), strict=True))

    def members(self, story_id: str) -> Sequence[StoryMember]:
        """The members of a story that was loaded, none of another."""
        return self._members.get(story_id, ())

    def record(self, key: str) -> Record:
        """A record that was loaded. Raises ``KeyError`` for another: a decision must not rest on what was not read."""
        return self._records[key]

    def alert(self, alert_id: str) -> Alert | None:
        """An alert, None where it has not opened or was not loaded."""
        return self._records.get(redis_keys.alert(alert_id), ABSENT).alert

    def unsettled(self) -> list[str]:
        """The alerts whose facts do not say yet what an analyst did: merged, taken out again, split off."""
        prefix = redis_keys.alert("")
        alerts = [record.alert for key, record in self._records.items() if key.startswith(prefix) and record.alert]
        return [alert.id for alert in alerts if self._is_unsettled(alert)]

    def _is_unsettled(self, alert: Alert) -> bool:
        merged_into = self.facts(alert.id).merged_into
        if alert.merged_into is not None:
            return merged_into is None
        return merged_into is not None or bool(self.to_take_back(alert.id)[1])

    def to_take_back(self, alert_id: str) -> tuple[str, Sequence[ArticleFacts]]:
        """What an alert that was split off is to have of another: that other one, and the articles."""
        alert, facts = self.alert(alert_id), self.facts(alert_id)
        origin = facts.merged_into or (joining.split_from(alert) if alert and not facts.articles else None)
        if alert is None or alert.merged_into is not None or origin is None:
            return alert_id, ()
        held = self.live(origin)
        named = {source.article_id for source in alert.sources}
        return held, [item for item in self.facts(held).articles if item.article_id in named]

    def facts(self, alert_id: str) -> AlertFacts:
        """The facts of an alert that was loaded."""
        return self._read(redis_keys.alert(alert_id), _facts, NO_FACTS)

    def settle(self, alert_id: str) -> None:
        """Note that an alert was decided on all that is known here."""
        self._settled[alert_id] = self._grounds(alert_id)

    def is_settled(self, alert_id: str) -> bool:
        """Whether nothing has changed since an alert was decided, so that the same would be decided again."""
        return self._settled.get(alert_id) == self._grounds(alert_id)

    def _grounds(self, alert_id: str) -> list[tuple[str, str]]:
        """The alerts of an alert's stories, its own among them, each with its token."""
        stories = dict.fromkeys(item.story_id for item in self.facts(alert_id).articles)
        return [(id_, self.record(redis_keys.alert(id_)).token) for story in stories for id_ in self.alerts_of(story)]

    def live(self, alert_id: str) -> str:
        """The alert that goes on for this one: itself, or the one it was merged into."""
        seen = {alert_id}
        while redis_keys.alert(alert_id) in self._records:
            onward = self.facts(alert_id).merged_into
            if onward is None or onward in seen:
                break
            seen.add(onward)
            alert_id = onward
        return alert_id

    def alerts_of(self, story_id: str) -> dict[str, AlertFacts]:
        """The alerts that a story is in."""
        live = dict.fromkeys(self.live(id_) for id_ in self._pointed_at(story_id))
        return {id_: self.facts(id_) for id_ in live}

    def entries_near(self, item: ArticleFacts) -> Iterator[Entry]:
        """What the index has near the events of an article, each once."""
        seen: dict[tuple[str, str], list[EventKey]] = {}  # to hash whole entries took longer than to read them
        for key in dict.fromkeys(index_keys_near(item)):
            for entry in self.entries(key):
                events = seen.setdefault((entry.article_id, entry.alert_id), [])
                if entry.key not in events:
                    events.append(entry.key)
                    yield entry

    def entries(self, key: str) -> tuple[Entry, ...]:
        """The entries under one key of the index."""
        return self._read(key, _entries, ())

    def _read(self, key: str, decode: Callable[[bytes], T], nothing: T) -> T:
        """The facts of a record, decoded once for each of their bytes; ``nothing`` where there are none."""
        raw = self.record(key).facts
        if raw and raw not in self._decoded:
            self._decoded[raw] = decode(raw)
        return self._decoded[raw] if raw else nothing

    def put(self, key: str, record: Record, facts: object = None) -> None:
        """A record as a decision leaves it, with its facts where they are new."""
        self._records[key] = record
        if facts is not None:
            self._decoded[record.facts] = facts

    def _pointed_at(self, story_id: str) -> tuple[str, ...]:
        """The alerts that a story's record names, and the one of its own name should that record be gone."""
        record = self.record(redis_keys.alerts_of_story(story_id))
        named = _alert_ids(record.facts) if record.facts else ()
        own = ids.alert_id(story_id)
        return named if named or self._records.get(redis_keys.alert(own), ABSENT) == ABSENT else (own,)

    def _stories_of(self, alert_ids: Iterable[str]) -> dict[str, str]:
        """The stories of alerts, with their buckets."""
        live = {self.live(id_) for id_ in alert_ids}
        return {
            item.story_id: redis_keys.bucket(item.language) for id_ in sorted(live) for item in self.facts(id_).articles
        }

    async def _fetch_alerts(self, alert_ids: set[str]) -> set[str]:
        """Alerts, and whatever they were merged into or split from. Returns all of these."""
        wanted, found = alert_ids, set(alert_ids)
        while wanted:
            await self._fetch([redis_keys.alert(id_) for id_ in sorted(wanted)])
            onward = {other for id_ in wanted for other in self._others(id_)}
            wanted = {id_ for id_ in onward if redis_keys.alert(id_) not in self._records}
            found |= wanted
        return found

    def _others(self, alert_id: str) -> set[str]:
        alert, facts = self.alert(alert_id), self.facts(alert_id)
        named = {facts.merged_into, *((alert.merged_into, joining.split_from(alert)) if alert else ())}
        return {id_ for id_ in named if id_}

    async def _fetch(self, keys: Sequence[str]) -> None:
        missing = [key for key in dict.fromkeys(keys) if key not in self._records]
        self._records.update(zip(missing, await self._store.load(missing), strict=True))


class Transaction:
    """One decision in the making: what it has read and what it changes."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._read: dict[str, Record] = {}
        self._changed: dict[str, Changed] = {}

    def record(self, key: str) -> Record:
        """A record. The write will ask that it is still like this."""
        record = self._snapshot.record(key)
        self._read.setdefault(key, record)
        return record

    def change(self, key: str, *, facts: object = None, alert: Alert | None = None, publish: bool = False) -> None:
        """Give a record new facts, a new alert or both; the same as before is no change."""
        held = self.record(key)
        encoded = _encode(facts) if facts is not None else None
        if (encoded is None or encoded == held.facts) and (alert is None or alert == held.alert):
            return
        before, publish = self._read[key], publish or (key in self._changed and self._changed[key].publish)
        body = held.facts if encoded is None else encoded
        after = replaced(before, facts=body, alert=alert or held.alert)
        self._changed[key] = Changed(before=before, after=after, publish=publish)
        self._snapshot.put(key, after, facts)

    def write(self) -> Write | None:
        """The write that carries the decision out, None where nothing changes."""
        if not self._changed:
            return None
        return Write(read={key: record.token for key, record in self._read.items()}, changed=self._changed)

    def revisions(self) -> list[Alert]:
        """The alerts to send."""
        return [change.after.alert for change in self._changed.values() if change.publish and change.after.alert]


def new_id(item: ArticleFacts, *, another: bool = False) -> str:
    """The id of the alert that an article opens, ``another`` where its story has opened one already."""
    return ids.alert_id(item.story_id, item.article_id if another else None)


def index_keys(items: Iterable[ArticleFacts]) -> list[str]:
    """Where the index has the events of articles."""
    places = [place for item in items for key in item.keys for place in event_key.places_to_look(key)]
    return [redis_keys.alerts_of_events(parts, window) for parts, window in dict.fromkeys(places)]


def index_keys_near(item: ArticleFacts) -> list[str]:
    """Where the index may hold an event that is one with an article's."""
    return [
        redis_keys.alerts_of_events(parts, near)
        for key in item.keys
        for parts, window in event_key.places_to_look(key)
        for near in event_key.windows_around(window)
    ]
