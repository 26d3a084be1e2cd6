#!/usr/bin/env python3
"""Compares our Keccak, RLP, ABI, EIP-712, transactions and recovery with Python's eth packages, on random cases that a seed determines.

    differential.py --binary .build/debug/fuzz --seed 1 --seconds 10
"""

import argparse
import collections
import json
import random
import subprocess
import sys
import time

import rlp
from eth_abi import encode as abi_encode
from eth_account import Account
from eth_account.messages import _hash_eip191_message, encode_typed_data
from eth_keys import keys
from eth_utils import keccak, to_checksum_address

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
BATCH = 400


def text_of(value):
    return "0x" + bytes(value).hex()


class Cases:
    """Each method makes a question and says what the answer must be."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def data(self, limit=300):
        edges = [0, 1, 31, 32, 33, 55, 56, 57, 135, 136, 137, 255, 256, 257, limit]
        count = self.random.choice(edges) if self.random.random() < 0.3 else self.random.randrange(limit)
        return self.random.randbytes(count)

    def number(self, bits=256):
        kind = self.random.randrange(3)
        if kind == 0:
            return self.random.getrandbits(self.random.randrange(1, bits + 1))
        power = self.random.randrange(bits + 1)
        return min(2**bits - 1, 2**power - self.random.randrange(2)) if kind == 1 else self.random.getrandbits(bits)

    def words(self):
        return "".join(self.random.choice("abcXYZ 019-_\"\\{}[]é漢🙂\u2028\n\t") for _ in range(self.random.randrange(40)))

    def address(self):
        return self.random.randbytes(20)

    def keccak(self):
        data = self.data(600)
        return {"kind": "keccak", "data": text_of(data)}, text_of(keccak(data))

    def tree(self, depth=0):
        if depth < 12 and self.random.random() < (0.6 if depth == 0 else 0.3):
            return [self.tree(depth + 1) for _ in range(self.random.randrange(6))]
        return self.data() if self.random.random() < 0.7 else self.random.randbytes(1)

    def show(self, tree):
        return [self.show(each) for each in tree] if isinstance(tree, (list, tuple)) else text_of(tree)

    def rlp(self):
        tree = self.tree()
        return {"kind": "rlp", "tree": self.show(tree)}, text_of(rlp.encode(tree))

    def mutated(self, data):
        data = bytearray(data)
        for _ in range(self.random.randrange(1, 4)):
            kind, place = self.random.randrange(4), self.random.randrange(len(data) + 1)
            if kind == 0 and data:
                data[place % len(data)] = self.random.choice([0, 1, 0x7F, 0x80, 0x81, 0xB7, 0xB8, 0xBF, 0xC0, 0xC1, 0xF7, 0xF8, 0xFF])
            elif kind == 1 and data:
                data[place % len(data)] ^= 1 << self.random.randrange(8)
            elif kind == 2:
                del data[place:place + self.random.randrange(4)]
            else:
                data[place:place] = self.random.randbytes(self.random.randrange(3))
        return bytes(data)

    def rlp_decode(self):
        data = self.mutated(rlp.encode(self.tree()))
        try:
            answer = self.show(rlp.decode(data, strict=True))
        except (rlp.exceptions.RLPException, IndexError):
            answer = None
        return {"kind": "rlp-decode", "data": text_of(data)}, answer

    def transfer(self):
        domain = {"name": self.words(), "version": self.words(), "chainId": self.number(64), "verifyingContract": text_of(self.address())}
        fields = {"from": text_of(self.address()), "to": text_of(self.address()), "value": self.number(), "validAfter": self.number(),
                  "validBefore": self.number(), "nonce": text_of(self.random.randbytes(32))}
        parties = [{"name": name, "type": kind} for name, kind in (
            ("from", "address"), ("to", "address"), ("value", "uint256"), ("validAfter", "uint256"), ("validBefore", "uint256"),
            ("nonce", "bytes32"))]

        def signable(kind, types, message):
            return encode_typed_data(domain, {kind: types}, message)

        whole = signable("TransferWithAuthorization", parties, fields)
        cancel = {"authorizer": fields["from"], "nonce": fields["nonce"]}
        answer = {
            "separator": text_of(whole.header),
            "transfer": text_of(_hash_eip191_message(whole)),
            "receive": text_of(_hash_eip191_message(signable("ReceiveWithAuthorization", parties, fields))),
            "cancel": text_of(_hash_eip191_message(signable(
                "CancelAuthorization", [{"name": "authorizer", "type": "address"}, {"name": "nonce", "type": "bytes32"}], cancel))),
        }
        question = {"kind": "transfer", **{name: str(value) for name, value in domain.items()}, "contract": domain["verifyingContract"],
                    **{name: str(value) for name, value in fields.items()}}
        return question, answer

    def key(self):
        return self.random.randrange(1, ORDER)

    def signed(self):
        key, to = self.key(), None if self.random.random() < 0.1 else self.address()
        fields = {"chainId": max(1, self.number(63)), "nonce": self.number(63), "tip": self.number(128), "fee": self.number(128),
                  "gas": max(100_000, self.number(63)), "value": self.number(255), "data": self.data()}
        account = Account.from_key(key.to_bytes(32, "big"))
        signed = account.sign_transaction({
            "type": 2, "chainId": fields["chainId"], "nonce": fields["nonce"], "maxPriorityFeePerGas": fields["tip"], "maxFeePerGas": fields["fee"],
            "gas": fields["gas"], "value": fields["value"], "data": fields["data"], "accessList": [],
            **({"to": to_checksum_address(to)} if to else {"to": b""}),
        })
        question = {"kind": "transaction", "key": text_of(key.to_bytes(32, "big")), "to": text_of(to) if to else None,
                    **{name: text_of(value) if isinstance(value, bytes) else str(value) for name, value in fields.items()}}
        return question, signed, account.address.lower()

    def transaction(self):
        question, signed, sender = self.signed()
        return question, {"raw": text_of(signed.raw_transaction), "hash": text_of(signed.hash), "sender": sender}

    def recovered(self, digest, r, s, parity):
        """What the rules say by themselves: r and s within the order, s low, and a point on the curve."""
        if not (0 < r < ORDER and 0 < s <= ORDER // 2):
            return None
        try:
            return keys.Signature(vrs=(parity, r, s)).recover_public_key_from_msg_hash(digest).to_canonical_address()
        except Exception:  # whatever the library says of a point that is none
            return None

    def recover(self):
        digest = self.random.randbytes(32)
        kind = self.random.randrange(4)
        if kind == 0:
            r, s, parity = self.number(), self.number(), self.random.randrange(2)
        else:
            signature = keys.PrivateKey(self.key().to_bytes(32, "big")).sign_msg_hash(digest)
            r, s, parity = signature.r, signature.s, signature.v
            if kind == 1:
                change = self.random.randrange(6)
                r = (r, r + 1, 0, ORDER, r, r)[change]
                s = (ORDER - s, s, s, s, 0, s + 1)[change] % 2**256
                parity ^= change % 2
        form = self.random.randrange(3)
        if form == 2 and s < 2**255:
            data = r.to_bytes(32, "big") + (s | parity << 255).to_bytes(32, "big")
            answer = self.recovered(digest, r, s, parity)
        else:
            v = self.random.choice([parity, parity + 27, parity + 27, parity + 2, parity + 29, self.random.randrange(256)])
            data = r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([v])
            answer = self.recovered(digest, r, s, v - 27 if v >= 27 else v) if v in (0, 1, 27, 28) else None
        if kind == 3 and self.random.random() < 0.3:
            data, answer = data[:-1] if len(data) == 64 else data + b"\0", None
        return {"kind": "recover", "digest": text_of(digest), "signature": text_of(data)}, answer and text_of(answer)

    def abi(self):
        make = {"uint256": self.number, "address": lambda: text_of(self.address()), "bytes": self.data, "string": self.words,
                "bool": lambda: self.random.random() < 0.5, "bytes32": lambda: self.random.randbytes(32)}
        types = [self.random.choice(list(make)) for _ in range(self.random.randrange(1, 8))]
        values = [make[each]() for each in types]
        shown = [{"type": kind, "value": text_of(value) if isinstance(value, bytes) else str(value) if kind == "uint256" else value}
                 for kind, value in zip(types, values)]
        return {"kind": "abi", "arguments": shown}, text_of(abi_encode(types, values))

    def checksum(self):
        address = self.address()
        return {"kind": "checksum", "address": text_of(address)}, to_checksum_address(address)

    KINDS = ("keccak", "rlp", "rlp_decode", "transfer", "transaction", "recover", "abi", "checksum")

    def next(self):
        return getattr(self, self.random.choice(self.KINDS))()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    cases, counts, end = Cases(options.seed), collections.Counter(), time.monotonic() + options.seconds
    while True:
        batch = [cases.next() for _ in range(BATCH)]
        lines = "".join(json.dumps(question) + "\n" for question, _ in batch)
        told = subprocess.run([options.binary, "answer"], input=lines, capture_output=True, text=True, check=False)
        answers = told.stdout.splitlines()
        for (question, wanted), line in zip(batch, answers):
            if json.loads(line) != wanted:
                sys.exit(f"differential (seed {options.seed}): ours says {line}\n  the other says {json.dumps(wanted)}\n  of {json.dumps(question)}")
            counts[question["kind"]] += 1
        if told.returncode or len(answers) != len(batch):
            sys.exit(f"differential (seed {options.seed}): ended with {told.returncode} at {json.dumps(batch[len(answers)][0])}\n{told.stderr}")
        if time.monotonic() > end:
            break
    for kind, count in sorted(counts.items()):
        print(f"differential {kind}\t{count}")


if __name__ == "__main__":
    main()
