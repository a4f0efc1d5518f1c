"""The verdicts on alerts as labels of articles: alerts and articles are what Kafka still holds."""

from collections.abc import Iterable, Sequence
from typing import Any

from services.cli import broker
from services.cli.alerts.log import Record
from services.cli.alerts.show import Wanted, latest
from services.contracts import topics
from services.contracts.analyst_actions import standing_feedback
from services.contracts.feedback import verdict
from services.contracts.messages import Alert, Article, TaggedArticle
from services.runtime.kafka.connection import KafkaAccess

# An alert that is repeated or old was about its topic all the same; one that is trivial hardly.
LABELS = {"useful": "yes", "repeated": "yes", "old": "yes", "wrong_topic": "no", "trivial": "borderline"}
COPIED = ("id", "published_at", "first_seen_at", "title", "text", "summary", "language")  # from the article
UNKNOWN = "borderline"  # sets an article aside for a topic that nobody judged it by


async def judged_alerts(kafka: KafkaAccess) -> Sequence[Alert]:
    """The latest revision of each alert that analysts judged. Raises :class:`UsageError`."""
    found = [Record(alert, b"") async for _, alert in broker.messages(kafka, topics.ALERTS, Alert)]
    return [record.alert for record in latest(found, Wanted()) if verdict(record.alert) is not None]


async def labelled(kafka: KafkaAccess, topic: str | None) -> list[dict[str, Any]]:
    """A line for each article that a verdict is about, as far as Kafka has its text. Raises :class:`UsageError`."""
    alerts = await judged_alerts(kafka)
    wanted = {action.article_id for alert in alerts for action in standing_feedback(alert.actions)}
    tagged = [one.article async for _, one in broker.messages(kafka, topics.TAGGED, TaggedArticle)]
    return lines(alerts, {article.id: article for article in tagged if article.id in wanted}, topic)


def lines(alerts: Iterable[Alert], articles: dict[str, Article], topic: str | None) -> list[dict[str, Any]]:
    """The lines for what is known of ``articles``. The last verdict on an article counts."""
    named = sorted({one.topic for alert in alerts for one in alert.topics})
    found: dict[str, tuple[Any, dict[str, Any]]] = {}
    for alert in alerts:
        for action in standing_feedback(alert.actions):
            article = articles.get(action.article_id or "")
            if article is None or (topic and all(one.topic != topic for one in alert.topics)):
                continue
            label = "yes" if action.useful else LABELS[action.why or "trivial"]
            of_alert = {one.topic for one in alert.topics}
            line = {name: getattr(article, name) for name in COPIED} | {
                "source": article.outlet,
                "labels": {name: label if name in of_alert else UNKNOWN for name in named},
                "by": action.by,
                "why": action.why,
                "rule": action.rule,
                "alert": alert.id,
            }
            if article.id not in found or found[article.id][0] < action.at:
                found[article.id] = (action.at, line)
    return [line for _, line in found.values()]
