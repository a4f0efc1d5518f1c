"""The notifier's errors.

    WirewatchError
    └── SendError            one attempt to deliver failed; it is tried again until it is a day old

Watches that cannot be used are an UnusableFilesError of the runtime: at start, exit code 2. A message that is no alert
is dead-lettered with reason "undecodable". Redis or Kafka away is waited for in place.
"""

from services.runtime.errors import WirewatchError


class SendError(WirewatchError):
    """A channel did not take a delivery. The text holds no secret: whoever raises it has seen to that.

    ``of_channel`` is false where this one message was refused, and others may well pass. ``after_seconds`` is what
    the other side asked to wait.
    """

    def __init__(self, detail: str, *, of_channel: bool = True, after_seconds: float | None = None) -> None:
        super().__init__(detail)
        self.of_channel = of_channel
        self.after_seconds = after_seconds
