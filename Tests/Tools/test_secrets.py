"""What is secret or personal stands nowhere in clear: in no file of the shop but those made to hold it, no line of the log, no answer but the one
that shows it. And who is erased is gone: nothing that is left opens what an old copy may still hold."""

import base64
import contextlib
import fnmatch
import http.server
import json
import secrets
import shutil
import sqlite3
import threading
import time
import typing

import pytest
from Crypto.Cipher import AES
from eth_account.messages import encode_typed_data

import daemon as tools
import pay

OWNER = "olga.plantagenet@owner-mail.example"
ADA = "ada.planted@person-mail.example"

CHAIN, USDC = 84532, "0x036CbD53842c5426634e7929541eC2318f3dCF7e"

# The files that are made to hold a key itself, each for its owner's eyes only.
SETTLER_KEY = "keys/settler-84532*.key"
KEY_FILES = ["keys/node.key", "keys/offers.key", "keys/links.key", SETTLER_KEY]


class Planted(typing.NamedTuple):
    """Something that must not be found; where it is bytes, its spelling is looked for as well."""
    values: list
    # The one file in which it may be, as a pattern.
    file: str = ""


def spellings(value):
    """A value as it may stand in other bytes: raw, hexadecimal, and base64 wherever in a longer text it begins."""
    raw = value if isinstance(value, bytes) else value.encode()
    assert len(raw) >= 8, "what is shorter is found by chance"
    forms = {"raw": raw, "hex": raw.hex().encode(), "HEX": raw.hex().upper().encode(), "UTF-16": b"".join(bytes([each, 0]) for each in raw)}
    for shift in range(3):
        first = (3 - shift) % 3  # the bytes of the value that share a group with what stands before
        whole = raw[first:len(raw) - (len(raw) - first) % 3]
        forms[f"base64 +{shift}"] = base64.b64encode(whole)
        forms[f"base64url +{shift}"] = base64.urlsafe_b64encode(whole)
    return forms


def found(planted, content):
    """Which planted values stand in some bytes, by name and spelling."""
    return {f"{name} ({form})" for name, plant in planted.items() for value in plant.values for form, text in spellings(value).items() if text in content}


def files(data):
    return {str(path.relative_to(data)): path.read_bytes() for path in sorted(data.rglob("*")) if path.is_file() and not path.is_socket()}


def found_in_files(planted, data):
    told = {}
    for name, content in files(data).items():
        told[name] = found({key: plant for key, plant in planted.items() if not fnmatch.fnmatch(name, plant.file)}, content)
    return {name: hits for name, hits in told.items() if hits}


class ComplainingNode(http.server.BaseHTTPRequestHandler):
    """A node of Base Sepolia that says which chain it is, from the second time on, and refuses all else, naming the address it was asked at, key and
    all, as some do."""

    def do_POST(self):
        calls = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked += 1
        answers = [self.answer(each) for each in (calls if isinstance(calls, list) else [calls])]
        body = json.dumps(answers if isinstance(calls, list) else answers[0]).encode()
        refused = any("error" in each for each in answers)
        self.send_response([401, 500][self.server.asked % 2] if refused else 200, self.complaint if refused else None)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    @property
    def complaint(self):
        return f"no such project: {self.path}"

    def answer(self, call):
        known = {"eth_chainId": hex(CHAIN), "0x3644e515": "0x" + separator().hex(), "0x313ce567": f"0x{6:064x}"}
        name = call["params"][0]["data"] if call["method"] == "eth_call" else call["method"]
        if self.server.asked > 1 and name in known:
            return {"jsonrpc": "2.0", "id": call["id"], "result": known[name]}
        self.server.complained += 1
        return {"jsonrpc": "2.0", "id": call["id"], "error": {"code": -32000, "message": self.complaint, "data": self.complaint}}

    def log_message(self, *_):
        pass


def separator():
    return encode_typed_data(pay.domain(USDC, CHAIN), {"Any": [{"name": "it", "type": "uint256"}]}, {"it": 0}).header


