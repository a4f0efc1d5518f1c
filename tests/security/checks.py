"""S01 to S27: what each asks, and what it found."""

from __future__ import annotations

import re
import ssl
import stat
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.parsers import expat

import yaml

from services.runtime.http import ssrf_guard as guard
from services.runtime.kafka.acl import rights
from services.runtime.kafka.connection import SASL_MECHANISM
from services.runtime.kafka.stream import DRAIN_SECONDS
from services.runtime.kafka.topics import read
from services.runtime.process.redaction import redacted
from tests.security import scanning
from tests.security.shipped import (
    ONE_SHOT,
    ROOT,
    dockerfile,
    locks,
    pins,
    redis_conf,
    redis_users,
    services,
    source,
    text,
    tracked,
    written,
)
from tests.security.verdict import Verdict, judged

PUBLISHED = {"kafka", "api", "prometheus", "grafana"}
WAYS_OUT = {"poller", "notifier", "feeds"}
EXPAT_FLOOR, OPENSSL_FLOOR = (2, 4, 1), (3, 0)  # doctor warns of an expat below 2.6.3
_SECRET = re.compile(
    r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----|\bAKIA[0-9A-Z]{16}\b"
    r"|\bgh[pousr]_[A-Za-z0-9]{36}\b|\bxox[abprs]-[A-Za-z0-9-]{10,}"
)
_DANGEROUS = {"+@all", "+keys", "+flushall", "+flushdb", "+config", "+eval", "+@admin", "+@dangerous", "allcommands"}


@dataclass(frozen=True)
class Check:
    """One row of the table."""

    id: str
    asks: str
    look: Callable[[], Verdict]


def s02() -> Verdict:
    problems = [
        f"{name}: {port}"
        for name, definition in services().items()
        for port in definition.get("ports", ())
        if not str(port).startswith("127.0.0.1:")
    ]
    published = {name for name, definition in services().items() if definition.get("ports")}
    if not published <= PUBLISHED:
        problems.append(f"published: {', '.join(sorted(published - PUBLISHED))}")
    problems += scanning.beyond_loopback()
    return judged(problems, f"{', '.join(sorted(published))} on 127.0.0.1, nothing else; {scanning.scanned()}")


def s03() -> Verdict:
    networks = written()["networks"]
    problems = [
        f"{name} has a way out"
        for name, definition in services().items()
        if "egress" in definition.get("networks", ()) and name not in WAYS_OUT
    ]
    problems += [
        f"network {name} is not internal" for name in ("backend", "monitoring") if not networks[name].get("internal")
    ]
    inside = {"redis": {"backend"}, "kafka": {"backend", "loopback"}}
    for name, allowed in inside.items():
        if not set(services()[name]["networks"]) <= allowed:
            problems.append(f"{name} is on {services()[name]['networks']}")
    return judged(
        problems, "only poller, notifier and the commands on feeds have a way out; backend and monitoring are internal"
    )


def s04() -> Verdict:
    ours = re.findall(r"^USER (\d+)", dockerfile(), re.MULTILINE)
    problems = [] if ours and int(ours[-1]) > 0 else ["the image runs as root"]
    for name, definition in services().items():
        if "build" not in definition and int(str(definition.get("user", "0")).split(":")[0]) == 0:
            problems.append(f"{name} runs as root")
    return judged(problems, f"{len(services())} services, none as root")


def s05() -> Verdict:
    problems = []
    for name, definition in services().items():
        if definition.get("read_only") is not True:
            problems.append(f"{name} can write to its image")
        problems += [
            f"{name}: {mount}"
            for mount in definition.get("tmpfs", ())
            if not {"noexec", "nosuid", "nodev"} <= set(mount.split(":")[1].split(","))
        ]
    return judged(problems, "read-only file systems; every tmpfs noexec, nosuid, nodev")


def _every(field: str, wanted: object, well: str) -> Verdict:
    return judged(
        [f"{name}: {field} is {d.get(field)!r}" for name, d in services().items() if d.get(field) != wanted], well
    )


def s06() -> Verdict:
    added = [f"{name} adds {d['cap_add']}" for name, d in services().items() if d.get("cap_add")]
    return judged(added, "") if added else _every("cap_drop", ["ALL"], "no capability anywhere")


def s07() -> Verdict:
    return _every("security_opt", ["no-new-privileges:true"], "no process can gain privileges")


def s08() -> Verdict:
    problems = [
        f"{name} has no {field}"
        for name, definition in services().items()
        for field in ("mem_limit", "cpus", "pids_limit")
        if not definition.get(field)
    ]
    return judged(problems, "memory, processors and processes of every service are limited")


