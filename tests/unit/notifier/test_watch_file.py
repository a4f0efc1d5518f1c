"""Watch files: what is wrong is named with its line and what is allowed; the schema describes the same format."""

from __future__ import annotations

import json
import re
from datetime import time
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from services.contracts.messages import EVENT_MODES, SEVERITIES
from services.notifier.core.watches import (
    DAYS,
    KINDS,
    ChangeKind,
    Channel,
    Circle,
    Digest,
    EventWanted,
    Limit,
    Places,
    Quiet,
    Watch,
    WatchFile,
    When,
    Words,
)
from services.notifier.edges import watch_file
from services.notifier.settings import default_path
from services.runtime.errors import UnusableFilesError
from services.runtime.files import shipped as files
from tests.support.notifier import SECRET, a_watch_file, written

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
    ("format: 2\nchannels: []", "format: 2 is not 1"),
    ("format: 1.0\nchannels: []", "format: expected a whole number, not 1.0"),
    ("format: 1\nchannels: {}", "line 2: expected a list, not keys and values"),
    ("format: 1\nchannels: []\nextra: 1", "line 3: unknown key 'extra': allowed are format, channels, watches"),
    ("format: 1\nchannels: []\nwatch: []", "line 3: unknown key 'watch': did you mean 'watches'?"),
    ("format: 1\nchannels: [{id: c, kind: pigeon}]", "'pigeon' is not one of log, webhook, apprise"),
    ("format: 1\nchannels: [{id: C, kind: log}]", "'C' is not an id: lower case letters"),
    ("format: 1\nchannels: [{id: c, kind: log, url: x}]", "unknown key 'url': allowed are id, kind"),
    (
        "format: 1\nchannels: [{id: c, kind: webhook, url: 'https://h'}]",
        "give one of secret_file, secret_env, and only one",
    ),
    (
        "format: 1\nchannels: [{id: c, kind: apprise, url: a, url_env: A}]",
        "give one of url, url_file, url_env, and only one",
    ),
    (
        "format: 1\nchannels: [{id: c, kind: apprise, url_env: lower}]",
        "'lower' is not the name of an environment variable",
    ),
    ("format: 1\nchannels: [{id: c, kind: apprise, url_env: WIREWATCH_X}]", "not beginning with WIREWATCH_"),
    (a_file("- id: w\n  name: W\n  when: {}"), "line 5: 'channels' must be given"),
    (one("colour: red"), "line 9: unknown key 'colour': allowed are id, name, when"),
    (one().replace("[c]", "[c, c]"), "line 7: channels: 'c' is given twice"),
    (one(when="{topics: []}"), "line 8: topics: give at least one entry, or leave the key out"),
    (one(when="{topics: [Naval]}"), "'Naval' is not a name: lower case letters"),
    (one(when="{topics: naval}"), "topics: expected a list, not 'naval'"),
    (one(when="{actors: ['']}"), "actors: '' is not some text"),
    (one(when="{min_severity: urgent}"), f"'urgent' is not one of {', '.join(SEVERITIES)}"),
    (one(when="{confidence: sure}"), "'sure' is not one of single_source, corroborated"),
    (one(when="{languages: [english]}"), "'english' is not a language, such as en"),
    (one(when="{languages: [no]}"), "languages: expected text, not no: put it in quotes"),
    (one(when="{states: [open]}"), "'open' is not one of new, acknowledged"),
    (one(when="{changes: [mood]}"), "'mood' is not one of severity"),
    (one(when="{words: {}}"), "give at least 1 of any, all, none"),
    (one(when="{words: {any: ['...']}}"), "'...' is not a word with a letter or a digit"),
    (one(when="{places: {}}"), "give at least 1 of countries, ids, near"),
    (one(when="{places: {countries: [UK]}}"), "'UK' is not a country: three capitals"),
    (one(when="{places: {near: [{lat: 91, lon: 0, km: 1}]}}"), "a number from -90 to 90, not 91"),
    (one(when="{places: {near: [{lat: 0, lon: 0}]}}"), "'km' must be given"),
    (one(when="{places: {near: [{lat: x, lon: 0, km: 1}]}}"), "expected a number from -90 to 90, not 'x'"),
    (one(when="{places: {near: [{lat: .nan, lon: 0, km: 1}]}}"), "expected a number, not .nan"),
    (one(when="{event: {}}"), "give at least 1 of agent, object, dyad, act, mode"),
    (one(when="{event: {mode: [over]}}"), "'over' is not one of done, under_way"),
    (one(when="{event: {modes: [done]}}"), "unknown key 'modes': did you mean 'mode'?"),
    (one(when="{event: {dyad: [[RUS, USA], USA]}}"), "dyad: expected a list, not 'USA'"),
    (one(when="{event: {dyad: [[USA]]}}"), "dyad: expected at least 2 entries"),
    (one(when="{event: {dyad: [[USA, USA]]}}"), "dyad: 'USA' is given twice"),
    (one("limit: {per_hour: 0}"), "a number from 1 to 10000, not 0"),
    (one("limit: {per_hour: 1.5}"), "expected a whole number from 1 to 10000, not 1.5"),
    (one("digest: {every_minutes: soon}"), "expected a whole number from 1 to 10080, not 'soon'"),
    (one("critical_at_once: perhaps"), "expected true or false"),
    (one("quiet: {from: '22:00', to: '07:00'}"), "'timezone' must be given"),
    (one("quiet: {from: '25:00', to: '07:00', timezone: UTC}"), '\'25:00\' is not a time from "00:00" to "23:59"'),
    (one("quiet: {from: 22:00, to: '07:00', timezone: UTC}"), "from: expected text, not 22:00: put it in quotes"),
    (
        one("quiet: {from: '22:00', to: '07:00', timezone: UTC, days: [friday]}"),
        "'friday' is not known here: did you mean 'fri'?",
    ),
]
# What no plain schema sees.
BEYOND_THE_SCHEMA: list[tuple[str, str]] = [
    ("format: 1\nchannels: [{id: c, kind: log}, {id: c, kind: log}]", "the id 'c' is given twice in channels"),
    ("format: 1\nchannels: [{id: c, id: c, kind: log}]", "'id' is given twice"),
    (one() + one().split("watches:\n")[1], "line 9: the id 'w' is given twice in watches"),
    (one().replace("[c]", "[d]"), "line 7: this file has no channel 'd': there are c"),
    (
        one(when="{places: {ids: [odesa, black_sea]}}"),
        "line 8: no place has the id 'black_sea': did you mean black-sea",
    ),
    (one(when="{places: {ids: [hormuz]}}"), "no place has the id 'hormuz': did you mean strait-of-hormuz?"),
    (one(when="{places: {ids: [qqqq]}}"), "no place has the id 'qqqq': seeds/places.yaml lists them."),
    (one(when="{actors: [RUS, russia]}"), "line 8: no actor has the id 'russia': did you mean RUS"),
    (one(when="{all_actors: [usa-navy, qqqq]}"), "no actor has the id 'qqqq': seeds/actors.yaml lists them."),
    (one(when="{event: {agent: [houthi], object: [RUS]}}"), "no actor has the id 'houthi': did you mean houthis"),
    (one(when="{event: {dyad: [[RUS, Ukraine]]}}"), "no actor has the id 'ukraine': did you mean UKR"),
    (one("quiet: {from: '22:00', to: '07:00', timezone: Mars/North}"), "'Mars/North' is not a time zone"),
    (one("quiet: {from: '07:00', to: '07:00', timezone: UTC}"), "line 9: these quiet hours never end"),
]


