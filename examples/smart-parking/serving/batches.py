"""Group commit: what comes in while one transaction is under way goes into the next one, all together.

A commit waits for the disk. With a transaction for each frame, a disk that is slow for a moment makes a queue that
never ends; with this the queue is one transaction long, and an answer still means that its frame is committed.
"""

import asyncio


class Batches:
    def __init__(self, write, largest: int = 500):
        """write takes a list of items, and returns a list of as many results."""
        self.write = write
        self.largest = largest
        self.waiting = []
        self.some = asyncio.Event()
        self.task = None

    def start(self):
        self.task = asyncio.create_task(self._run())

    async def stop(self):
        """When what was added is written."""
        while self.waiting:
            await asyncio.sleep(0.01)
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    async def add(self, item):
        """The item's result, when it is committed."""
        result = asyncio.get_running_loop().create_future()
        self.waiting.append((item, result))
        self.some.set()
        return await result

    async def _run(self):
        while True:
            await self.some.wait()
            batch = self.waiting[: self.largest]
            await self._commit(batch)
            del self.waiting[: len(batch)]
            if not self.waiting:
                self.some.clear()

    async def _commit(self, batch: list):
        try:
            results = await self.write([item for item, _ in batch])
            for (_, future), result in zip(batch, results, strict=True):
                if not future.done():
                    future.set_result(result)
        except Exception as problem:
            if len(batch) > 1:
                for each in batch:  # So that one bad frame takes no other with it.
                    await self._commit([each])
            elif not batch[0][1].done():
                batch[0][1].set_exception(problem)
