"""Topic names. ``schemas/topics.yaml`` says what each carries; a test holds the two together."""

from typing import Final

ARTICLES: Final = "articles"
UNIQUE: Final = "articles.unique"
DUPLICATES: Final = "articles.duplicates"
TAGGED: Final = "articles.tagged"
ALERTS: Final = "alerts"
DEAD: Final = "articles.dead"
