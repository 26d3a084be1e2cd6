"""What a round of torture happens in: a chain, a shop that sells on it, and what both say of the money."""

import contextlib
import json
import pathlib
import signal
import sqlite3
import subprocess
import sys
import threading
import time

from eth_account import Account

import pay
from daemon import Daemon

TOOLS = pathlib.Path(__file__).resolve().parent
NETWORK = "eip155:84532"
ETHER = 10**18
PURSE = 5_000_000
OPEN = "('claimed', 'settling', 'uncertain')"


class Broken(Exception):
    """An invariant does not hold."""


def keep_trying(what, condition, seconds):
    """Waits for a condition that must come true.
    - Throws: `Broken` when it does not in time."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise Broken(f"{what}: not within {seconds} s")
        time.sleep(0.05)
    return value


class Chain:
    def __init__(self, settlers):
        funds = [argument for each in settlers for argument in ("--fund", f"{each.address}={ETHER}")]
        self.process = subprocess.Popen([sys.executable, TOOLS / "chain.py", *funds], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        ready = json.loads(self.process.stdout.readline())
        self.url, self.token = ready["url"], ready["token"]

    def admin(self, **wishes):
        status, _, body = pay.request(self.url + "/admin", "POST", {"Content-Type": "application/json"}, json.dumps(wishes))
        if status != 200:
            raise RuntimeError(f"the chain: {body!r}")
        return json.loads(body)

    def balances(self, addresses):
        return {address: int(text) for address, text in self.admin(balances=addresses)["balances"].items()}

    def calls(self, method):
        return self.admin(stats=True)["stats"]["calls"].get(method, 0)

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)


class World:
    """A chain and a shop for many rounds. The daemon may be dead for a while within one."""

    GOODS = {
        "song": bytes((number * 31 ^ number >> 8) & 255 for number in range(120_000)),
        "film": bytes((number * 17 ^ number >> 7) & 255 for number in range(90_000)),
    }
    #: Atomic units. The song and the film cost the same, so that a payment for one could pass for the other's.
    PRICE = {"song": 10_000, "film": 10_000, "book": 25_000}
    BOOK = "# The book\n\nFree.\n\n<!-- more -->\n\nThis was paid for.\n"

    def __init__(self, binary, folder):
        self.folder = folder
        self.settler, self.payee = Account.create(), Account.create()
        self.chain = Chain([self.settler])
        self.disk = folder / "disk"
        library = folder / "faulty_disk.so"
        subprocess.run(["clang", "-shared", "-fPIC", "-O2", "-o", library, TOOLS / "faulty_disk.c"], check=True)
        self.daemon = Daemon(binary, folder, PUSHCART_RATE_LIMIT="off", PUSHCART_SETTLEMENT_WAIT="1", LD_PRELOAD=str(library),
                             FAULTY_DISK=str(self.disk))
        key = folder / "settler.key"
        key.write_text(bytes(self.settler.key).hex())
        key.chmod(0o600)
        self.daemon.set_up("owner@example.com", "an owner's long password", "--network", NETWORK, "--pay-to", self.payee.address,
                           "--rpc-url", self.chain.url, "--settler-key-file", key)
        self.life = threading.Lock()
        self.daemon.__enter__()
        for slug, goods in self.GOODS.items():
            self._add(slug, "--file", goods)
        self._add("book", "--article", self.BOOK.encode())
        self.ready()

    def _add(self, slug, kind, content):
        (self.folder / f"{slug}.bin").write_bytes(content)
        price = f"{self.PRICE[slug] / 1e6:.3f}"
        self.daemon.command("product", "add", "--slug", slug, "--title", slug, "--price", price, kind, self.folder / f"{slug}.bin")

    def close(self):
        self.daemon.__exit__()
        self.chain.close()
        return self.daemon.complaints_at_end

    # The daemon

    def url(self, slug):
        return f"{self.daemon.origin}/p/{slug}"

    def kill(self):
        """kill -9, and a new daemon at the same address."""
        with self.life:
            self.daemon.process.send_signal(signal.SIGKILL)
            self.daemon.process.wait()
            self.daemon.process = subprocess.Popen(
                [self.daemon.binary, "serve", "--data", self.daemon.data, "--listen", self.daemon.origin.removeprefix("http://")],
                stdin=subprocess.DEVNULL, stdout=self.daemon.log.open("ab"), stderr=subprocess.STDOUT, env=self.daemon.environment,
                cwd=self.folder)
        self.lives()

    def lives(self):
        def answers():
            if self.daemon.process.poll() is not None:
                raise Broken(f"the daemon ended by itself with {self.daemon.process.returncode}")
            return self.daemon.answers()
        keep_trying("the daemon answers", answers, 30)

    def ready(self):
        keep_trying("the shop is ready to sell", lambda: pay.request(self.daemon.origin + "/readyz")[0] == 200, 30)

    # The books

    def rows(self, query, *values):
        database = sqlite3.connect(f"file:{self.daemon.data}/shop.sqlite?mode=ro", uri=True, timeout=10)
        with contextlib.closing(database):
            return database.execute(query, values).fetchall()

    def open_payments(self):
        return self.rows(f"SELECT id, state, hex(payer) FROM payments WHERE state IN {OPEN}")

    def wallets(self, count, random):
        """New wallets with money on the chain."""
        made = [Account.from_key(random.randbytes(32)) for _ in range(count)]
        self.chain.admin(mint={each.address: str(PURSE) for each in made})
        return made

    def is_goods(self, slug, headers, body):
        """Whether an answer is what was sold, to the byte."""
        return body == self.GOODS[slug] if slug in self.GOODS else b"This was" in body and b"paid for" in body

    def income(self):
        """What the chain brought in all, what the shop booked, and in how many payments."""
        amounts = self.rows("SELECT amount FROM payments WHERE state IN ('settled', 'delivered')")
        return self.chain.balances([self.payee.address])[self.payee.address], sum(int(amount) for amount, in amounts), len(amounts)

    def agrees(self):
        """Whether no payment is open, and the shop knows what the chain took back."""
        if self.open_payments():
            return False
        income, booked, _ = self.income()
        return income == booked

    def check_books(self):
        """What the shop's own tools say of its books, and what the chain says of its income."""
        for command in (("ledger", "check"), ("audit", "verify")):
            try:
                self.daemon.command(*command)
            except RuntimeError as error:
                raise Broken(f"{' '.join(command)} finds something: {error}") from error
        income, booked, paid = self.income()
        if income != booked:
            raise Broken(f"the chain brought {income} and the shop booked {booked}")
        orders, = self.rows("SELECT count(*) FROM orders")[0]
        if orders != paid:
            raise Broken(f"{paid} payments arrived and {orders} orders are there")

    def complaints(self):
        """Lines of the log that say that the daemon itself is broken, whatever was done to it from outside."""
        text = self.daemon.log.read_text(errors="replace")
        return [line for line in text.splitlines() if "Fatal error" in line or "Crash" in line or "SIGSEGV" in line]
