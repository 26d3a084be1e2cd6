"""Connections that are slow, too big or no HTTP, on real sockets: each is told why, and none holds up the next."""

import json
import socket
import time


def talk(daemon, request):
    """Sends bytes and returns (status, problem) of the answer."""
    with socket.create_connection(("127.0.0.1", daemon.port), timeout=30) as connection:
        try:
            connection.sendall(request)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it has heard enough; what it said is read below
        told = b""
        while chunk := connection.recv(65536):
            told += chunk
            head, _, body = told.partition(b"\r\n\r\n")
            if body and b"content-length:" in head.lower() and len(body) >= int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0]):
                break
    head, _, body = told.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


def test_a_head_that_is_too_long_is_told_so(daemon):
    fields = b"".join(b"X-%d: %s\r\n" % (number, b"x" * 1000) for number in range(100))
    status, problem = talk(daemon, b"GET / HTTP/1.1\r\nHost: x\r\n" + fields + b"\r\n")
    assert status == 431 and "too long" in problem["detail"]


def test_what_is_no_http_is_told_so(daemon):
    for rubbish in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"HELO shop\r\n\r\n", b"GET / HTTP/1.1\r\nHost : x\r\n\r\n"):
        status, problem = talk(daemon, rubbish)
        assert status == 400 and "HTTP/1.1" in problem["detail"], rubbish


def test_a_head_that_drips_is_ended_and_others_are_served_meanwhile(daemon):
    slow = [socket.create_connection(("127.0.0.1", daemon.port), timeout=30) for _ in range(50)]
    try:
        for connection in slow:
            connection.sendall(b"GET / HTTP/1.1\r\n")
        begun = time.monotonic()
        assert daemon.call("GET", "/healthz").status == 200
        assert time.monotonic() - begun < 5, "nobody waits for the slow"
        drips, ended = 0, None
        slow[0].settimeout(1)
        while time.monotonic() - begun < 25 and ended is None:
            try:
                slow[0].sendall(b"X")
                drips += 1
                ended = slow[0].recv(65536)
            except TimeoutError:
                pass
        assert ended is not None and b" 408 " in ended and b"did not arrive in time" in ended
        assert drips > 5 and time.monotonic() - begun > 8, "it had its ten seconds"
        for connection in slow[1:]:
            assert b" 408 " in connection.recv(65536)
    finally:
        for connection in slow:
            connection.close()
