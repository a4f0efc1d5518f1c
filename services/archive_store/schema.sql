-- Version 1 of the archive. Times are RFC 3339 in UTC, with microseconds, so that they sort as text.

-- One version of one tagged article. number = milliseconds of first_seen_at * 2^20 + 20 bits of the version's hash:
-- it sorts by time, in the search index, too.
CREATE TABLE articles (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    story_id TEXT NOT NULL,
    title TEXT NOT NULL,
    outlet TEXT NOT NULL,
    url TEXT,
    language TEXT,
    published_at TEXT,
    first_seen_at TEXT NOT NULL,
    severity TEXT,                      -- the highest of the alerts it is a source of; null where it is none's
    facets TEXT NOT NULL,               -- JSON: ["topic:sanctions", "actor:RUS", ...]
    sha256 TEXT NOT NULL                -- of title, summary and text, UTF-8, a zero byte between
) STRICT;
CREATE UNIQUE INDEX articles_by_version ON articles (id, content_hash);

-- The rest of it: what quotes stand in, and the message without its text.
CREATE TABLE documents (
    number INTEGER PRIMARY KEY REFERENCES articles ON DELETE CASCADE,
    summary TEXT NOT NULL,
    text TEXT NOT NULL,
    record TEXT NOT NULL                -- JSON: articles.tagged as it came, `article.text` left empty
) STRICT;

-- No text is stored twice: the index holds words only. Scripts without spaces are indexed as pairs of characters.
CREATE VIRTUAL TABLE words USING fts5 (
    title, body, facets, content='',
    tokenize="unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'"
);

-- Every revision of every alert, as it came.
CREATE TABLE revisions (
    alert_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    last_updated TEXT NOT NULL,
    sha256 TEXT NOT NULL,               -- of the message's bytes
    message TEXT NOT NULL,              -- JSON: alerts
    PRIMARY KEY (alert_id, revision)
) STRICT;

-- Each alert as its latest revision has it.
CREATE TABLE alerts (
    id TEXT PRIMARY KEY,
    revision INTEGER NOT NULL,
    state TEXT NOT NULL,
    severity TEXT NOT NULL,
    headline TEXT NOT NULL,
    first_seen TEXT NOT NULL,
    last_updated TEXT NOT NULL,
    merged_into TEXT,
    FOREIGN KEY (id, revision) REFERENCES revisions (alert_id, revision)
) STRICT;
CREATE INDEX alerts_by_update ON alerts (last_updated);
CREATE INDEX alerts_by_time ON alerts (first_seen);

CREATE TABLE alert_articles (
    article_id TEXT NOT NULL,
    alert_id TEXT NOT NULL REFERENCES alerts ON DELETE CASCADE,
    PRIMARY KEY (article_id, alert_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX alert_articles_by_alert ON alert_articles (alert_id);

-- kind is topic, act, actor or place.
CREATE TABLE alert_facets (
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    first_seen TEXT NOT NULL,
    alert_id TEXT NOT NULL REFERENCES alerts ON DELETE CASCADE,
    PRIMARY KEY (kind, value, first_seen, alert_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX alert_facets_by_alert ON alert_facets (alert_id);

-- How a person says a value: ("actor", "RUS") is "Russia".
CREATE TABLE names (
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (kind, value)
) STRICT, WITHOUT ROWID;

-- How far each partition has been read: the next offset. Written with what was read, so the two never differ.
CREATE TABLE positions (
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    next_offset INTEGER NOT NULL,
    PRIMARY KEY (topic, partition)
) STRICT, WITHOUT ROWID;

CREATE TABLE dropped (
    what TEXT NOT NULL,                 -- articles or alerts
    why TEXT NOT NULL,                  -- age or size
    count INTEGER NOT NULL,
    PRIMARY KEY (what, why)
) STRICT, WITHOUT ROWID;

CREATE VIEW events AS
SELECT alerts.id AS alert_id, alerts.first_seen, alerts.severity, event.key AS position,
    event.value ->> 'topic' AS topic, event.value ->> 'act' AS act, event.value ->> 'mode' AS mode,
    event.value -> 'agents' AS agents, event.value -> 'objects' AS objects,
    event.value ->> 'asset' AS asset, event.value ->> '$.place.name' AS place,
    event.value ->> 'quote' AS quote, event.value ->> 'article_id' AS article_id, event.value ->> 'rule' AS rule
FROM alerts
JOIN revisions ON revisions.alert_id = alerts.id AND revisions.revision = alerts.revision
JOIN json_each(revisions.message, '$.events') AS event;

CREATE VIEW actions AS
SELECT alerts.id AS alert_id, action.key AS position, action.value ->> 'at' AS at, action.value ->> 'by' AS by,
    action.value ->> 'kind' AS kind, action.value AS action
FROM alerts
JOIN revisions ON revisions.alert_id = alerts.id AND revisions.revision = alerts.revision
JOIN json_each(revisions.message, '$.actions') AS action;
