"""Ask the process on this machine's ops port whether it is ready: the health check of every container.

``python -m services.runtime.process.healthcheck [PATH]`` exits 0 when ``PATH`` (default ``/readyz``) answers 200, else
1 with what the process waits for. Standard library only and no package of ours: it runs every few seconds in every
container.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection, HTTPException

OK = "ok"  # what a probe says where there is nothing to say
_TIMEOUT_SECONDS = 3.0


def probe(port: int, path: str) -> str | None:
    """What is wrong with the process whose ops endpoint is on loopback ``port``, in words, or None."""
    connection = HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        said = answer.read(1000).decode("utf-8", "replace").strip()
    except (OSError, HTTPException) as error:
        return f"no answer on port {port}: {error}"
    finally:
        connection.close()
    return None if answer.status == 200 else f"{answer.status}: {said}"


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """The exit code."""
    port = environ.get("WIREWATCH_OPS_PORT", "")
    if not port.isdigit() or port == "0":
        print("WIREWATCH_OPS_PORT is not set to a port: give the one that the process was given.", file=sys.stderr)
        return 2
    problem = probe(int(port), arguments[0] if arguments else "/readyz")
    print(problem or OK)
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