def refusal(folder: Path, text: str) -> list[str]:
    """What is said of a file, without its path."""
    file = written(folder, text)
    with pytest.raises(UnusableFilesError) as caught:
        watch_file.parse(file)
    assert all(re.match(r"line \d+: [^.\n]", said.removeprefix(f"{file}, ")) for said in caught.value.problems)
    return [problem.removeprefix(f"{file}, ") for problem in caught.value.problems]


@pytest.mark.parametrize(("text", "said"), [*WRONG, *BEYOND_THE_SCHEMA])
def test_what_is_wrong_is_said_once_and_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    (problem,) = refusal(tmp_path, text)
    assert said in problem


def parses(text: str) -> bool:
    try:
        return yaml.safe_load(text) is not None
    except yaml.YAMLError:
        return False


@pytest.mark.parametrize("text", [text for text, _ in WRONG if parses(text) and "22:00, to" not in text])
def test_the_schema_refuses_the_same(text: str) -> None:
    assert not schema_says(text) or ".nan" in text or "1.0" in text, "JSON has no NaN, and 1.0 is 1"


def test_every_mistake_is_named_at_once_in_order_of_line(tmp_path: Path) -> None:
    text = """format: 1
channels:
  - {id: desk, kind: webhok, url: 'https://h.example/'}
  - {id: mail, kind: apprise}
watches:
  - id: one
    nmae: One
    when: {topics: [Naval], min_severity: urgent, event: {agnt: [USA]}}
    channels: []
    limit: {per_hour: 0}
"""
    assert refusal(tmp_path, text) == [
        "line 3: kind: 'webhok' is not one of log, webhook, apprise.",
        "line 4: give one of url, url_file, url_env, and only one.",
        "line 7: unknown key 'nmae': did you mean 'name'?",
        "line 8: min_severity: 'urgent' is not one of low, medium, high, critical.",
        "line 8: topics: 'Naval' is not a name: lower case letters, digits and underscores.",
        "line 8: unknown key 'agnt': did you mean 'agent'?",
        "line 9: channels: give at least one entry, or leave the key out.",
        "line 10: per_hour: expected a number from 1 to 10000, not 0.",
    ]


