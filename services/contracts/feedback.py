"""What analysts said of alerts, counted: by topic, rule, act and source, and what it would be without a rule. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final, Literal, get_args

from msgspec import Struct

from services.contracts.analyst_actions import standing_feedback
from services.contracts.messages import Alert

By = Literal["topic", "rule", "act", "source"]
BY: Final[tuple[By, ...]] = get_args(By)
FEW: Final = 3  # verdicts below which a share says nothing
REJECTED: Final = 0.5  # precision below which a rule is named


class Judged(Struct, frozen=True, kw_only=True):
    """The verdicts on one topic, rule, act or source: alerts found useful, and those rejected by the reason."""

    by: By
    name: str
    useful: int = 0
    rejected: dict[str, int] = {}

    @property
    def precision(self) -> float:
        """The share of alerts that were useful."""
        return self.useful / (self.useful + sum(self.rejected.values()))


class RejectedRule(Struct, frozen=True, kw_only=True):
    """A rule that analysts reject. Without it ``gain`` rejected alerts would not open, and ``loss`` useful ones."""

    rule: str
    useful: int
    rejected: int
    gain: int
    loss: int


def verdict(alert: Alert) -> str | None:
    """What analysts say of an alert: useful, why not, None where nobody says anything. The last word counts."""
    said = max(standing_feedback(alert.actions), key=lambda action: action.at, default=None)
    if said is None:
        return None
    return "useful" if said.useful else said.why or "trivial"


def count(alerts: Iterable[Alert]) -> tuple[Judged, ...]:
    """The verdicts by everything an alert names, the most judged first."""
    counts: dict[tuple[By, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for alert in alerts:
        said = verdict(alert)
        for key in _names(alert) if said else ():
            counts[key][said or ""] += 1
    found = [
        Judged(by=by, name=name, useful=said.pop("useful", 0), rejected=dict(said))
        for (by, name), said in counts.items()
    ]
    return tuple(sorted(found, key=lambda one: (BY.index(one.by), -one.useful - sum(one.rejected.values()), one.name)))


def rejected_rules(alerts: Iterable[Alert]) -> tuple[RejectedRule, ...]:
    """The rules that analysts reject more often than not, the most worth changing first."""
    judged = [(alert, said) for alert in alerts if (said := verdict(alert))]
    found = []
    for one in count(alert for alert, _ in judged):
        rejected = sum(one.rejected.values())
        if one.by != "rule" or one.useful + rejected < FEW or one.precision >= REJECTED:
            continue
        alone = [said for alert, said in judged if _rules(alert) == {one.name}]
        loss = alone.count("useful")
        found.append(
            RejectedRule(rule=one.name, useful=one.useful, rejected=rejected, gain=len(alone) - loss, loss=loss)
        )
    return tuple(sorted(found, key=lambda rule: (rule.loss - rule.gain, rule.rule)))


def _names(alert: Alert) -> Iterator[tuple[By, str]]:
    yield from (("topic", topic.topic) for topic in alert.topics)
    yield from (("rule", rule) for rule in sorted(_rules(alert)))
    yield from (("act", event.act) for event in alert.events[:1])
    yield from (("source", family) for family in sorted({source.family for source in alert.sources}))


def _rules(alert: Alert) -> set[str]:
    return {piece.rule for piece in alert.evidence} | {event.rule for event in alert.events}