@contextlib.contextmanager
def complaining_node():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), ComplainingNode)
    server.asked = server.complained = 0
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Scene:
    """A shop at its most talkative in which everything secret was used once and shown where it is not wanted."""

    def __init__(self, binary, folder, node):
        self.planted = {}
        rpc_key, settler = secrets.token_hex(16), secrets.token_bytes(32)
        owner_password = f"owner-password-{secrets.token_hex(8)}"
        (folder / "settler").write_text("0x" + settler.hex() + "\n")
        self.daemon = shop = tools.Daemon(binary, folder, PUSHCART_RATE_LIMIT="off", PUSHCART_LOG_LEVEL="trace", PUSHCART_ACCESS_LOG="on", PUSHCART_TRACE="on")
        shop.set_up(OWNER, owner_password, "--network", "eip155:84532", "--pay-to", "0x209693bc6afc0c5328ba36faf03c514ef312287c",
                    "--rpc-url", f"http://127.0.0.1:{node.server_address[1]}/v3/{rpc_key}", "--settler-key-file", folder / "settler")
        (folder / "settler").unlink()
        self.plant("the owner's mail address", OWNER)
        self.plant("the owner's password", owner_password)
        self.plant("the RPC URL's key", rpc_key)
        self.plant("the settler's key", settler, settler.hex(), file=SETTLER_KEY)
        with shop:
            self.live(owner_password)
            self.errors()
            self.pay(node)
            self.while_open = found_in_files(self.planted, shop.data)
            self.wrapped = self.wrapped_keys()
            self.copy = folder / "copy"
            shutil.copytree(shop.data, self.copy, ignore=shutil.ignore_patterns("control.sock"))
            self.opened_before = self.opened(self.copy)
            self.erase()
            self.after_erasure = files(shop.data)
        self.closed = files(shop.data)
        self.log = shop.log.read_bytes()

    def plant(self, name, *values, file=""):
        self.planted[name] = Planted(list(values), file)

    def live(self, owner_password):
        """Everything that goes well."""
        shop = self.daemon
        owner = shop.signed_in(OWNER, owner_password)
        self.plant("the owner's access token", owner.token, owner.token.rpartition(".")[2])
        self.plant("the owner's refresh cookie", owner.cookie)
        name, notes, agent = "Adelheid Plantedname", "Planted notes: allergic to walnuts, birthday 1984-02-29.", "PlantedBrowser/7.3 (Secretware)"
        made = shop.call("POST", "/api/v1/people", {"email": ADA, "role": "manager", "name": "Adelheid Oldplantedname", "notes": notes}, bearer=owner.token,
                         headers=[("Idempotency-Key", "person")])
        assert made.status == 201
        self.ada = made.json["id"]
        assert shop.call("PATCH", f"/api/v1/people/{self.ada}", {"name": name}, bearer=owner.token, headers=[("Idempotency-Key", "edit")]).status == 200
        link = shop.call("POST", f"/api/v1/people/{self.ada}/setup-link", bearer=owner.token, headers=[("Idempotency-Key", "link")]).json["url"].partition("#")[2]
        password = f"person-password-{secrets.token_hex(8)}"
        assert shop.set_password(link, password).status == 204
        unused = shop.call("POST", f"/api/v1/people/{self.ada}/setup-link", bearer=owner.token).json["url"].partition("#")[2]
        ada = shop.signed_in(ADA, password, headers=[("User-Agent", agent)])
        offer = shop.call("POST", "/api/v1/me/two-step", bearer=ada.token, headers=[("Idempotency-Key", "offer")]).json
        confirmed = shop.call("PUT", "/api/v1/me/two-step", {"code": tools.code(offer["secret"])}, bearer=ada.token, headers=[("Idempotency-Key", "confirm")])
        assert confirmed.status == 200, confirmed
        codes = confirmed.json["recoveryCodes"]
        again = tools.Session.of(shop.sign_in(ADA, password, code=codes[0], headers=[("User-Agent", agent)]))
        renewed = tools.Session.of(shop.refresh(again.cookie))
        key = shop.call("POST", "/api/v1/keys", {"name": "planted", "role": "owner"}, bearer=owner.token, headers=[("Idempotency-Key", "key")]).json["key"]
        by_command = json.loads(shop.command("key", "create", "--name", "planted too", "--role", "owner", "--json"))["key"]
        for each in (key, by_command, ada.token, renewed.token):
            assert shop.call("GET", "/api/v1/me", bearer=each).status == 200
        assert shop.call("GET", "/metrics", bearer=key).status == 200
        changed = f"person-password-{secrets.token_hex(8)}"
        assert shop.call("PUT", "/api/v1/me/password", {"old": password, "new": changed}, bearer=renewed.token, headers=[("Idempotency-Key", "password")],
                         address=shop.fresh_address()).status == 204
        self.owner, self.code, self.password, self.key = owner, codes[1], changed, key
        self.plant("a person's mail address", ADA)
        self.plant("a person's name", name, "Plantedname", "Oldplantedname")
        self.plant("a person's notes", notes, "allergic to walnuts")
        self.plant("a person's browser", agent, "Secretware")
        self.plant("a person's passwords", password, changed)
        self.plant("the setup links", link, unused)
        seed = offer["secret"]
        self.plant("the seed of the authenticator", seed, base64.b32decode(seed + "=" * (-len(seed) % 8)))
        self.plant("the recovery codes", *codes, *(each.replace("-", "") for each in codes))
        self.plant("the API keys", key, by_command, key[12:], by_command[12:])
        self.plant("the access tokens", *(each.token for each in (ada, again, renewed)), *(each.token.rpartition(".")[2] for each in (ada, again, renewed)))
        self.plant("the refresh cookies", *(each.cookie for each in (ada, again, renewed)))
        self.told = len(shop.answers_given)

    def errors(self):
        """Everything that goes wrong, with secrets in it."""
        shop, owner = self.daemon, self.owner
        all_values = [value for plant in self.planted.values() for value in plant.values if isinstance(value, str)]
        full = {"email": ADA, "password": self.password, "code": self.code, "token": all_values[-1], "notes": self.key}
        broken = [
            json.dumps(full).encode()[:-1], json.dumps(full).encode() + b"}", b'"' + self.key.encode(), self.password.encode(), json.dumps([full]).encode(),
            json.dumps(self.key).encode(), b'{"password": "%s", "password": "%s"}' % ((self.password.encode(),) * 2), json.dumps({"password": {"is": self.password}}).encode(),
            json.dumps({"email": self.password * 20, "password": [self.key], "role": self.code, "expiresAt": self.key, "scopes": [self.key], "addresses": [self.key]}).encode(),
            json.dumps(full).encode("utf-16"), json.dumps(full).encode() + b"\xff\xfe",
        ]
        places = [("POST", "/api/v1/sessions"), ("POST", "/api/v1/setup"), ("POST", "/api/v1/people"), ("PUT", "/api/v1/me/password"), ("PUT", "/api/v1/me/two-step"),
                  ("POST", "/api/v1/keys"), ("POST", "/api/v1/setup-links"), ("PATCH", f"/api/v1/people/{self.ada}"), ("PATCH", "/api/v1/settings"), ("POST", "/api/v1/products")]
        for method, path in places:
            for body in broken:
                answer = shop.call(method, path, body, bearer=owner.token, address=shop.fresh_address())
                assert 400 <= answer.status < 500, (method, path, answer)
        for value in all_values:
            for email in (ADA, OWNER, "nobody@example.com"):
                assert shop.sign_in(email, value + "x").status in (401, 429)
            assert shop.call("GET", "/api/v1/me", headers=[("Authorization", f"Bearer {value}x")]).status == 401
            assert shop.refresh(value + "x").status == 401
            assert shop.set_password(value + "~", "a password that goes nowhere").status in (409, 422)
            for path in (f"/api/v1/keys/{value}", f"/api/v1/products/{value}", f"/p/{value}", f"/r/{value}", f"/{value}", f"/api/v1/orders?cursor={value}", f"/setup?token={value}"):
                path = path.replace(" ", "%20")
                assert shop.call("GET", path, bearer=owner.token, headers=[("Idempotency-Key", value), ("User-Agent", "curl"), ("Referer", value)]).status in (200, 400, 404), path
            shop.call("GET", "/p/nothing", headers=[("PAYMENT-SIGNATURE", value)])
            shop.call("GET", "/p/nothing", headers=[("X-PAYMENT", base64.b64encode(json.dumps({"x402Version": 1, "payload": value}).encode()).decode())])
        for code in (self.code[:-1] + ("3" if self.code[-1] == "2" else "2"), "000000"):
            assert shop.sign_in(ADA, self.password, code=code).status in (401, 429)
        for arguments in (("person", "erase", str(self.ada), "--confirm", self.key), ("setup-link", "--email", self.key), ("key", "revoke", "999")):
            with pytest.raises(RuntimeError):
                shop.command(*arguments)

    def pay(self, node):
        """A payment that the node will not look at."""
        shop = self.daemon
        (shop.folder / "article.md").write_text("Hello.\n")
        shop.command("product", "add", "--slug", "article", "--title", "Article", "--price", "0.01", "--article", shop.folder / "article.md")
        deadline = time.monotonic() + 20
        while (offered := shop.call("GET", "/p/article")).status != 402:
            assert time.monotonic() < deadline, offered
            time.sleep(0.1)
        before = node.complained
        paid = pay.prepare(pay.parse([f"{shop.origin}/p/article", "--key", "0x" + secrets.token_hex(32)]))
        answer = shop.call("GET", "/p/article", headers=list(paid["headers"].items()))
        assert answer.status in (402, 503) and node.complained > before, "the node was asked, and has complained"

    def erase(self):
        shop = self.daemon
        plan = json.loads(shop.command("person", "erase", str(self.ada), "--json"))
        with pytest.raises(RuntimeError):
            shop.command("person", "erase", str(self.ada), "--confirm", plan["confirmation"][:-1] + "_")
        assert shop.call("GET", f"/api/v1/people/{self.ada}", bearer=self.owner.token).json["name"] == "Adelheid Plantedname", "a plan changes nothing"
        shop.command("person", "erase", str(self.ada), "--confirm", plan["confirmation"])
        self.left = shop.call("GET", f"/api/v1/people/{self.ada}", bearer=self.owner.token)
        self.gone = shop.sign_in(ADA, self.password, code=self.code)

    def wrapped_keys(self):
        """The wrapped keys of the person, as the file of keys has them now."""
        return [row[0] for row in rows(self.daemon.data / "subjects.sqlite", "SELECT wrapped FROM subjects WHERE kind = 'person' AND number = ?", self.ada)]

    def opened(self, data, keys=None):
        """What somebody reads of the person who has these files and knows how they are made.
        - Parameter keys: where the node's key and the file of keys are, if not there."""
        node = bytes.fromhex(((keys or data) / "keys/node.key").read_text())
        sealed = rows(data / "shop.sqlite", "SELECT email, name, notes, seed FROM people WHERE id = ?", self.ada)[0]
        sealed += tuple(each[0] for each in rows(data / "shop.sqlite", "SELECT device FROM sessions WHERE person_id = ?", self.ada))
        subject = b"\x01" + self.ada.to_bytes(8, "big")
        fields = ["person.email", "person.name", "person.notes", "person.seed"] + ["session.device"] * 99
        subject_keys = [node] + [key for (wrapped,) in rows((keys or data) / "subjects.sqlite", "SELECT wrapped FROM subjects WHERE wrapped IS NOT NULL")
                                 for context in (subject, b"\x00" + bytes(8), b"\x01" + (1).to_bytes(8, "big"))
                                 if (key := unseal(wrapped, node, b"pushcart subject key" + context))]
        opened = [unseal(box[1:], key, b"pushcart field\x01" + subject + field.encode()) for box, field in zip(sealed, fields) if box for key in subject_keys]
        return b"\n".join(each for each in opened if each)


