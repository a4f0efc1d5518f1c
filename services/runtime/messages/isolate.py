"""One message that a service's code cannot bear must not stop the service.

Handlers foresee what they can and dead-letter it themselves. This wraps a handler for what nobody foresaw: a batch
whose handling raises is handled again, one delivery at a time (handlers are safe to repeat), and the one that raises
alone goes to the dead-letter topic with reason ``defect``. Where several in a row raise, the fault is not in the
messages: the exception is passed on, the process ends without having acknowledged anything, and is started anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from services.runtime.errors import UsageError
from services.runtime.messages.dead_letters import set_aside
from services.runtime.messages.delivery import Delivery
from services.runtime.ports import Publisher, StreamHandler
from services.runtime.process.clock import Clock
from services.runtime.process.logging import get
from services.runtime.process.metrics import ServiceMetrics

log = get(__name__)

DEFECTS_IN_A_ROW = 5


@dataclass(slots=True)
class Isolating:
    """A handler around a handler; see the module's text."""

    handler: StreamHandler
    publisher: Publisher
    clock: Clock
    metrics: ServiceMetrics
    _in_a_row: int = 0

    async def handle(self, batch: Sequence[Delivery]) -> Sequence[str]:
        """See :class:`services.runtime.ports.StreamHandler`; raises where the defect is not one message's."""
        try:
            statuses = await self.handler.handle(batch)
        except UsageError:
            raise  # a person has to change something: no message is to blame
        except Exception as error:  # noqa: BLE001 - this is the edge that exists for what nobody foresaw
            log.warning("batch_failed", messages=len(batch), error=repr(error))
        else:
            self._in_a_row = 0
            return statuses
        return [await self._alone(delivery) for delivery in batch]

    async def _alone(self, delivery: Delivery) -> str:
        try:
            (status,) = await self.handler.handle([delivery])
        except UsageError:
            raise
        except Exception as error:
            self._in_a_row += 1
            if self._in_a_row > DEFECTS_IN_A_ROW:
                raise
            log.exception("handling_failed", topic=delivery.topic, offset=delivery.offset, trace=delivery.trace)
            letter = set_aside(delivery, "defect", error, now=self.clock.now(), metrics=self.metrics)
            await self.publisher.publish([letter])
            self.metrics.articles.labels("dead").inc()
            return "dead"
        self._in_a_row = 0
        return status
