import asyncio

import ipywidgets
import pytest

from workbench.widgets import spawn as spawning
from workbench.widgets.spawn import button_click, settle, spawn


@pytest.fixture(autouse=True)
def nothing_left() -> None:
    spawning.unhandled.clear()


async def fail(text: str = "the provider hung up") -> None:
    await asyncio.sleep(0)
    raise RuntimeError(text)


async def test_a_task_is_kept_until_it_ends_and_gives_its_value() -> None:
    async def answer() -> int:
        await asyncio.sleep(0)
        return 42

    task = spawn(answer())
    assert task in spawning.running
    assert await task == 42
    await settle()
    assert spawning.running == set()


async def test_settle_raises_the_first_error_that_nobody_handled_and_forgets_it() -> None:
    told: list[dict] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: told.append(context))
    spawn(fail("first"))
    spawn(fail("second"))
    with pytest.raises(RuntimeError, match="first"):
        await settle()
    assert [str(context["exception"]) for context in told] == ["first", "second"]
    await settle()


async def test_an_error_goes_to_the_callback_and_is_handled_then() -> None:
    shown: list[BaseException] = []
    spawn(fail(), on_error=shown.append)
    await settle()
    assert [str(error) for error in shown] == ["the provider hung up"]
    assert spawning.unhandled == []


async def test_a_callback_that_fails_hides_neither_error() -> None:
    def bad(_error: BaseException) -> None:
        raise ValueError("nothing to show it on")

    asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)
    spawn(fail(), on_error=bad)
    with pytest.raises(ValueError, match="nothing to show") as caught:
        await settle()
    assert str(caught.value.__context__) == "the provider hung up"


async def test_a_cancelled_task_is_no_error() -> None:
    task = spawn(asyncio.sleep(60))
    await asyncio.sleep(0)
    task.cancel()
    await settle()
    assert spawning.unhandled == []


async def test_settle_waits_for_what_a_task_spawned() -> None:
    done: list[str] = []

    async def second() -> None:
        await asyncio.sleep(0)
        done.append("second")

    async def first() -> None:
        spawn(second())
        done.append("first")

    spawn(first())
    await settle()
    assert done == ["first", "second"]


async def test_a_button_runs_its_work_once_and_is_disabled_meanwhile() -> None:
    button = ipywidgets.Button()
    gate = asyncio.Event()
    begun: list[int] = []

    async def work() -> None:
        begun.append(1)
        await gate.wait()

    button_click(button, work)
    button.click()
    button.click()  # a visitor can fire the click of a disabled button
    await asyncio.sleep(0)
    assert (begun, button.disabled) == ([1], True)
    gate.set()
    await settle()
    assert button.disabled is False
    button.click()
    await settle()
    assert begun == [1, 1]


async def test_a_button_is_enabled_again_when_its_work_failed() -> None:
    button = ipywidgets.Button()
    shown: list[BaseException] = []
    button_click(button, fail, on_error=shown.append)
    button.click()
    await settle()
    assert button.disabled is False
    assert len(shown) == 1
