"""Verdicts are counted once an alert, by its last word, and a rejected rule is named with what it costs to drop it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

from services.cli.feedback.labels import lines
from services.contracts import feedback
from services.contracts.analyst_actions import AnalystAction, RejectedBecause
from services.contracts.messages import Alert, AlertTopic
from tests.support.alerts import a_tagged, an_opened_alert
from tests.support.clock import START


def judged(number: int, why: RejectedBecause | None, *, rule: str = "naval_moves-1", also: str | None = None) -> Alert:
    alert = an_opened_alert(a_tagged(story=f"{number:024x}", url=f"https://news.example/{number}"))
    (proof,) = (msgspec.structs.replace(piece, rule=rule) for piece in alert.evidence)
    more = (msgspec.structs.replace(proof, rule=also),) if also else ()
    said = AnalystAction(
        kind="feedback",
        by="ann",
        at=START,
        useful=why is None,
        why=why,
        article_id=alert.sources[0].article_id,
        rule=rule,
    )
    return msgspec.structs.replace(alert, evidence=(proof, *more), actions=(said,))


def by(found: Any, kind: str) -> dict[str, tuple[int, dict[str, int]]]:
    return {one.name: (one.useful, one.rejected) for one in found if one.by == kind}


def test_verdicts_are_counted_by_what_an_alert_names() -> None:
    counted = feedback.count([judged(1, None), judged(2, "old", rule="loose"), an_opened_alert()])
    assert by(counted, "topic") == {"naval_moves": (1, {"old": 1})}
    assert by(counted, "rule") == {"loose": (0, {"old": 1}), "naval_moves-1": (1, {})}
    assert by(counted, "source") == {"news.example": (1, {"old": 1})}
    assert next(one for one in counted if one.by == "topic").precision == 0.5


def test_the_last_word_counts_and_a_withdrawn_one_does_not() -> None:
    alert = judged(1, "trivial")
    (said,) = alert.actions
    later = msgspec.structs.replace(said, by="bob", at=START + timedelta(hours=1), useful=True, why=None)
    assert feedback.verdict(msgspec.structs.replace(alert, actions=(said, later))) == "useful"
    withdrawn = msgspec.structs.replace(said, useful=None, why=None, undoes=said.at)
    assert feedback.verdict(msgspec.structs.replace(alert, actions=(said, withdrawn))) is None


def test_a_rejected_rule_says_what_its_end_would_gain_and_lose() -> None:
    alerts = [judged(n, "wrong_topic", rule="loose") for n in range(4)]
    alerts += [
        judged(5, None, rule="loose"),
        judged(6, "old", rule="loose", also="sound"),
        judged(7, None, rule="sound"),
    ]
    (rule,) = feedback.rejected_rules(alerts)
    assert (rule.rule, rule.useful, rule.rejected, rule.gain, rule.loss) == ("loose", 1, 5, 4, 1)


def test_two_verdicts_reject_no_rule() -> None:
    assert feedback.rejected_rules([judged(n, "old") for n in range(2)]) == ()


def test_an_exported_line_has_the_article_and_a_label_for_each_topic() -> None:
    article = a_tagged(story=f"{1:024x}", url="https://news.example/1").article
    other = msgspec.structs.replace(judged(2, None), topics=(AlertTopic(topic="alliances", score=0.5, role="primary"),))
    (line,) = lines([judged(1, "wrong_topic"), other], {article.id: article}, None)
    assert line["labels"] == {"alliances": "borderline", "naval_moves": "no"}
    assert (line["id"], line["text"], line["rule"]) == (article.id, article.text, "naval_moves-1")
    assert lines([judged(1, "old")], {article.id: article}, "alliances") == []
    assert lines([judged(1, "old")], {}, None) == []