def s09() -> Verdict:
    problems = []
    for name, definition in services().items():
        if definition.get("privileged") or definition.get("network_mode") == "host" or definition.get("pid"):
            problems.append(f"{name} shares the host")
        if "docker.sock" in str(definition.get("volumes", "")) or definition.get("devices"):
            problems.append(f"{name} reaches the host")
    return judged(problems, "no socket, no host network, no privileged service, no device")


def s10() -> Verdict:
    problems = []
    for path in tracked():
        if path.stat().st_size > 2_000_000 or path == Path(__file__):
            continue
        content = path.read_bytes().decode("utf-8", "ignore")
        if _SECRET.search(content):
            problems.append(f"{path.relative_to(ROOT)} looks like it holds a key")
    environment = str({name: d.get("environment") for name, d in services().items()})
    if re.search(r"(?i)password=\"(?!\$\$\{directory:)[^\"]", environment.replace("\\", "")):
        problems.append("a password is written in docker-compose.yml")
    problems += _modes_of_secrets()
    return judged(
        problems, f"{len(tracked())} files without a key; secrets are made at random, files 0440, one volume a service"
    )


def _modes_of_secrets() -> list[str]:
    maker = scanning.make_secrets()
    with tempfile.TemporaryDirectory() as made:
        for name in maker.SECRETS:
            (Path(made) / name).parent.mkdir(exist_ok=True)
        maker.make(Path(made))
        maker.derive(Path(made), text("deploy/redis/users.acl"))
        files = [path for path in Path(made).rglob("*") if path.is_file()]
        return [f"{path.name} is not 0440" for path in files if stat.S_IMODE(path.stat().st_mode) != 0o440]


