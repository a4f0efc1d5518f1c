"""How servers are reached: what clients are told, what is refused in a sentence, and that no password is shown."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest
from aiokafka.errors import (
    AuthenticationFailedError,
    KafkaConnectionError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
)

from services.runtime.errors import UsageError
from services.runtime.kafka import connection as access
from services.runtime.kafka import stream as streams
from services.runtime.kafka.connection import KafkaAccess, RedisAccess
from services.runtime.kafka.publisher import why_refused
from services.runtime.process import settings
from services.runtime.process.settings import CommonSettings
from services.runtime.redis import connection as redis

SECRET = "correct-horse"


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    file = tmp_path / "password"
    file.write_text(SECRET + "\n")
    return file


@pytest.fixture
def context(monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """The context that any PEM file yields, so that no authority has to be made here."""
    made = ssl.create_default_context()
    monkeypatch.setattr(ssl, "create_default_context", lambda **_: made)
    return made


def test_without_a_user_it_is_plain_text() -> None:
    assert KafkaAccess("a:1,b:2").client() == {"bootstrap_servers": ["a:1", "b:2"], "security_protocol": "PLAINTEXT"}
    assert RedisAccess("redis://a:1/0").client() == {}


def test_a_service_has_its_user_and_password_from_its_settings(password_file: Path, context: ssl.SSLContext) -> None:
    environ = {
        "WIREWATCH_KAFKA": "k:1",
        "WIREWATCH_KAFKA_USER": "tagger",
        "WIREWATCH_KAFKA_PASSWORD_FILE": str(password_file),
        "WIREWATCH_KAFKA_CA_FILE": "ca.pem",
        "WIREWATCH_REDIS": "rediss://tagger@r:1/0",
        "WIREWATCH_REDIS_PASSWORD_FILE": str(password_file),
        "WIREWATCH_REDIS_CA_FILE": "ca.pem",
    }
    chosen = settings.load(CommonSettings, "tagger", environ)
    assert access.kafka_of(chosen).client() == {
        "bootstrap_servers": ["k:1"],
        "security_protocol": "SASL_SSL",
        "ssl_context": context,
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "tagger",
        "sasl_plain_password": SECRET,
    }
    assert access.redis_of(chosen).client() == {"password": SECRET, "ssl_ca_certs": "ca.pem"}
    client = redis.connect(access.redis_of(chosen))
    told = client.connection_pool.connection_kwargs
    assert (told["username"], told["password"]) == ("tagger", SECRET)
    assert access.kafka_in(environ, "k:1") == access.kafka_of(chosen)
    assert access.redis_in(environ, "rediss://tagger@r:1/0") == access.redis_of(chosen)


def test_faust_is_given_the_same_user(password_file: Path) -> None:
    chosen = CommonSettings(kafka="k:1", kafka_user="tagger", kafka_password_file=password_file)
    credentials: Any = streams.new_app("tagger", chosen).conf.broker_credentials
    assert (credentials.username, credentials.password) == ("tagger", SECRET)
    assert (credentials.protocol.value, credentials.mechanism.value) == ("SASL_PLAINTEXT", "SCRAM-SHA-512")


def test_tls_without_a_user(context: ssl.SSLContext) -> None:
    arguments = KafkaAccess("k:1", ca_file=Path("ca.pem")).client()
    assert (arguments["security_protocol"], arguments["ssl_context"]) == ("SSL", context)
    assert streams.new_app("tagger", CommonSettings(kafka="k:1", kafka_ca_file=Path("ca.pem"))).conf.broker_credentials


@pytest.mark.parametrize("shown", [str, repr])
def test_no_password_is_shown(shown: type) -> None:
    values = (KafkaAccess("k:1", "u", SECRET), RedisAccess(f"redis://u:{SECRET}@r:1/0", SECRET))
    assert not any(SECRET in shown(value) for value in values)
    assert str(values[1]) == "redis://u:***@r:1/0"


def test_a_user_without_a_password_is_no_user() -> None:
    with pytest.raises(UsageError, match="WIREWATCH_KAFKA_USER and WIREWATCH_KAFKA_PASSWORD_FILE belong together"):
        access.kafka_in({"WIREWATCH_KAFKA_USER": "u"}, "k:1")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("absent", None, "which cannot be read: No such file"),
        ("empty", b"\n", "which is empty"),
        ("binary", b"\xff\xfe", "which cannot be read: "),
    ],
)
def test_a_password_file_that_is_no_use_is_named(tmp_path: Path, name: str, content: bytes | None, said: str) -> None:
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UsageError, match=f"WIREWATCH_REDIS_PASSWORD_FILE is .*{name}', {said}"):
        access.redis_in({"WIREWATCH_REDIS_PASSWORD_FILE": str(file)}, "redis://r:1/0")


def test_an_authority_that_is_none_is_named(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("nonsense")
    with pytest.raises(UsageError, match=r"WIREWATCH_KAFKA_CA_FILE is .*no usable PEM file"):
        KafkaAccess("k:1", ca_file=file).client()
    with pytest.raises(UsageError, match=r"WIREWATCH_REDIS_CA_FILE is .*no usable PEM file"):
        RedisAccess("rediss://r:1/0", ca_file=file).client()


def test_an_authority_needs_an_address_of_tls() -> None:
    with pytest.raises(UsageError, match="WIREWATCH_REDIS is not a rediss:// address"):
        RedisAccess("redis://r:1/0", ca_file=Path("ca.pem")).client()


@pytest.mark.parametrize(
    "query", ["ssl_cert_reqs=none", "ssl_check_hostname=false", "ssl_ca_certs=x", "db=0&ssl_ca_path="]
)
def test_certificates_cannot_be_left_unverified(query: str) -> None:
    with pytest.raises(UsageError, match="certificates are always verified"):
        redis.connect(RedisAccess(f"rediss://r:1/0?{query}"))


def test_a_broker_that_refuses_us_is_told_from_one_that_is_away() -> None:
    kafka = KafkaAccess("k:1", "tagger", SECRET)
    for error in (AuthenticationFailedError("x"), SaslAuthenticationFailed("x")):
        assert "refuses the user 'tagger': correct WIREWATCH_KAFKA_USER" in str(why_refused(kafka, error))
    assert "does not let the user 'tagger' do what is needed (alerts)" in str(
        why_refused(kafka, TopicAuthorizationFailedError("alerts"))
    )
    assert why_refused(kafka, KafkaConnectionError("away")) is None