def rows(path, query, *arguments):
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
    try:
        return database.execute(query, arguments).fetchall()
    finally:
        database.close()


def unseal(box, key, context):
    """AES-256-GCM; None for what does not open."""
    cipher = AES.new(key, AES.MODE_GCM, nonce=box[:12])
    cipher.update(context)
    try:
        return cipher.decrypt_and_verify(box[12:-16], box[-16:])
    except ValueError:
        return None


@pytest.fixture(scope="module")
def scene(binary, tmp_path_factory):
    with complaining_node() as node:
        return Scene(binary, tmp_path_factory.mktemp("secrets"), node)


PERSONAL = ["a person's mail address", "a person's name", "a person's notes", "a person's browser", "a person's passwords", "the seed of the authenticator",
            "the recovery codes"]


def test_the_search_finds_what_is_there(tmp_path):
    """The control of all that follows: each spelling is found, in the middle of other bytes and in any file."""
    value = secrets.token_bytes(20)
    planted = {"a secret": Planted([value, "planted-text-of-some-length"])}
    for text in (value, b"planted-text-of-some-length"):
        for before in range(4):
            around = secrets.token_bytes(before) + text + secrets.token_bytes(5)
            for content in (around, around.hex().encode(), around.hex().upper().encode(), base64.b64encode(around), base64.urlsafe_b64encode(around)):
                (tmp_path / "deep").mkdir(exist_ok=True)
                (tmp_path / "deep/file-wal").write_bytes(b"..." + content + b"...")
                assert found_in_files(planted, tmp_path), (before, content)
    (tmp_path / "deep/file-wal").write_bytes(secrets.token_bytes(4096))
    assert not found_in_files(planted, tmp_path)


