"""A story's members as the sources of its alert."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.alerter.core.event_key import SPOKEN, deed_of, main_event
from services.alerter.core.facts import ArticleFacts, is_full
from services.alerter.core.severity import Rules
from services.alerter.core.titles import Titles, is_comment, own_words
from services.contracts import headlines, stories
from services.contracts.headlines import DENIALS
from services.contracts.messages import AlertSource, PageChange
from services.contracts.publishers import Publisher
from services.contracts.stories import Folded, StoryMember

MAX_SOURCES = 500  # about 250 kB of JSON: the alert stays well below the largest message
_MAX_TITLE = 300
_TOLD_ALIKE = 3  # words that two titles share, a third of them, to tell the same
_SHARED = [name for name in StoryMember.__struct_fields__ if name in AlertSource.__struct_fields__]


@dataclass(frozen=True, slots=True)
class Sources:
    """The sources an alert lists, how many of all are independent, and when each independent one was first seen.

    ``controlling_state`` is the state that controls every independent one, None where there is no such state.
    """

    listed: tuple[AlertSource, ...]
    independent: int
    seen_at: tuple[datetime, ...]
    controlling_state: str | None


def gather(
    members: Iterable[tuple[str, StoryMember]],
    articles: Sequence[ArticleFacts],
    known: Iterable[AlertSource],
    rules: Rules,
) -> Sources:
    """The sources of an alert. ``members`` are those of its stories, each with the story.

    The deduper's members count; a tagged article, or a source the alert had already, that is no longer among them
    (stories are kept for less long than alerts) is not forgotten.
    """
    known = tuple(known)
    by_id: dict[str, StoryMember] = {}
    story_of: dict[str, str | None] = {}
    for story_id, member in members:
        by_id[member.article_id] = member
        story_of[member.article_id] = story_id
    kept: tuple[ArticleFacts | AlertSource, ...] = (*articles, *reversed(known))
    for one in kept:
        if one.article_id not in by_id:
            by_id[one.article_id] = _member(one)
            story_of[one.article_id] = one.story_id
    folded = _fold(by_id, articles, rules.titles)
    languages = {source.story_id: source.language for source in known} | {a.story_id: a.language for a in articles}
    changed = {source.article_id: source.changed for source in known}

    def source(item: Folded) -> AlertSource:
        id_ = item.member.article_id
        return _source(item, story_of[id_], languages.get(story_of[id_]), changed.get(id_), rules.publishers)

    return Sources(
        listed=tuple(map(source, _capped(folded))),
        independent=stories.independent_sources(folded),
        seen_at=tuple(item.member.first_seen_at for item in folded if item.independent),
        controlling_state=_controlling_state([item.member for item in folded if item.independent], rules.publishers),
    )


def _controlling_state(members: Iterable[StoryMember], publishers: Mapping[str, Publisher]) -> str | None:
    """The one state behind all of them. A report that credits an agency is that agency's, whoever prints it."""
    authors = [publishers.get(member.wire or "") or publishers.get(member.family) for member in members]
    states = {author.controlling_state if author else None for author in authors}
    return states.pop() if len(states) == 1 else None


def _fold(by_id: Mapping[str, StoryMember], articles: Sequence[ArticleFacts], titles: Titles) -> tuple[Folded, ...]:
    """The members that report the event, folded. A comment or a denial is no source of its own beside a report.

    An article in which no event was read, or one that has other news, counts only if its title tells what a report's
    title tells.
    """
    confirms_nothing = {item.article_id: _confirms_nothing(item, titles) for item in articles}
    texts = {id_: id_ if id_ in confirms_nothing else _text_of(member, by_id) for id_, member in by_id.items()}
    reports = [item for item in articles if not item.beside] or articles
    told = [] if is_full(articles) else [_words(item.title, item.language, titles) for item in reports]
    reported = {item.article_id for item in reports}
    language = articles[0].language if articles else None
    alike = {
        text
        for text in set(texts.values())  # each once: a story may have hundreds of copies of one
        if text in reported or _tells_alike(_words(by_id[text].title, language, titles), told)
    }
    telling = {id_: by_id[id_] for id_, text in texts.items() if text in alike}
    silent = {id_: why for id_ in telling if (why := confirms_nothing.get(texts[id_]))}
    if len(silent) == len(telling):
        return stories.fold(telling.values())
    reporting = stories.fold(member for id_, member in telling.items() if id_ not in silent)
    others = (Folded(member=telling[id_], independent=False, because=why) for id_, why in silent.items())
    return tuple(sorted((*reporting, *others), key=lambda item: (item.member.first_seen_at, item.member.article_id)))


def _text_of(member: StoryMember, by_id: Mapping[str, StoryMember]) -> str:
    """The id of the article whose text a member has."""
    return member.copy_of if member.copy_of is not None and member.copy_of in by_id else member.article_id


def _confirms_nothing(item: ArticleFacts, titles: Titles) -> str | None:
    """Why a tagged article does not report the event itself, None where it does."""
    event = main_event(item.tags, item.title, item.language, titles)
    modes = {key.mode for key in item.keys}
    if modes == {"denied"}:
        return "denies it"
    spoken = bool(modes) and modes <= SPOKEN
    comments = spoken or is_comment(item.title, item.language, titles, deed=deed_of(event) if event else ())
    return "comments on it" if comments else None


def _tells_alike(words: set[str], told: Sequence[set[str]]) -> bool:
    """Whether a title tells what that of a report tells; to be in one story with it makes no source.

    ``told`` are the words of the reports, none where the facts of some may have been dropped: it may be one of those.
    """
    return not told or any(
        len(words & other) >= _TOLD_ALIKE and 3 * len(words & other) >= len(words) and not DENIALS & (words ^ other)
        for other in told
    )


def _words(title: str, language: str | None, titles: Titles) -> set[str]:
    return set(own_words(title, language, titles, names=())) | (DENIALS & headlines.read(title).words)


def _capped(folded: tuple[Folded, ...]) -> tuple[Folded, ...]:
    """Independent sources go before copies when not all can be listed; the order of first sight is kept."""
    if len(folded) <= MAX_SOURCES:
        return folded
    kept = sorted(enumerate(folded), key=lambda pair: (not pair[1].independent, pair[0]))[:MAX_SOURCES]
    return tuple(item for _, item in sorted(kept, key=lambda pair: pair[0]))


def _source(
    item: Folded,
    story_id: str | None,
    language: str | None,
    changed: PageChange | None,
    publishers: Mapping[str, Publisher],
) -> AlertSource:
    fields = {name: getattr(item.member, name) for name in _SHARED if name != "title"}
    publisher = publishers.get(item.member.family)
    return AlertSource(
        **fields,
        title=item.member.title[:_MAX_TITLE],
        independent=item.independent,
        folded_because=item.because,
        story_id=story_id,
        language=language,
        owner=publisher.owner if publisher else None,
        country=publisher.country if publisher else None,
        kind=publisher.kind if publisher else None,
        state_control=publisher.controlling_state if publisher else None,
        publisher_source=publisher.source_url if publisher else None,
        publisher_source_date=publisher.source_date if publisher else None,
        changed=changed,
    )


def _member(of: AlertSource | ArticleFacts) -> StoryMember:
    """A source, or a tagged article, as the member of its story that it was."""
    return StoryMember(**{name: getattr(of, name) for name in _SHARED if hasattr(of, name)})
