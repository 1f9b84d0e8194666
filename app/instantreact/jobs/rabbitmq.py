"""RabbitMQ: carries jobs from the relay to workers in other processes, by a queue for each kind.

A worker takes as many messages of a kind as it has room for and confirms each when its job has ended, so that RabbitMQ
gives the others to whoever is free. A message that comes again, or too late, carries a token that is no good any more.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import aio_pika
from aio_pika.exceptions import AMQPError, ProbableAuthenticationError
from aiormq.exceptions import ChannelInvalidStateError, InvalidFrameError
from taskiq import AckableMessage, AcknowledgeType, AsyncTaskiqDecoratedTask
from taskiq.exceptions import SendTaskError
from taskiq.receiver import Receiver
from taskiq.utils import maybe_awaitable
from taskiq_aio_pika import AioPikaBroker, Exchange, Queue, QueueType

from instantreact.errors import BrokerUnreachable, Misconfigured
from instantreact.jobs.broker import RunJob, kick, register
from instantreact.jobs.claims import Handover
from instantreact.logs import Throttle, get_logger

CONNECT_TIMEOUT_S = 10.0
SEND_TIMEOUT_S = 3.0
_PAUSE_S = 1.0
_UNREACHABLE = (OSError, AMQPError, TimeoutError)

log = get_logger(__name__)
_backs = Throttle(every_s=10)  # a process has a dozen connections, which come back together
for _talkative in ("aiormq.connection", "aio_pika.tools"):  # we say in one line that it cannot be reached
    logging.getLogger(_talkative).setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class RabbitAddress:
    """Where RabbitMQ is, and the id of the service, by which its queues are told from those of others."""

    url: str = field(repr=False)
    service: str

    def open(self, kind: str, *, room: int = 1) -> "_Broker":
        """A broker of the queue of this kind, from which at most `room` messages are taken at once."""
        return _Broker(
            self.url,
            qos=room,
            exchange=Exchange(name=f"instantreact.{self.service}"),
            task_queues=[Queue(name=f"instantreact.{self.service}.{kind}", type=QueueType.CLASSIC)],
            dead_letter_queue=Queue(name=f"instantreact.{self.service}.dead", type=QueueType.CLASSIC),
            timeout=CONNECT_TIMEOUT_S,
            reconnect_interval=_PAUSE_S,
        )


class _Broker(AioPikaBroker):
    """A message whose channel was closed meanwhile cannot be confirmed any more: it comes again, and is not good."""

    async def startup(self) -> None:
        await super().startup()
        for connection in (self.read_conn, self.write_conn):
            if connection is not None:
                connection.reconnect_callbacks.add(_say_back, weak=False)

    async def listen(self) -> AsyncGenerator[AckableMessage, None]:
        async for message in super().listen():
            yield AckableMessage(data=message.data, ack=partial(_confirm, message.ack))


def _say_back(*_: object) -> None:
    if _backs.admit("back") is not None:
        log.warning("broker.back")


async def _confirm(ack: Callable[[], object]) -> None:
    with contextlib.suppress(AMQPError, ChannelInvalidStateError):
        await maybe_awaitable(ack())


async def check_rabbitmq(url: str) -> None:
    """Connect once. Raises Misconfigured where it does not let us in, BrokerUnreachable where it does not answer."""
    try:
        connection = await aio_pika.connect(url, timeout=CONNECT_TIMEOUT_S)
    except (ProbableAuthenticationError, InvalidFrameError) as error:  # the latter for a virtual host that is none
        raise Misconfigured(
            "RabbitMQ at INSTANTREACT_BROKER_URL does not let us in: check the user, the password, and the virtual "
            "host at the address's end."
        ) from error
    except _UNREACHABLE as error:
        raise BrokerUnreachable(f"RabbitMQ at INSTANTREACT_BROKER_URL cannot be reached: {error}.") from error
    await connection.close()


async def wait_for_rabbitmq(url: str) -> None:
    """Return once it answers. Raises Misconfigured where it does not let us in."""
    while True:
        try:
            await check_rabbitmq(url)
        except BrokerUnreachable as error:
            log.warning("broker.unreachable", reason=str(error))
            await asyncio.sleep(_PAUSE_S)
        else:
            return


class RabbitPublisher:
    """Sends jobs to the queues; a connection for each kind is opened when it is first needed."""

    def __init__(self, address: RabbitAddress) -> None:
        self._address = address
        self._brokers: dict[str, AioPikaBroker] = {}
        self._tasks: dict[str, AsyncTaskiqDecoratedTask[Any, Any]] = {}

    async def send(self, handover: Handover) -> None:
        """Put the job into its queue. Raises BrokerUnreachable."""
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                await kick(await self._find_task(handover.kind), handover)
        except SendTaskError as error:
            raise BrokerUnreachable("RabbitMQ does not take jobs: the connection to it is closed.") from error
        except _UNREACHABLE as error:
            raise BrokerUnreachable(f"RabbitMQ does not take jobs: {str(error) or type(error).__name__}.") from error

    async def stop(self) -> None:
        for broker in self._brokers.values():
            await _close(broker)

    async def _find_task(self, kind: str) -> AsyncTaskiqDecoratedTask[Any, Any]:
        if kind not in self._tasks:
            broker = self._address.open(kind)
            try:
                await broker.startup()
            except BaseException:
                await _close(broker)
                raise
            self._brokers[kind], self._tasks[kind] = broker, register(broker, _run_elsewhere)
        return self._tasks[kind]


class RabbitConsumer:
    """Takes jobs from the queues of these kinds and hands them to `run_job`, as many of each at once as `room` says."""

    def __init__(self, address: RabbitAddress, room: Mapping[str, int], run_job: RunJob) -> None:
        self._address = address
        self._room = room
        self._run_job = run_job
        self._finish = asyncio.Event()
        self._taking: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Take jobs in the background, as soon as RabbitMQ answers and whenever it does."""
        self._taking = [
            asyncio.create_task(self._take(kind, room), name=f"queue {kind}") for kind, room in self._room.items()
        ]

    def finish(self) -> None:
        """Take no more; what runs goes on."""
        self._finish.set()

    async def stop(self, *, grace_s: float = 2.0) -> None:
        """Disconnect: what was not confirmed goes to somebody else."""
        self.finish()
        if self._taking:
            await asyncio.wait(self._taking, timeout=grace_s)
        for task in self._taking:
            task.cancel()
        await asyncio.gather(*self._taking, return_exceptions=True)

    async def _take(self, kind: str, room: int) -> None:
        while not self._finish.is_set():
            broker = self._address.open(kind, room=room)
            broker.is_worker_process = True
            register(broker, self._run_job)
            try:
                await broker.startup()
                receiver = Receiver(
                    broker,
                    validate_params=False,
                    max_async_tasks=room,
                    run_startup=False,
                    ack_type=AcknowledgeType.WHEN_EXECUTED,
                )
                await receiver.listen(self._finish)
            except Exception as error:
                log.warning("broker.lost", kind=kind, reason=str(error))
                await asyncio.sleep(_PAUSE_S)
            finally:
                await _close(broker)


async def _run_elsewhere(handover: Handover) -> None:
    raise NotImplementedError("a relay runs no jobs")


async def _close(broker: AioPikaBroker) -> None:
    with contextlib.suppress(*_UNREACHABLE, RuntimeError):
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            await broker.shutdown()