def test_names_that_do_not_fit_are_all_named_beside_secrets_that_are_not_there(tmp_path: Path) -> None:
    text = (
        HOOK
        + """  - {id: m, kind: apprise, url_env: MAIL}
watches:
  - {id: a, name: A, when: {}, channels: [x, h, y]}
  - {id: a, name: B, when: {}, channels: [h], quiet: {from: '07:00', to: '07:00', timezone: UTC}}
"""
    )
    with pytest.raises(UnusableFilesError) as caught:
        watch_file.load(written(tmp_path, text), {})
    said = [problem.partition(", ")[2] for problem in caught.value.problems]
    assert [line.partition(":")[0] for line in said] == [f"line {n}" for n in (3, 4, 6, 6, 7, 7)]
    assert "channel 'm': the variable MAIL is not set." in said[1]


@pytest.mark.parametrize("content", [b"[" * 200_000, b"a: &a [*a]", b"format: 1\nchannels: &c [*c, *c]\n"])
def test_a_bomb_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "watches.yaml").write_bytes(content)
    with pytest.raises(UnusableFilesError):
        watch_file.parse(tmp_path / "watches.yaml")


FULL = one(
    when="{event: {agent: [USA], object: [rus], dyad: [[USA, RUS]], act: [seize], mode: [done]},"
    " topics: [a1], all_topics: [b1], actors: [RUS], all_actors: [nato], min_severity: high, outlets: [X],"
    " languages: [en], confidence: corroborated, states: [new], changes: [severity], words: {any: [a], none: [b c]},"
    " places: {countries: [UKR], ids: [odesa], near: [{lat: 1, lon: 2.5, km: 3}]}}",
    more="quiet: {from: '22:00', to: '07:00', timezone: UTC, days: [mon]}\n  limit: {per_hour: 3}\n"
    "  digest: {every_minutes: 5}\n  critical_at_once: true",
)


def test_everything_at_once_is_read_as_the_schema_describes_it() -> None:
    assert schema_says(FULL)
    (watch,) = a_watch_file(FULL).watches
    assert (watch.limit, watch.digest, watch.critical_at_once) == (Limit(per_hour=3), Digest(every_minutes=5), True)
    assert watch.when.words is not None
    assert watch.when.words.none == (" b c ",)
    assert watch.when.event is not None
    assert watch.when.event.dyad == (frozenset({"usa", "rus"}),)
    assert watch.quiet is not None
    assert (watch.quiet.start, watch.quiet.end, watch.quiet.zone.key) == (time(22), time(7), "UTC")