def s11() -> Verdict:
    kafka = services()["kafka"]["environment"]
    problems = []
    protocols = {pair.split(":")[1] for pair in kafka["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(",")}
    if not all(protocol.startswith("SASL_") for protocol in protocols):
        problems.append(f"listeners: {sorted(protocols)}")
    for name, wanted in {
        "KAFKA_SASL_ENABLED_MECHANISMS": SASL_MECHANISM,
        "KAFKA_ALLOW_EVERYONE_IF_NO_ACL_FOUND": "false",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
        "KAFKA_AUTHORIZER_CLASS_NAME": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "KAFKA_SUPER_USERS": "User:broker;User:admin",
    }.items():
        if kafka.get(name) != wanted:
            problems.append(f"{name} is {kafka.get(name)!r}")
    granted = rights(read().values())
    # It reads them, to look at their pages again; what it makes of a page comes as an article, and is judged like one.
    if any(right.user == "poller" and right.operation == "write" and right.name != "articles" for right in granted):
        problems.append("the poller may write more than articles")
    problems += [f"{r.user} writes" for r in granted if r.user == "reader" and r.operation == "write"]
    if not (ROOT / "docker-compose.tls.yml").exists():
        problems.append("there is no docker-compose.tls.yml")
    users = len({right.user for right in granted})
    return judged(
        problems, f"SCRAM-SHA-512, StandardAuthorizer, {users} users with {len(granted)} rights, TLS as an override"
    )


def s12() -> Verdict:
    users, problems = redis_users(), []
    if users["default"][0] != "off":
        problems.append("there is a default user")
    for name, rules in users.items():
        if name == "default":
            continue
        if "nopass" in rules or not any(rule.startswith("#") for rule in rules):
            problems.append(f"{name} has no password")
        if "-@all" not in rules or _DANGEROUS & set(rules) or "~*" in rules or "allkeys" in rules:
            problems.append(f"{name} may too much")
        if any(rule.startswith(("+@write", "+@read")) for rule in rules) and "-@dangerous" not in rules:
            problems.append(f"{name} may do what is dangerous")
    conf = redis_conf()
    if conf.get("protected-mode") != "yes" or "aclfile" not in conf:
        problems.append("protected-mode or aclfile is not set")
    if any(rule.startswith(("~", "%")) for rule in users["exporter"]):
        problems.append("the exporter reads keys")
    return judged(
        problems, f"no default user; {len(users) - 1} users by key and command, no EVAL, KEYS, FLUSHALL, CONFIG"
    )


def s13() -> Verdict:
    grafana, problems = services()["grafana"]["environment"], []
    for name, wanted in {
        "GF_AUTH_ANONYMOUS_ENABLED": "${GRAFANA_ANONYMOUS_VIEWER:-false}",
        "GF_AUTH_ANONYMOUS_ORG_ROLE": "Viewer",
        "GF_USERS_ALLOW_SIGN_UP": "false",
        "GF_SECURITY_DISABLE_GRAVATAR": "true",
        "GF_ANALYTICS_REPORTING_ENABLED": "false",
        "GF_PLUGINS_PLUGIN_ADMIN_ENABLED": "false",
        "GF_SECURITY_COOKIE_SAMESITE": "strict",
    }.items():
        if grafana.get(name) != wanted:
            problems.append(f"{name} is {grafana.get(name)!r}")
    if "GF_SECURITY_ADMIN_PASSWORD" in grafana or "GF_SECURITY_ADMIN_PASSWORD__FILE" not in grafana:
        problems.append("the admin password is not from a secret")
    if str(grafana.get("GF_PANELS_DISABLE_SANITIZE_HTML", "false")) != "false":
        problems.append("panels may hold raw HTML")
    if "GF_PLUGINS_ALLOW_LOADING_UNSIGNED_PLUGINS" in grafana:
        problems.append("unsigned plugins are loaded")
    well = (
        "anonymous off, password from a secret, no sign-up, no calls home; cookies not `secure`: it is HTTP on loopback"
    )
    return judged(problems, well)


def s14() -> Verdict:
    on = [flag for flag in services()["prometheus"]["command"] if flag.startswith("--web.enable")]
    return judged(on, "neither admin API nor lifecycle")


def s15() -> Verdict:
    problems = []
    if "web_enabled=False" not in text("services/runtime/kafka/stream.py"):
        problems.append("Faust serves its tables")
    for path, module in source():
        if re.search(r"(?i)x-forwarded-for|forwarded_allow_ips", module):
            problems.append(f"{path} reads X-Forwarded-For")
    if "proxy_headers=False" not in text("services/api/service.py"):
        problems.append("the api's server believes proxy headers")
    for name, definition in services().items():
        if any(":9100" in str(port) or ":9121" in str(port) for port in definition.get("ports", ())):
            problems.append(f"{name} publishes its metrics")
    return judged(problems, "metrics on the internal network only; Faust's web is off; no forwarded header is believed")


def s16() -> Verdict:
    tags = {name: d["image"] for name, d in services().items()}
    problems = [f"{name}: {tag}" for name, tag in tags.items() if not re.search(r":v?\d+\.\d+\.\d+", tag)]
    if not re.search(r"^ARG PYTHON_IMAGE=python:3\.\d+\.\d+-slim-[a-z]+$", dockerfile(), re.MULTILINE):
        problems.append("the base image is no exact release")
    return judged(problems, f"{len(set(tags.values()))} images by exact tag (a digest needs a registry to be asked)")


def s17() -> Verdict:
    commands = re.findall(r"/pip install ([^\n]+)", dockerfile())
    problems = [
        c for c in commands if "--require-hashes --only-binary :all:" not in c and "--no-deps --no-index" not in c
    ]
    problems += [
        f"{name}: {pin} has no hash"
        for name, lock in locks().items()
        for pin, block in pins(lock)
        if "--hash=sha256:" not in block
    ]
    return judged(
        problems,
        f"{sum(1 for lock in locks().values() for _ in pins(lock))} pins in {len(locks())} locks, each with its hash",
    )


def s20() -> Verdict:
    workflows = [*(ROOT / ".github" / "workflows").glob("*.y*ml")]
    unpinned = [
        f"{path.name}: {used}"
        for path in workflows
        for used in re.findall(r"uses:\s*(\S+)", path.read_text())
        if not used.startswith("./") and not re.search(r"@[0-9a-f]{40}$", used)
    ]
    return judged(unpinned, f"{len(workflows)} workflows with foreign actions; CI is .ci/run")


def s21() -> Verdict:
    problems = []
    if expat.version_info < EXPAT_FLOOR:
        problems.append(f"{expat.EXPAT_VERSION} lets entities multiply")
    if ssl.OPENSSL_VERSION_INFO[:2] < OPENSSL_FLOOR:
        problems.append(ssl.OPENSSL_VERSION)
    return judged(
        problems, f"{expat.EXPAT_VERSION}, {ssl.OPENSSL_VERSION} here; `wirewatch doctor` tells what the image has"
    )


def s22() -> Verdict:
    address = "https://user:hunter2@feeds.example/rss?token=hunter2&key=hunter2&id=1"
    problems = [] if "hunter2" not in redacted(address) else [redacted(address)]
    if "_redact]" not in text("services/runtime/process/logging.py"):
        problems.append("logs are not redacted")
    return judged(problems, redacted(address))


def s23() -> Verdict:
    problems = [
        f"{path} writes HTML"
        for path, script in source("services/api/page", ".js")
        if re.search(r"\.(?:innerHTML|outerHTML)\s*=|insertAdjacentHTML|document\.write", script)
    ]
    for path in sorted((ROOT / "deploy/prometheus/rules").glob("*.yml")):
        for group in yaml.safe_load(path.read_text())["groups"]:
            for rule in group["rules"]:
                used = set(re.findall(r"\$labels\.(\w+)", str(rule.get("annotations", ""))))
                problems += [f"{path.name}: {label}" for label in used & {"title", "headline", "url", "feed"}]
    return judged(problems, "no title, address or text in a metric or an alarm; the page writes text as text")


def s24() -> Verdict:
    wanted = {"SECURITY.md": "## Reporting", "docs/threat-model.md": "# Threat model", "schemas/README.md": "version"}
    problems = [name for name, word in wanted.items() if not (ROOT / name).exists() or word not in text(name)]
    return judged([f"{name} is absent or empty" for name in problems], ", ".join(wanted))


def s25() -> Verdict:
    problems = []
    for name, definition in services().items():
        if name not in ONE_SHOT and not definition.get("healthcheck", {}).get("test"):
            problems.append(f"{name} has no health check")
        if definition.get("restart") != ("no" if name in ONE_SHOT else "unless-stopped"):
            problems.append(f"{name}: restart {definition.get('restart')}")
        if int(definition.get("stop_grace_period", "0s").removesuffix("s")) < DRAIN_SECONDS + 5:
            problems.append(f"{name} is killed before it has drained")
    return judged(problems, f"all; {DRAIN_SECONDS:g} s to drain, 35 s until a kill")


def s26() -> Verdict:
    inside = (
        "127.0.0.1",
        "::ffff:127.0.0.1",
        "169.254.169.254",
        "10.0.0.1",
        "::1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "fd00::1",
    )
    problems = [
        f"{address} may be asked"
        for address in inside
        if guard.why_refused(address, 443, guard.Allowed(), named=False) is None
    ]
    edges = ("services/poller/edges/egress.py", "services/notifier/edges/webhook.py")
    problems += [f"{path} connects without the guard" for path in edges if "socket_factory=" not in text(path)]
    return judged(
        problems, f"{len(inside)} kinds of inside addresses refused at the socket, wherever a feed's address came from"
    )


def s27() -> Verdict:
    problems = [
        f"{path}, {found}"
        for path, module in source()
        for found in re.findall(
            r"verify\s*=\s*False|ssl\s*=\s*False|CERT_NONE|check_hostname\s*=\s*False|_create_unverified", module
        )
    ]
    return judged(problems, "certificates are verified everywhere; there is no override, for no feed")


CHECKS: tuple[Check, ...] = (
    Check("S01", "compose-lint finds nothing", scanning.compose_lint),
    Check("S02", "ports on 127.0.0.1 only, servers of the inside unpublished", s02),
    Check("S03", "a way out for those who need one only", s03),
    Check("S04", "nobody is root", s04),
    Check("S05", "read-only file systems, tmpfs without execution", s05),
    Check("S06", "all capabilities dropped", s06),
    Check("S07", "no new privileges", s07),
    Check("S08", "limits of memory, processors, processes", s08),
    Check("S09", "no way to the host", s09),
    Check("S10", "no secret in the repository; random ones, 0440", s10),
    Check("S11", "Kafka: SCRAM, least rights, TLS override", s11),
    Check("S12", "Redis: users by key and command", s12),
    Check("S13", "Grafana is closed", s13),
    Check("S14", "Prometheus without admin API", s14),
    Check("S15", "metrics inside only, no trust in forwarded headers", s15),
    Check("S16", "images by exact tag", s16),
    Check("S17", "hashes and wheels only", s17),
    Check("S18", "bill of materials and provenance", scanning.bill),
    Check("S19", "no known high vulnerability", scanning.audit),
    Check("S20", "actions pinned", s20),
    Check("S21", "floors of expat and OpenSSL", s21),
    Check("S22", "logs hide userinfo and secrets of queries", s22),
    Check("S23", "templates and page escape titles", s23),
    Check("S24", "policy and threat model", s24),
    Check("S25", "health, restart, time to drain", s25),
    Check("S26", "imported addresses pass the egress guard", s26),
    Check("S27", "TLS is verified, always", s27),
)


def verdicts() -> Iterator[tuple[Check, Verdict]]:
    """Every check with what it found."""
    for check in CHECKS:
        yield check, check.look()
