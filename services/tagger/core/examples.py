"""The examples inside a pack, run: what ``wirewatch packs check`` and the tests do."""

from collections.abc import Iterator

from msgspec import Struct

from services.tagger.core.languages import Languages
from services.tagger.core.model import Pack
from services.tagger.core.tag import Fields, tag


class Failure(Struct, frozen=True, kw_only=True):
    """An example that did not come out as the pack says."""

    topic: str
    file: str
    line: int
    expected: bool
    text: str
    score: float
    threshold: float
    rules: tuple[str, ...]

    def sentence(self) -> str:
        """For a person."""
        should = "should match" if self.expected else "should not match"
        by = f" by {', '.join(self.rules)}" if self.rules else ""
        head = self.text if len(self.text) <= 100 else self.text[:97] + "..."
        return f"{self.file}, line {self.line}: {should}, scored {self.score:.2f} of {self.threshold:.2f}{by}: {head}"


def run_examples(pack: Pack, languages: Languages) -> Iterator[Failure]:
    """Every example of ``pack`` that fails."""
    for example in pack.examples:
        tags = tag(Fields(example.title, "", example.text, pack.language), languages).tags
        found = next((found for found in tags if found.topic == pack.topic), None)
        if (found is not None) != example.match:
            yield Failure(
                topic=pack.topic,
                file=pack.file,
                line=example.line,
                expected=example.match,
                text=example.title or example.text,
                score=found.score if found else 0.0,
                threshold=pack.threshold,
                rules=tuple(dict.fromkeys(e.rule for e in found.evidence)) if found else (),
            )
