"""The vocabularies of this process: one a language, English with its prior from ``data/english.tsv``."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from services.contracts import redis_keys
from services.deduper.core.names import Aliases
from services.deduper.core.vocabulary import Vocabulary
from services.runtime.files import yaml
from services.runtime.files.shipped import seeds
from services.text.normalise import normalise

ENGLISH = ("en", redis_keys.bucket(None))  # what has no language is taken for English: rare words are rare there too


class Vocabularies:
    """Vocabularies by bucket, made when first asked for."""

    def __init__(self) -> None:
        self._made: dict[str, Vocabulary] = {}

    def of(self, bucket: str) -> Vocabulary:
        """The vocabulary of a bucket."""
        if bucket not in self._made:
            self._made[bucket] = (
                Vocabulary(prior=english(), aliases=state_names()) if bucket in ENGLISH else Vocabulary()
            )
        return self._made[bucket]


@cache
def english() -> Mapping[str, float]:
    """Word stem to occurrences per million."""
    lines = files(__package__).joinpath("data", "english.tsv").read_text("utf-8").splitlines()
    pairs = (line.split("\t") for line in lines if not line.startswith("#"))
    return {word: float(count) for word, count in pairs}


@cache
def state_names() -> Aliases:
    """The single words that stand for a state, from ``seeds/actors.yaml``: its name, demonyms and capital."""
    path = seeds() / "actors.yaml"
    states = yaml.parse(yaml.read_bytes(path), str(path)).value["states"]
    aliases: dict[str, frozenset[str]] = {}
    for state in states.values():
        called = [state["name"], *state.get("demonyms", ()), state.get("capital", ""), *state.get("also", ())]
        words = frozenset(normalise(name.lstrip("=")) for name in called if name and " " not in name)
        aliases |= dict.fromkeys(words, words)
    return aliases
