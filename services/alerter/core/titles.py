"""Whether a title reports, or asks, explains or tells of a reaction. Knows English; other titles are reports."""

from __future__ import annotations

import re

_QUESTION = re.compile(r"\?\s*$|^(?:how|why|what|who|when|here's how)\b|^\d+ (?:reasons|things|ways)\b", re.IGNORECASE)
_LABEL = re.compile(r"^(?:analysis|opinion|explainer|column|editorial|letters?|podcast|factbox)\b", re.IGNORECASE)
_COLUMNIST = re.compile(r"^[A-Z]{3,} [A-Z]{3,}:|: [A-Z]{3,} [A-Z]{3,}$")
_SPEAKER = re.compile(
    r"^(?!(?:Alert|Breaking|Confirmed|Developing|Exclusive|Flash|Just In|Latest|Live|Photos?|Report|Revealed|Updated?"
    r"|Urgent|Video|Watch): )[A-Z][a-z]+(?: [A-Z][a-z]+)?: "
)
_REACTION = re.compile(
    r"\b(?:condemns?|slams?|torches|rails|rips|roast\w*|mocks?|blames?|whines?|boasts?|criticis\w+|defends|justif\w+"
    r"|unacceptable|murder|(?:is|are|was|were|this) (?:il)?(?:legal|lawful)|guilty|responses|experts?|analysts?"
    r"|human rights|poll|effigies|lawsuit|hearing|doubts?|fears?|worr(?:y|ies|ied)"
    r"|(?:strike|attack|warship) (?:survivor|victim)s?"
    r"|(?:lawmakers?|senators?)(?! (?:approve|back|pass|ratify|reject))"
    r"|vote(?! to (?:approve|join|leave|quit|ratify|send|withdraw)))\b",
    re.IGNORECASE,
)
_MOOD = re.compile(r"\bamid (?:\w+ )?(?:fears?|doubts?|worr(?:y|ies))\b", re.IGNORECASE)  # of a deed that is reported


def is_comment(title: str) -> bool:
    """Whether a title asks, explains, comments or tells of a reaction instead of reporting the deed."""
    title = _MOOD.sub("", title)
    return any(form.search(title) for form in (_QUESTION, _LABEL, _COLUMNIST, _SPEAKER, _REACTION))
