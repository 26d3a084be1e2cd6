"""Buyers of a round of torture: some honest, some not. Each ends by saying what it got for which payments."""

import base64
import http.client
import json
import threading
import time

import pay
from torture_world import PURSE, Broken

#: What a buyer may be answered while anything is broken. 500 never: that is a fault of the shop's own.
TOLERATED = {200, 206, 304, 400, 402, 409, 429, 503, 504}


class Buyer:
    """One wallet that wants one thing. `run` returns when nothing is owed any more, or the time is over."""

    is_honest = True

    def __init__(self, world, account, slug, random, deadline):
        self.world, self.account, self.slug, self.random = world, account, slug, random
        self.deadline = deadline
        self.got = 0
        self.signed = []
        self.refusals = []
        self.trouble = None

    def __repr__(self):
        return f"{type(self).__name__}({self.slug}, {self.account.address}, got {self.got}, signed {len(self.signed)}, {self.refusals[-3:]})"

    def start(self):
        self.thread = threading.Thread(target=self.guarded, daemon=True)
        self.thread.start()

    def guarded(self):
        try:
            self.run()
        except Exception as error:  # told by the round, in the main thread
            self.trouble = f"{type(error).__name__}: {error}"

    def is_late(self):
        return time.monotonic() > self.deadline

    def pause(self):
        time.sleep(0.05 + 0.2 * self.random.random())

    # What a client can do

    def sign(self, slug=None, *options):
        """A payment signed for what is asked now; nil while the shop asks for nothing."""
        try:
            made = pay.prepare(pay.parse([self.world.url(slug or self.slug), "--key", "0x" + bytes(self.account.key).hex(), *options]))
        except (SystemExit, OSError, ValueError, http.client.HTTPException) as error:
            self.refusals.append(str(error)[:160])
            return None
        self.signed.append(made)
        return made

    def send(self, made, slug=None, headers=None):
        """One request with a payment: the status, headers and body; nil when the line broke.
        - Throws: `Broken` for an answer that no trouble excuses."""
        try:
            status, fields, body = pay.request(self.world.url(slug or self.slug), headers=headers or made["headers"], timeout=15)
        except (OSError, http.client.HTTPException) as error:
            self.refusals.append(f"line: {type(error).__name__}")
            return None
        if status not in TOLERATED:
            raise Broken(f"{status} for a payment: {body[:300]!r}")
        if status == 200 and not self.world.is_goods(slug or self.slug, fields, body):
            raise Broken(f"200 with {len(body)} bytes that are not the {slug or self.slug}")
        if status != 200:
            self.refusals.append(f"{status} {self.reason(fields)}")
        return status, fields, body

    @staticmethod
    def reason(headers):
        response = headers.get("payment-response")
        return json.loads(base64.b64decode(response)).get("errorReason") if response else None

    def pursue(self, made):
        """Shows one payment until it has brought the goods or was refused for good. Whether it brought them."""
        while not self.is_late():
            answer = self.send(made)
            if answer and answer[0] == 200:
                self.got += 1
                return True
            if answer and answer[0] == 402 and "payment-required" in answer[1]:
                return False
            self.pause()
        return False

    def must_have(self):
        """What an honest client does: signs, shows that until it knows, and signs anew only after a refusal."""
        while not self.is_late():
            made = self.sign()
            if made and self.pursue(made):
                return
            self.pause()

    def judge(self, spent):
        """Compares what left the wallet with what came for it.
        - Throws: `Broken`."""
        price = self.world.PRICE[self.slug]
        if self.trouble:
            raise Broken(self.trouble)
        if spent != price * (1 if self.got else 0):
            raise Broken(f"spent {spent} of {PURSE} and got the {self.slug} {self.got} times; it costs {price} once")
        if self.is_honest and not self.got:
            raise Broken("an honest buyer never got the goods")


class Honest(Buyer):
    run = Buyer.must_have


