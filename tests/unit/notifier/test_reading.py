"""Watch files: what is wrong is named with its line and what is allowed; the schema describes the same format."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from services.contracts.messages import SEVERITIES
from services.notifier import watch_file
from services.notifier.core import reading
from services.notifier.core.watches import CHANGES, DAYS, KINDS
from services.notifier.errors import WatchFileError
from services.runtime.files import shipped as files
from tests.support.notifier import written

SCHEMA = json.loads((files.schemas() / "watches.v1.schema.json").read_text())
HEAD = "format: 1\nchannels:\n  - {id: c, kind: log}\nwatches:\n"


def a_file(watch: str) -> str:
    """A file with one watch; ``{`` lines ``}`` begin on line 5."""
    return HEAD + "\n".join(f"  {line}" for line in watch.strip().splitlines()) + "\n"


def one(more: str = "", when: str = "{}") -> str:
    return a_file(f"- id: w\n  name: W\n  channels: [c]\n  when: {when}\n  {more}")


def schema_says(text: str) -> bool:
    return bool(Draft202012Validator(SCHEMA).is_valid(yaml.safe_load(text)))


# What is wrong, and what the sentence says.
WRONG: list[tuple[str, str]] = [
    ("", "line 1: the file is empty"),
    ("[1, 2", "not valid YAML"),
    ("channels: []", "'format' must be given"),
    ("format: 2\nchannels: []", "expected a number from 1 to 1"),
    ("format: 1\nchannels: {}", "line 2: expected a list of channels"),
    ("format: 1\nchannels: []\nextra: 1", "line 3: unknown key 'extra': allowed are format, channels, watches"),
    ("format: 1\nchannels: [{id: c, kind: pigeon}]", "'pigeon' is not one of log, webhook, apprise"),
    ("format: 1\nchannels: [{id: C, kind: log}]", "'C' is not an id: lower case letters"),
    ("format: 1\nchannels: [{id: c, kind: log, url: x}]", "kind log takes no address and no secret, not url"),
    ("format: 1\nchannels: [{id: c, kind: webhook, url: 'https://h'}]", "give one of secret_file, secret_env"),
    ("format: 1\nchannels: [{id: c, kind: apprise, url: a, url_env: A}]", "give one of url, url_file, url_env"),
    ("format: 1\nchannels: [{id: c, kind: apprise, url_env: lower}]", "'lower' is not the name of a variable"),
    ("format: 1\nchannels: [{id: c, kind: apprise, url_env: WIREWATCH_X}]", "not beginning with WIREWATCH_"),
    (a_file("- id: w\n  name: W\n  when: {}"), "line 5: 'channels' must be given"),
    (one("colour: red"), "line 9: unknown key 'colour': allowed are id, name, when"),
    (one(when="{topics: []}"), "line 8: an empty list matches nothing"),
    (one(when="{topics: [Naval]}"), "'Naval' is not a topic"),
    (one(when="{topics: naval}"), "expected a list of topics"),
    (one(when="{actors: ['']}"), "expected some text"),
    (one(when="{min_severity: urgent}"), f"'urgent' is not one of {', '.join(SEVERITIES)}"),
    (one(when="{confidence: sure}"), "'sure' is not one of single_source, corroborated"),
    (one(when="{languages: [english]}"), "'english' is not a language such as en"),
    (one(when="{states: [open]}"), "'open' is not one of new, acknowledged"),
    (one(when="{changes: [mood]}"), "'mood' is not one of severity"),
    (one(when="{words: {}}"), "give at least one of any, all, none"),
    (one(when="{words: {any: ['...']}}"), "a word needs a letter or a digit"),
    (one(when="{places: {}}"), "give at least one of countries, ids, near"),
    (one(when="{places: {countries: [UK]}}"), "'UK' is not a country: three capitals"),
    (one(when="{places: {near: [{lat: 91, lon: 0, km: 1}]}}"), "a number from -90 to 90, not 91"),
    (one(when="{places: {near: [{lat: 0, lon: 0}]}}"), "'km' must be given"),
    (one(when="{places: {near: [{lat: x, lon: 0, km: 1}]}}"), "expected a number from -90 to 90."),
    (one(when="{places: {near: [{lat: .nan, lon: 0, km: 1}]}}"), "expected a number from -90 to 90"),
    (one("limit: {per_hour: 0}"), "a number from 1 to 10000, not 0"),
    (one("limit: {per_hour: 1.5}"), "expected a whole number"),
    (one("digest: {every_minutes: soon}"), "expected a number from 1 to 10080"),
    (one("critical_at_once: perhaps"), "expected true or false"),
    (one("quiet: {from: '22:00', to: '07:00'}"), "'timezone' must be given"),
    (one("quiet: {from: '25:00', to: '07:00', timezone: UTC}"), 'a time from "00:00" to "23:59"'),
    (one("quiet: {from: 22:00, to: '07:00', timezone: UTC}"), 'a time from "00:00" to "23:59", in quotes'),
    (one("quiet: {from: '22:00', to: '07:00', timezone: UTC, days: [friday]}"), "'friday' is not one of mon"),
]
# What only the reader sees.
BEYOND_THE_SCHEMA: list[tuple[str, str]] = [
    ("format: 1\nchannels: [{id: c, kind: log}, {id: c, kind: log}]", "the channel 'c' is given twice"),
    ("format: 1\nchannels: [{id: c, id: c, kind: log}]", "'id' is given twice"),
    (one() + one().split("watches:\n")[1], "the watch 'w' is given twice"),
    (one().replace("[c]", "[d]"), "watch 'w' names no channel of this file with 'd': there are c"),
    (one("quiet: {from: '22:00', to: '07:00', timezone: Mars/North}"), "'Mars/North' is no time zone"),
    (one("quiet: {from: '07:00', to: '07:00', timezone: UTC}"), "these quiet hours never end"),
]


@pytest.mark.parametrize(("text", "said"), [*WRONG, *BEYOND_THE_SCHEMA])
def test_what_is_wrong_is_said_with_its_line(text: str, said: str) -> None:
    with pytest.raises(WatchFileError) as caught:
        reading.read(text, "watches.yaml")
    assert said in str(caught.value)
    assert re.match(r"watches\.yaml, line \d+: ", str(caught.value))


def parses(text: str) -> bool:
    try:
        return yaml.safe_load(text) is not None
    except yaml.YAMLError:
        return False


@pytest.mark.parametrize("text", [text for text, _ in WRONG if parses(text) and "22:00, to" not in text])
def test_the_schema_refuses_the_same(text: str) -> None:
    assert not schema_says(text) or ".nan" in text, "JSON has no NaN"


def test_every_problem_is_found() -> None:
    text = a_file("- {id: A, name: W, channels: [c], when: {}}\n- {id: b, name: W, channels: [], when: {}}")
    with pytest.raises(WatchFileError) as caught:
        reading.read(text, "f")
    assert [problem.partition(":")[0] for problem in caught.value.problems] == ["f, line 5", "f, line 6"]
    assert "(1 more)" in str(caught.value)


FULL = one(
    when="{topics: [a1], all_topics: [b1], actors: [RUS], all_actors: [nato], min_severity: high, outlets: [X],"
    " languages: [en], confidence: corroborated, states: [new], changes: [severity], words: {any: [a], none: [b c]},"
    " places: {countries: [UKR], ids: [odesa], near: [{lat: 1, lon: 2.5, km: 3}]}}",
    more="quiet: {from: '22:00', to: '07:00', timezone: UTC, days: [mon]}\n  limit: {per_hour: 3}\n"
    "  digest: {every_minutes: 5}\n  critical_at_once: true",
)


def test_everything_at_once_is_read_as_the_schema_describes_it() -> None:
    assert schema_says(FULL)
    (watch,) = reading.read(FULL, "f").watches
    assert (watch.per_hour, watch.digest_minutes, watch.critical_at_once) == (3, 5, True)
    assert watch.when.words is not None
    assert watch.when.words.none == (" b c ",)


def test_the_schema_has_the_words_of_the_code() -> None:
    when = SCHEMA["$defs"]["when"]["properties"]
    assert tuple(SCHEMA["$defs"]["severity"]["enum"]) == SEVERITIES
    assert tuple(when["changes"]["items"]["enum"]) == CHANGES
    assert tuple(SCHEMA["$defs"]["quiet"]["properties"]["days"]["items"]["enum"]) == DAYS
    kinds = [each["properties"]["kind"]["const"] for each in SCHEMA["$defs"]["channel"]["oneOf"]]
    assert tuple(kinds) == KINDS
    assert tuple(when) == tuple(dict.fromkeys(reading._WHEN_KEYS))
    assert tuple(SCHEMA["$defs"]["watch"]["properties"]) == reading._WATCH_KEYS
    Draft202012Validator.check_schema(SCHEMA)


def test_the_shipped_file_and_its_examples_in_comments_can_be_used() -> None:
    path = watch_file.default_path()
    shipped = path.read_text()
    assert schema_says(shipped)
    assert {route.channel.kind for route in watch_file.load(path, {}).routes.values()} == {"log"}, "nothing goes out"
    uncommented = re.sub(r"^  #(?=[- ] )", "  ", shipped, flags=re.MULTILINE)
    assert schema_says(uncommented)
    assert len(reading.read(uncommented, "f").watches) > len(reading.read(shipped, "f").watches)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["format", "channels", "watches", "id", "kind", "when", "places", "near", "quiet", "words"])
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(values)
def test_whatever_a_file_holds_it_is_read_or_refused(value: Any) -> None:
    problems: tuple[str, ...] = ()
    try:
        reading.read(yaml.safe_dump(value, allow_unicode=True), "f")
    except WatchFileError as error:
        problems = error.problems
    assert all(re.match(r"f, line \d+: .*\.$", problem, re.DOTALL) for problem in problems)


# ---------------------------------------------------------------- secrets

KEY = "0123456789abcdef"
HOOK = "format: 1\nchannels:\n  - {id: h, kind: webhook, url: 'https://h.example/x', secret_file: key}\n"


def test_secrets_come_from_files_beside_the_watches_and_from_the_environment(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{KEY}\n")
    path = written(tmp_path, HOOK + "  - {id: m, kind: apprise, url_env: MAIL}\n")
    loaded = watch_file.load(path, {"MAIL": "mailto://u:pass@h.example"})
    assert loaded.routes["h"].secret == KEY.encode()
    assert loaded.routes["m"].url == "mailto://u:pass@h.example"
    assert KEY not in repr(loaded)
    assert "pass" not in repr(loaded)


@pytest.mark.parametrize(
    ("channel", "environ", "said"),
    [
        ("{id: h, kind: webhook, url: 'https://h/', secret_file: absent}", {}, "absent cannot be read"),
        ("{id: h, kind: webhook, url: 'https://h/', secret_env: S}", {"S": "short-secret"}, "fewer than 16 bytes"),
        ("{id: h, kind: webhook, url: 'https://h/', secret_env: S}", {}, "the variable S is not set"),
        ("{id: h, kind: webhook, url: 'ftp://me:hidden@h/', secret_env: S}", {"S": KEY}, "must begin with https://"),
        ("{id: h, kind: apprise, url: 'file:///etc/hidden'}", {}, "a service on the network"),
        ("{id: h, kind: apprise, url: 'hidden'}", {}, "must be an apprise URL"),
    ],
)
def test_a_secret_that_cannot_be_used_refuses_the_file_without_showing_it(
    tmp_path: Path, channel: str, environ: dict[str, str], said: str
) -> None:
    path = written(tmp_path, f"format: 1\nchannels:\n  - {channel}\n")
    with pytest.raises(WatchFileError) as caught:
        watch_file.load(path, environ)
    assert said in str(caught.value)
    assert "line 3" in str(caught.value)
    assert not re.search("hidden|short-secret", str(caught.value))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(WatchFileError, match="the watches cannot be read"):
        watch_file.load(tmp_path / "absent.yaml", {})
