"""Whether a title reports, or asks, explains or tells of a reaction. Knows English; other titles are reports."""

from __future__ import annotations

import re

_QUESTION = re.compile(r"\?\s*$|^(?:how|why|what|who|when|here's how)\b|^\d+ (?:reasons|things|ways)\b", re.IGNORECASE)
_LABEL = re.compile(r"^(?:analysis|opinion|explainer|column|editorial|letters?|podcast|factbox)\b", re.IGNORECASE)
_COLUMNIST = re.compile(r"^[A-Z]{3,} [A-Z]{3,}:|: [A-Z]{3,} [A-Z]{3,}$")
_SPEAKER = re.compile(r"^[A-Z][a-z]+(?: [A-Z][a-z]+)?: ")
_REACTION = re.compile(
    r"\b(?:condemns?|slams?|blasts?|torches|rails|rips|roast\w*|mocks?|blames?|whines?|boasts?|criticis\w+|defends?"
    r"|justif\w+|unacceptable|murder|illegal|legal|lawful|guilty|vote|responses|lawmakers?|senators?|experts?|analysts?"
    r"|human rights|poll|survivors?|victims?|effigies|lawsuit|hearing|doubts?|fears?|worr(?:y|ies|ied))\b",
    re.IGNORECASE,
)


def is_comment(title: str) -> bool:
    """Whether a title asks, explains, comments or tells of a reaction instead of reporting the deed."""
    return any(form.search(title) for form in (_QUESTION, _LABEL, _COLUMNIST, _SPEAKER, _REACTION))