class Impatient(Buyer):
    """Gives up while it is pending and signs anew."""

    def run(self):
        for _ in range(self.random.randint(1, 3)):
            made = self.sign()
            answer = made and self.send(made)
            if answer and answer[0] == 200:
                self.got += 1
                return
        self.must_have()


class Doubler(Buyer):
    """Sends many copies at once, and all must end alike."""

    def run(self):
        made = None
        while made is None and not self.is_late():
            made = self.sign()
            self.pause()
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(self.guarded_send(made))) for _ in range(self.random.randint(3, 8))]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        self.got += sum(1 for each in answers if each and each[0] == 200)
        if not self.pursue(made):
            self.must_have()

    def guarded_send(self, made):
        try:
            return self.send(made)
        except Broken as error:
            self.trouble = str(error)


class Returner(Buyer):
    """Buys, and comes back with fresh signatures and with the old one."""

    def run(self):
        self.must_have()
        for _ in range(2):
            made = self.sign()
            if made:
                self.pursue(made)
        if self.signed:
            self.pursue(self.signed[0])


class Substitute(Buyer):
    """Shows a payment for one thing at the door of another of the same price, then uses it as it was meant."""

    def run(self):
        made = None
        while made is None and not self.is_late():
            made = self.sign()
            self.pause()
        other = {"song": "film", "film": "song", "book": "song"}[self.slug]
        first_at_home = self.random.random() < 0.5
        if first_at_home and not self.pursue(made):
            return self.must_have()
        home, self.slug = self.slug, other
        bought, self.got = self.got, 0
        if self.pursue(made):
            if first_at_home:
                raise Broken(f"a payment that bought the {home} opened the {other} too")
            # It came before anything was settled and the price is the same: it bought the other thing, and that alone.
            if (again := self.send(made, home)) and again[0] == 200:
                raise Broken("one payment opened two things")
            return
        self.slug, self.got = home, bought
        if not first_at_home and not self.pursue(made):
            self.must_have()


class Cheat(Buyer):
    """Signs what is not asked: less money, another payee, another token's domain, a signature of nothing. Never gets anything, never pays."""

    is_honest = False
    WAYS = [["--value", "1"], ["--to", "0x" + "77" * 20], ["--name", "Other"], ["--version", "9"], ["--chain-id", "1"],
            ["--signature", "0x" + "11" * 65], ["--signature", "0x"], ["--valid-before=-10"], ["--valid-after=+300"], ["--high-s"]]

    def run(self):
        for _ in range(4):
            made = self.sign(None, *self.random.choice(self.WAYS))
            answer = made and self.send(made)
            if answer and answer[0] == 200:
                self.got += 1
            self.pause()

    def judge(self, spent):
        if self.trouble:
            raise Broken(self.trouble)
        if self.got or spent:
            raise Broken(f"a cheat spent {spent} and got something {self.got} times")


class Copier(Buyer):
    """Takes the settled authorization of another from the chain and shows it without its offer. Gets nothing and pays nothing."""

    is_honest = False
    victim = None

    def run(self):
        while not self.is_late() and not (self.victim and self.victim.got):
            time.sleep(0.05)
        # What was never settled is not public and proves the wallet; what came without an offer is given again for 15 minutes, as to v1 clients.
        public = {nonce for nonce, in self.world.rows("SELECT lower(hex(nonce)) FROM payments WHERE settled_at IS NOT NULL AND seal_hash IS NOT NULL")}
        for made in [each for each in self.victim.signed if each["authorization"]["nonce"][2:] in public]:
            payload = json.loads(json.dumps(made["payload"]))
            payload["accepted"].get("extra", {}).pop("offer", None)
            answer = self.send(made, self.victim.slug, headers={"PAYMENT-SIGNATURE": pay.to_header(payload)})
            if answer and answer[0] == 200:
                self.got += 1

    def judge(self, spent):
        if self.trouble:
            raise Broken(self.trouble)
        if self.got or spent:
            raise Broken("a copy of a settled authorization without its offer opened the goods")


KINDS = [Honest, Honest, Impatient, Doubler, Returner, Substitute, Cheat]