def test_nothing_secret_is_in_the_files_of_a_running_shop(scene):
    kept = {name: {each for each in hits if not each.startswith("the RPC URL's key")} for name, hits in scene.while_open.items()}
    assert {name: hits for name, hits in kept.items() if hits} == {}


def test_the_key_of_a_node_is_in_no_file(scene):
    assert {name for name, hits in scene.while_open.items() if any(each.startswith("the RPC URL's key") for each in hits)} == set()


def test_a_key_stands_in_its_own_file_and_that_is_private(scene):
    names = [name for name in scene.closed if name.startswith("keys/")]
    assert sorted(pattern for name in names for pattern in KEY_FILES if fnmatch.fnmatch(name, pattern)) == sorted(KEY_FILES), "one file each"
    assert len(names) == len(KEY_FILES), "and no others"
    [settler] = fnmatch.filter(names, SETTLER_KEY)
    assert found({"it": scene.planted["the settler's key"]}, scene.closed[settler]), "else the search would not have found it elsewhere either"
    for path in [scene.daemon.data, *scene.daemon.data.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, f"{path} is open to others"


def test_what_opens_everything_is_in_no_other_file(scene):
    keys = {name: Planted([bytes.fromhex(content.decode()) if name == "keys/node.key" else content], name) for name, content in scene.closed.items()
            if name in KEY_FILES}
    assert len(keys) == 3 and found_in_files(keys, scene.daemon.data) == {}
    assert found(keys, scene.log) == set()


def test_nothing_secret_is_in_the_log_at_its_most_talkative(scene):
    assert scene.log.count(b"\n") > 500 and b" debug " in scene.log, "it says a lot"
    assert b"could not be verified" in scene.log, "also of the node that complains"
    planted = {name: plant for name, plant in scene.planted.items() if name != "the RPC URL's key"}
    assert found(planted, scene.log) == set()


def test_the_key_of_a_node_is_not_in_the_log(scene):
    assert found({"it": scene.planted["the RPC URL's key"]}, scene.log) == set()


def test_nothing_secret_is_in_the_answer_to_what_went_wrong(scene):
    told = {}
    for method, path, answer in scene.daemon.answers_given[scene.told:]:
        if answer.status >= 400 and (hits := found(scene.planted, answer.bytes)):
            told[f"{method} {path} → {answer.status}"] = hits
    assert len(scene.daemon.answers_given) - scene.told > 500
    assert told == {}


def test_what_is_shown_once_is_in_one_answer(scene):
    once = {name: Planted([value]) for name in ("the setup links", "the seed of the authenticator", "the recovery codes", "the API keys", "the refresh cookies")
            for value in scene.planted[name].values[:1]}
    for name, plant in once.items():
        showing = [f"{method} {path}" for method, path, answer in scene.daemon.answers_given if found({name: plant}, answer.bytes)]
        assert len(showing) == 1, (name, showing)


def test_who_has_all_files_reads_the_person_before_the_erasure(scene):
    """The control of the next tests: this is how it would be read."""
    for value in (ADA, "Adelheid Plantedname", "allergic to walnuts", "Secretware"):
        assert value.encode() in scene.opened_before, value


def test_an_erased_person_is_nobody(scene):
    assert scene.left.status in (200, 404)
    assert found({name: scene.planted[name] for name in PERSONAL}, scene.left.bytes) == set()
    assert scene.gone.status in (401, 429)


@pytest.mark.parametrize("when", ["while the shop runs", "once it has stopped"])
def test_nothing_of_an_erased_person_is_in_any_file(scene, when):
    content = scene.after_erasure if when == "while the shop runs" else scene.closed
    personal = {name: scene.planted[name] for name in PERSONAL}
    assert {name: hits for name, each in content.items() if (hits := found(personal, each))} == {}


@pytest.mark.parametrize("when", ["while the shop runs", "once it has stopped"])
def test_the_key_of_an_erased_person_is_in_no_file(scene, when):
    content = scene.after_erasure if when == "while the shop runs" else scene.closed
    [wrapped] = scene.wrapped
    copies = files(scene.copy)
    assert any(wrapped in each for each in copies.values()), "it was there before"
    # The ciphertext of the key alone would do, whatever stood around it.
    for name, each in content.items():
        assert wrapped not in each and wrapped[12:44] not in each, name
    assert scene.wrapped_keys() == [None], "what is left is the mark that it was destroyed"


def test_what_was_sealed_for_an_erased_person_is_in_no_file(scene):
    """Not even unreadably: neither the sealed values nor the blind index by which the person was found."""
    [sealed] = rows(scene.copy / "shop.sqlite", "SELECT email_index, email, name, notes, seed, password FROM people WHERE id = ?", scene.ada)
    sealed = [each.encode() if isinstance(each, str) else each for each in sealed]
    assert all(len(each) > 16 for each in sealed)
    for when, content in (("running", scene.after_erasure), ("stopped", scene.closed)):
        for name, each in content.items():
            assert [column for column, value in zip(("index", "email", "name", "notes", "seed", "password"), sealed) if value in each] == [], (when, name)


def test_an_old_copy_of_the_database_does_not_open_with_the_keys_that_are_left(scene):
    assert scene.opened(scene.copy, keys=scene.copy) == scene.opened_before
    assert scene.opened(scene.copy, keys=scene.daemon.data) == b""


def test_a_restored_backup_does_not_bring_an_erased_person_back(scene):
    """The database as it was before, the file of keys as it is now: the next start erases the person again."""
    data, folder = scene.daemon.data, scene.daemon.folder / "restored"
    shutil.copytree(data, folder / "data", ignore=shutil.ignore_patterns("control.sock"))
    for name in ("shop.sqlite", "shop.sqlite-wal", "shop.sqlite-shm"):
        (folder / "data" / name).unlink(missing_ok=True)
        if (scene.copy / name).exists():
            shutil.copy(scene.copy / name, folder / "data" / name)
    assert rows(folder / "data/shop.sqlite", "SELECT state FROM people WHERE id = ?", scene.ada) == [("active",)]
    restored = tools.Daemon(scene.daemon.binary, folder, PUSHCART_RATE_LIMIT="off")
    with restored:
        people = json.loads(restored.command("person", "list", "--json"))
        assert [each["email"] for each in people["items"] if each.get("email")] == [OWNER]
    [(state, email)] = rows(folder / "data/shop.sqlite", "SELECT state, email FROM people WHERE id = ?", scene.ada)
    assert (state, email) == ("erased", None)
    assert found_in_files({name: scene.planted[name] for name in PERSONAL}, folder / "data") == {}
