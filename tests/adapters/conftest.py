"""What takes ``live`` is tested for each way of the wire, on each event loop."""

from tests.ways import each_loop, live, pytest_asyncio_loop_factories

__all__ = ["each_loop", "live", "pytest_asyncio_loop_factories"]