def test_the_schema_has_the_words_of_the_code() -> None:
    when = SCHEMA["$defs"]["when"]["properties"]
    assert tuple(SCHEMA["$defs"]["severity"]["enum"]) == SEVERITIES
    assert tuple(when["changes"]["items"]["enum"]) == get_args(ChangeKind)
    assert tuple(SCHEMA["$defs"]["quiet"]["properties"]["days"]["items"]["enum"]) == DAYS
    kinds = [each["properties"]["kind"]["const"] for each in SCHEMA["$defs"]["channel"]["oneOf"]]
    assert tuple(kinds) == KINDS
    assert tuple(when["event"]["properties"]["mode"]["items"]["enum"]) == EVENT_MODES
    for made, properties in (
        (WatchFile, SCHEMA["properties"]),
        (Watch, SCHEMA["$defs"]["watch"]["properties"]),
        (When, when),
        (EventWanted, when["event"]["properties"]),
        (Places, when["places"]["properties"]),
        (Circle, when["places"]["properties"]["near"]["items"]["properties"]),
        (Words, when["words"]["properties"]),
        (Quiet, SCHEMA["$defs"]["quiet"]["properties"]),
        (Channel, {key: 1 for each in SCHEMA["$defs"]["channel"]["oneOf"] for key in each["properties"]}),
    ):
        assert [field.encode_name for field in msgspec.structs.fields(made)] == list(properties)
    Draft202012Validator.check_schema(SCHEMA)


def test_the_shipped_file_and_its_examples_in_comments_can_be_used() -> None:
    path = default_path()
    shipped = path.read_text()
    assert schema_says(shipped)
    assert {route.channel.kind for route in watch_file.load(path, {}).routes.values()} == {"log"}, "nothing goes out"
    uncommented = re.sub(r"^  #(?=[- ] )", "  ", shipped, flags=re.MULTILINE)
    assert schema_says(uncommented)
    assert len(a_watch_file(uncommented).watches) > len(a_watch_file(shipped).watches)


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
        a_watch_file(yaml.safe_dump(value, allow_unicode=True))
    except UnusableFilesError as error:
        problems = error.problems
    assert all(re.match(r"watches.yaml, line \d+: .*[.?]$", problem, re.DOTALL) for problem in problems)


# ---------------------------------------------------------------- secrets

HOOK = "format: 1\nchannels:\n  - {id: h, kind: webhook, url: 'https://h.example/x', secret_file: key}\n"


def test_secrets_come_from_files_beside_the_watches_and_from_the_environment(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{SECRET}\n")
    path = written(tmp_path, HOOK + "  - {id: m, kind: apprise, url_env: MAIL}\n")
    loaded = watch_file.load(path, {"MAIL": "mailto://u:pass@h.example"})
    assert loaded.routes["h"].secret == SECRET
    assert loaded.routes["m"].url == "mailto://u:pass@h.example"
    assert SECRET not in repr(loaded)
    assert "pass" not in repr(loaded)


@pytest.mark.parametrize(
    ("channel", "environ", "said"),
    [
        ("{id: h, kind: webhook, url: 'https://h/', secret_file: absent}", {}, "absent: cannot be read"),
        (
            "{id: h, kind: webhook, url: 'https://h/', secret_env: S}",
            {"S": "whsec_c2hvcnQtc2VjcmV0"},
            "12 bytes: 24 to 64 are allowed",
        ),
        ("{id: h, kind: webhook, url: 'https://h/', secret_env: S}", {}, "the variable S is not set"),
        (
            "{id: h, kind: webhook, url: 'https://h/', secret_env: S}",
            {"S": "c2hvcnQtc2VjcmV0" * 3},
            "begin with whsec_",
        ),
        ("{id: h, kind: webhook, url: 'https://h/', secret_env: S}", {"S": "whsec_c2hvcnQtc2VjcmV0-!" * 2}, "base64"),
        ("{id: h, kind: webhook, url: 'ftp://me:hidden@h/', secret_env: S}", {"S": SECRET}, "must begin with https://"),
        ("{id: h, kind: apprise, url: 'file:///etc/hidden'}", {}, "a service on the network"),
        ("{id: h, kind: apprise, url: 'hidden'}", {}, "must be an apprise URL"),
    ],
)
def test_a_secret_that_cannot_be_used_refuses_the_file_without_showing_it(
    tmp_path: Path, channel: str, environ: dict[str, str], said: str
) -> None:
    path = written(tmp_path, f"format: 1\nchannels:\n  - {channel}\n")
    with pytest.raises(UnusableFilesError) as caught:
        watch_file.load(path, environ)
    assert said in str(caught.value)
    assert "line 3" in str(caught.value)
    assert not re.search("hidden|c2hvcnQtc2VjcmV0", str(caught.value))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnusableFilesError, match=r"cannot be read \(No such file"):
        watch_file.load(tmp_path / "absent.yaml", {})
