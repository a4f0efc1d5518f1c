"""What ``wirewatch up`` shows: a table and panels on a terminal, the same facts as JSON lines for a program."""

from rich.status import Status
from rich.table import Table
from rich.text import Text

from services.cli.alerts import panel
from services.cli.output import json_line, out, plain, table
from services.cli.up.alert_feed import Seen
from services.local.jars import KAFKA_VERSION
from services.local.stack import Stack
from services.local.supervisor import Part, State
from services.runtime import services

_STATE_COLOURS: dict[State, str] = {
    "starting": "yellow",
    "ready": "green",
    "restarting": "yellow",
    "failed": "bold red",
    "stopped": "dim",
}
_WHAT = {
    "broker": f"Apache Kafka {KAFKA_VERSION}",
    "store": "Valkey",
    **{service.name: service.does for service in services.declared().values()},
}


class TerminalReporter:
    """For a terminal; lines without movement where the output is not one."""

    def __init__(self) -> None:
        self._console = out
        self._status: Status | None = None
        self._last = ""
        self._stands = False
        self._ending = False

    def progress(self, what: str, done: int, total: int) -> None:
        """Something that takes a while before the pipeline is up."""
        text = f"{what} {done}/{total}" if total else what
        if self._console.is_terminal:
            self._spin(text)
        elif what != self._last:
            self._console.print(f"{what} ...")
        self._last = what

    def happened(self, part: Part, what: str) -> None:
        """A process changed its state."""
        if part.state == "failed" or (part.state == "restarting" and self._stands):
            self._console.print(
                Text.assemble((part.name, "bold"), (f" {part.state}: ", _STATE_COLOURS[part.state]), plain(what))
            )
            if part.state == "failed" and self._stands:
                self._console.print("  It is not restarted: correct that, then run `wirewatch up` again.")
        elif part.state in ("starting", "ready") and not self._stands and self._console.is_terminal:
            self._spin(f"{part.name} is {part.state}")

    def standing(self, stack: Stack, seconds: float) -> None:
        """The pipeline is up (or as much of it as could be started)."""
        self._stands = True
        for name in stack.ended_stale:
            self._console.print(f"[yellow]{name}[/] was left over from a run that was killed and has been stopped")
        self._console.print(f"[bold]Wirewatch is up after {seconds:.1f} s[/]\n")
        self._console.print(_table(stack))
        self._console.print(Text(f"\nOpen {stack.pipeline.page}", style="bold"), soft_wrap=True)
        self._console.print("Ctrl-C stops everything.\n")
        self._spin("waiting for alerts")

    def alert(self, seen: Seen) -> None:
        """An alert, or a new revision of one."""
        self._console.print(panel.alert(seen.alert, earlier=seen.earlier))

    def feeds(self, summary: str) -> None:
        """How the feeds answer, in a few words; called again when that changes."""
        if self._console.is_terminal:
            self._spin(f"{summary}  [dim]Ctrl-C stops[/]")
        else:
            self._console.print(summary)

    def ending(self) -> None:
        """Everything is being stopped."""
        self._stands = False
        self._spin("stopping")
        if not self._console.is_terminal:
            self._console.print("stopping ...")
        self._ending = True

    def close(self) -> None:
        """Nothing more comes."""
        if self._status is not None:
            self._status.stop()
            self._status = None
        if self._ending:
            self._console.print("Stopped.")

    def _spin(self, text: str) -> None:
        if not self._console.is_terminal:
            return
        if self._status is None:
            self._status = self._console.status(text)
            self._status.start()
        else:
            self._status.update(text)


class JsonReporter:
    """The same, one JSON object a line, each with its ``event``."""

    def progress(self, what: str, done: int, total: int) -> None:
        json_line({"event": "progress", "what": what, "done": done, "total": total})

    def happened(self, part: Part, what: str) -> None:
        json_line({"event": "process", "name": part.name, "state": part.state, "pid": part.pid, "detail": what})

    def standing(self, stack: Stack, seconds: float) -> None:
        json_line(
            {
                "event": "standing",
                "seconds": round(seconds, 3),
                "kafka": stack.servers.kafka.servers,
                "redis": str(stack.servers.redis),
                "api": stack.pipeline.api,
                "samples": stack.pipeline.samples,
                "processes": [
                    {"name": part.name, "where": _where(part, stack), "pid": part.pid, "state": part.state}
                    for part in stack.parts()
                ],
            }
        )

        json_line({"event": "open", "address": stack.pipeline.page})

    def alert(self, seen: Seen) -> None:
        json_line({"event": "alert", "earlier": seen.earlier, "alert": seen.alert})

    def feeds(self, summary: str) -> None:
        json_line({"event": "feeds", "summary": summary})

    def ending(self) -> None:
        json_line({"event": "stopping"})

    def close(self) -> None:
        return


Reporter = TerminalReporter | JsonReporter


def _table(stack: Stack) -> Table:
    made = table("process", "what", "where", "pid", "state", whole=("process", "where"), right=("pid",))
    for part in stack.parts():
        state = Text(part.state, style=_STATE_COLOURS[part.state])
        if part.state != "ready" and part.detail:
            state.append(f": {plain(part.detail)}", style="default")
        made.add_row(part.name, _WHAT.get(part.name, ""), _where(part, stack), str(part.pid or "-"), state)
    return made


def _where(part: Part, stack: Stack) -> str:
    """What a person would connect to: the page of the api, the feeds of the samples, else its operations endpoint."""
    if part.name == "api":
        return stack.pipeline.api
    if part.name == "samples":
        return stack.pipeline.samples or ""
    return part.server.address
