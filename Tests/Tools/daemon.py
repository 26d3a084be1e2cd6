"""The built daemon as the black-box tests drive it: commands, and HTTP requests in which nothing is tidied up."""

import base64
import hashlib
import hmac
import http.client
import itertools
import json
import os
import struct
import time
import typing

from contract import Shop

COOKIE = "pushcart_refresh"


class Answer(typing.NamedTuple):
    status: int
    headers: list  # of (name, value), names in lower case
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def kind(self):
        """What kind of problem it is."""
        return self.json["type"].removeprefix("urn:pushcart:problem:")

    def all(self, name):
        return [value for each, value in self.headers if each == name]

    @property
    def cookie(self):
        """The refresh cookie that it sets; nil for one that it takes away."""
        values = [each.split(";")[0].partition("=")[2] for each in self.all("set-cookie") if each.startswith(f"{COOKIE}=")]
        return values[-1] if values and values[-1] else None

    @property
    def bytes(self):
        """Everything that the other side was told."""
        return b"\r\n".join(f"{name}: {value}".encode("latin-1") for name, value in self.headers) + b"\r\n\r\n" + self.body


class Session(typing.NamedTuple):
    person: int
    id: int
    token: str
    cookie: str

    @classmethod
    def of(cls, answer):
        assert answer.status in (200, 201), answer
        return cls(answer.json["person"], answer.json["session"], answer.json["accessToken"], answer.cookie)


class Daemon(Shop):
    def __init__(self, binary, folder, **settings):
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PUSHCART_")}
        super().__init__(str(binary), folder, environment | settings | {"XDG_STATE_HOME": f"{folder}/state"})
        self.data = folder / "data"
        self.answers_given = []
        # Whoever was wrong is slowed down by address, so each try that may be wrong comes from one of its own: 127.1.0.1, …
        self._addresses = (f"127.1.{number // 250}.{number % 250 + 1}" for number in itertools.count())

    @property
    def port(self):
        return int(self.origin.rpartition(":")[2])

    def fresh_address(self):
        return next(self._addresses)

    def set_up(self, email, password, *options):
        file = self.folder / "password"
        file.write_text(password)
        self.command("setup", "--email", email, "--password-file", file, *options)
        file.unlink()

    def command(self, *arguments):
        """A command on this shop.
        - Throws: `RuntimeError` with what it said when it fails."""
        return self.run(*arguments, "--data", self.data)

    def call(self, method, path, body=None, bearer=None, cookie=None, headers=(), address="127.0.0.1"):
        """One request, its header fields as they are given, also twice."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20, source_address=(address, 0))
        try:
            fields = list(headers)
            if bearer is not None:
                fields.append(("Authorization", f"Bearer {bearer}"))
            if cookie is not None:
                fields.append(("Cookie", f"{COOKIE}={cookie}"))
            if body is not None and not isinstance(body, bytes):
                body = json.dumps(body).encode()
            if body is not None and not any(name.lower() == "content-type" for name, _ in fields):
                fields.append(("Content-Type", "application/json"))
            connection.putrequest(method, path, skip_accept_encoding=True)
            for name, value in fields:
                connection.putheader(name, value)
            if body is not None or method in ("POST", "PUT", "PATCH"):
                connection.putheader("Content-Length", str(len(body or b"")))
            connection.endheaders(body)
            answer = connection.getresponse()
            given = Answer(answer.status, [(name.lower(), value) for name, value in answer.getheaders()], answer.read())
        finally:
            connection.close()
        self.answers_given.append((method, path, given))
        return given

    def sign_in(self, email, password, code=None, address=None, **rest):
        body = {"email": email, "password": password} | ({"code": code} if code else {})
        return self.call("POST", "/api/v1/sessions", body, address=address or self.fresh_address(), **rest)

    def signed_in(self, email, password, **rest):
        return Session.of(self.sign_in(email, password, **rest))

    def refresh(self, cookie, headers=()):
        return self.call("POST", "/api/v1/sessions/refresh", cookie=cookie, headers=headers)

    def set_password(self, token, password):
        return self.call("POST", "/api/v1/setup", {"token": token, "password": password}, address=self.fresh_address())

    def person(self, owner, email, role, password, **more):
        """Adds a person who can sign in; their number."""
        answer = self.call("POST", "/api/v1/people", {"email": email, "role": role, **more}, bearer=owner)
        assert answer.status == 201, answer
        link = self.call("POST", f"/api/v1/people/{answer.json['id']}/setup-link", bearer=owner).json["url"]
        assert self.set_password(link.partition("#")[2], password).status == 204
        return answer.json["id"]

    def key(self, owner, **terms):
        answer = self.call("POST", "/api/v1/keys", terms, bearer=owner)
        assert answer.status == 201, answer
        return answer.json


def code(secret, at=None):
    """The six digits of an authenticator app (RFC 6238)."""
    step = int((at or time.time()) // 30)
    digest = hmac.digest(base64.b32decode(secret + "=" * (-len(secret) % 8)), struct.pack(">Q", step), hashlib.sha1)
    return f"{(struct.unpack('>I', digest[digest[-1] & 15:][:4])[0] & 0x7FFFFFFF) % 10 ** 6:06}"
