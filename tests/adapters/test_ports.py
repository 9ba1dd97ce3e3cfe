import os
import socket
import sys

import pytest

from workbench.adapters import ports


@pytest.fixture
def listener():
    with socket.socket() as found:
        found.bind((ports.LOOPBACK, 0))
        found.listen()
        yield found


def test_a_port_that_somebody_listens_on_is_not_free(listener):
    assert not ports.is_free(listener.getsockname()[1])


def test_a_port_is_free_again_when_its_listener_is_gone(listener):
    port = listener.getsockname()[1]
    listener.close()
    assert ports.is_free(port)


def test_a_port_that_is_taken_for_every_address_is_not_free():
    with socket.socket() as everywhere:
        everywhere.bind(("0.0.0.0", 0))
        everywhere.listen()
        assert not ports.is_free(everywhere.getsockname()[1])


def test_a_bound_port_that_does_not_listen_yet_is_not_free():
    with socket.socket() as bound:
        bound.bind((ports.LOOPBACK, 0))
        assert not ports.is_free(bound.getsockname()[1])


def test_a_free_port_is_free():
    assert ports.is_free(ports.free_port())


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells whose a socket is")
def test_the_holder_of_a_port_is_named(listener):
    who = ports.holder(listener.getsockname()[1])
    assert who is not None
    assert f"(process {os.getpid()})" in who


def test_nobody_holds_a_free_port():
    assert ports.holder(ports.free_port()) is None
