"""Whatever a producer put into a batch comes out of it, or one record that says why not."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from aiokafka.consumer import fetcher
from hypothesis import given
from hypothesis import strategies as st

from services.runtime.kafka import records
from services.runtime.kafka.records import MAX_BATCH_BYTES, MAX_FETCH_BYTES, Records
from services.runtime.messages.dead_letters import UNREADABLE
from services.runtime.messages.delivery import EPOCH, headers_of, time_of
from tests.support.records import CODECS, RawRecord, a_batch

times = st.integers(-(2**62), 2**62)
names = st.binary(max_size=20) | st.sampled_from([b"traceparent", b"\xff\xfe", b"\xed\xa0\x80", b""])
raw_records = st.builds(
    RawRecord,
    value=st.none() | st.binary(max_size=200),
    key=st.none() | st.binary(max_size=50),
    headers=st.lists(st.tuples(names, st.none() | st.binary(max_size=30)), max_size=4).map(tuple),
    timestamp=times,
)


def read(*batches: bytes) -> list[Any]:
    found = Records(b"".join(batches))
    out: list[Any] = []
    while found.has_next():
        batch = found.next_batch()
        assert batch.validate_crc()
        out += batch
    return out


@given(st.lists(raw_records, min_size=1, max_size=6), st.sampled_from(sorted(CODECS)))
def test_every_record_comes_out_as_it_went_in(sent: list[RawRecord], codec: str) -> None:
    came = read(a_batch(sent, codec=codec))
    assert [(each.key, each.value, each.timestamp) for each in came] == [(s.key, s.value, s.timestamp) for s in sent]
    assert [each.offset for each in came] == list(range(len(sent)))
    readable = [tuple((name.decode("utf-8", "backslashreplace"), value) for name, value in s.headers) for s in sent]
    assert [tuple(each.headers) for each in came] == readable


@given(raw_records)
def test_a_delivery_can_be_made_of_every_record(sent: RawRecord) -> None:
    (came,) = read(a_batch([sent]))
    assert all(isinstance(text, str) for pair in headers_of(came.headers).items() for text in pair)
    assert time_of(came.timestamp).utcoffset() is not None


@pytest.mark.parametrize("milliseconds", [None, -1, -(10**17), 10**17, 2**63 - 1, float("nan"), float("inf")])
def test_a_time_that_is_none_is_the_epoch(milliseconds: float | None) -> None:
    assert time_of(milliseconds) == EPOCH


def test_a_name_that_is_not_utf8_keeps_its_bytes() -> None:
    (came,) = read(a_batch([RawRecord(headers=((b"\xff\xfe", b"\xfd"), (b"ok", b"1")))]))
    assert headers_of(came.headers) == {"\\xff\\xfe": "\\xfd", "ok": "1"}


@pytest.mark.parametrize("codec", ["lz4", "zstd"])
def test_an_unreadable_batch_is_one_record_with_its_bytes(codec: str) -> None:
    bad = a_batch([RawRecord(), RawRecord()], codec=codec, tail=b"no frame of any kind")
    before, stand_in, after = read(a_batch([RawRecord(b"before")]), bad, a_batch([RawRecord(b"after")]))
    assert (before.value, after.value) == (b"before", b"after")
    assert (stand_in.key, stand_in.value, stand_in.offset) == (None, bad, 1)
    assert "not decompressed" in headers_of(stand_in.headers)[UNREADABLE]


def test_a_gzip_with_a_tail_or_of_several_members_is_read_as_the_broker_reads_it() -> None:
    sent = [RawRecord(b"one"), RawRecord(b"two")]
    assert [each.value for each in read(a_batch(sent, codec="gzip", tail=b"\x00\x01 tail"))] == [b"one", b"two"]
    assert records.decompressed(1, gzip.compress(b"a") + gzip.compress(b"b"), most=10) == b"ab"


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
def test_a_bomb_is_not_opened(codec: str) -> None:
    bomb = a_batch([RawRecord(bytes(MAX_BATCH_BYTES + 1))], codec=codec)
    (stand_in,) = read(bomb)
    assert stand_in.value == bomb
    assert str(MAX_BATCH_BYTES) in headers_of(stand_in.headers)[UNREADABLE]


def test_a_fetch_grows_to_its_limit_and_no_further() -> None:
    large = a_batch([RawRecord(bytes(MAX_BATCH_BYTES - 1000))], codec="zstd")
    found = Records(large * 10)
    taken = 0
    while found.has_next():
        taken += len(list(found.next_batch()))
    assert taken == MAX_FETCH_BYTES // MAX_BATCH_BYTES + 1, "what is left is fetched again"


def test_half_a_batch_at_the_end_waits_for_its_other_half() -> None:
    whole = a_batch([RawRecord(b"whole")])
    for cut in (3, 11, len(whole) - 1):
        assert [each.value for each in read(whole, whole[:cut])] == [b"whole"]


def test_every_consumer_of_the_process_reads_so() -> None:
    records.install()
    records.install()
    assert fetcher.MemoryRecords is Records


def test_another_aiokafka_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetcher, "MemoryRecords", object)
    with pytest.raises(RuntimeError, match=r"another version than 0\.14"):
        records.install()
