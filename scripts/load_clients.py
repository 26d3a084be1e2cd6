"""Clients of a shop under load, as cheap as Python makes them, and what they saw."""
import asyncio, collections, multiprocessing, socket, time


def percentile(values, part):
    """In milliseconds; the largest that is not among the upper rest."""
    return 1000 * sorted(values)[min(len(values) - 1, int(part * len(values)))] if values else float("nan")


class Connection(asyncio.Protocol):
    """HTTP/1.1 as cheap as it gets: one request at a time, of the answer the status and its end."""

    def __init__(self):
        self.transport, self.answer, self.buffer = None, None, b""

    def connection_made(self, transport):
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data):
        self.buffer += data
        head = self.buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        fields = self.buffer[:head].lower()
        at = fields.find(b"\r\ncontent-length:")
        if at >= 0:
            whole = len(self.buffer) >= head + 4 + int(fields[at + 17:].split(b"\r\n", 1)[0])
        else:
            whole = b"transfer-encoding: chunked" not in fields or self.buffer.endswith(b"0\r\n\r\n")
        if whole:
            status, self.buffer = int(self.buffer[9:12]), b""
            if self.answer and not self.answer.done():
                self.answer.set_result(status)

    def connection_lost(self, error):
        self.transport = None
        if self.answer and not self.answer.done():
            self.answer.set_exception(error or ConnectionResetError("closed without an answer"))


class Client:
    """One address; it connects anew when it was hung up on between requests, and counts whatever else goes wrong."""

    def __init__(self, port, address, tally):
        self.port, self.address, self.tally, self.connection = port, address, tally, None

    async def send(self, request, kind, expected):
        loop = asyncio.get_running_loop()
        began = time.perf_counter()
        try:
            async with asyncio.timeout(20):
                if self.connection is None or self.connection.transport is None:
                    _, self.connection = await loop.create_connection(Connection, "127.0.0.1", self.port, local_addr=(self.address, 0))
                    began = time.perf_counter()
                self.connection.answer = loop.create_future()
                self.connection.transport.write(request)
                status = await self.connection.answer
        except (OSError, TimeoutError) as error:
            self.tally.note(kind, f"{type(error).__name__}: {error}", None)
            self.close()
            return
        self.tally.note(kind, status if status == 429 or status not in expected else None, time.perf_counter() - began)

    def close(self):
        if self.connection and self.connection.transport:
            self.connection.transport.abort()
        self.connection = None


class Tally:
    def __init__(self):
        self.times, self.refused, self.errors = collections.defaultdict(list), collections.Counter(), collections.Counter()

    def note(self, kind, problem, took):
        if problem == 429:
            self.refused[kind] += 1
        elif problem is not None:
            self.errors[f"{kind}: {problem}"] += 1
        if took is not None and problem is None:
            self.times[kind].append(took)

    @property
    def done(self):
        return sum(map(len, self.times.values()))

    def all(self, *but):
        return [each for kind, times in self.times.items() if kind not in but for each in times]


def address(number, net=0):
    return f"127.{net}.{number // 250 + 1}.{number % 250 + 1}"


async def lag(into):
    """How late this process itself is: what it measures is no finer than that."""
    while True:
        due = time.perf_counter() + 0.01
        await asyncio.sleep(0.01)
        into.append(time.perf_counter() - due)


async def during(seconds, tasks, progress=lambda _: None):
    """Runs tasks for so long; what is under way then is ended without being counted."""
    running = [asyncio.create_task(each) for each in tasks]
    began = time.monotonic()
    try:
        while (left := began + seconds - time.monotonic()) > 0:
            await asyncio.sleep(min(5, left))
            progress(time.monotonic() - began)
            for task in running:
                if task.done() and task.exception():
                    raise task.exception()
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


# Attackers, in a process of their own


def attack(port, requests, addresses, a_second, seconds, connections, told):
    """Sends (request, kind, statuses) in turn at a rate, from these addresses in turn; tells how many were answered, by status."""
    async def run():
        tally, gates = Tally(), asyncio.Semaphore(0)
        source, end = iter(requests), time.monotonic() + seconds

        async def sender(number):
            client = Client(port, addresses[number % len(addresses)], tally)
            while True:
                await gates.acquire()
                request = next(source, None)
                if request is None:
                    return
                await client.send(*request)

        tasks = [asyncio.create_task(sender(number)) for number in range(connections)]
        began, given = time.monotonic(), 0
        while time.monotonic() < end:
            await asyncio.sleep(0.01)
            due = int((time.monotonic() - began) * a_second)
            for _ in range(due - given):
                gates.release()
            given = due
        await asyncio.sleep(0.5)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        told.put({"heard": {kind: len(times) for kind, times in tally.times.items()}, "refused": dict(tally.refused), "errors": dict(tally.errors)})

    asyncio.run(run())


class Attack:
    def __init__(self, *arguments):
        self.told = multiprocessing.Queue()
        self.process = multiprocessing.Process(target=attack, args=(*arguments, self.told), daemon=True)

    def __enter__(self):
        self.process.start()
        return self

    def __exit__(self, *_):
        self.process.join(30)
        if self.process.is_alive():
            self.process.kill()
        self.result = self.told.get() if not self.told.empty() else {"heard": {}, "refused": {}, "errors": {"the attacker did not end": 1}}

    def __str__(self):
        count = lambda name: sum(self.result[name].values())
        return f"{count('heard'):,} heard, {count('refused'):,} refused (429), {count('errors')} else{' ' + str(self.result['errors']) if self.result['errors'] else ''}"
