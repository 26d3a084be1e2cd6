#!/usr/bin/env python3
"""Fetches an offer, signs a payment for it with eth_account alone, and prints the header that would pay.

Nothing is sent with the payment unless --send is given, so that a test can replay, mutate or race it.
Prints one line of JSON: headers, payload, offer, authorization, signature, calldata (of both overloads), answer (with --send).
"""

import argparse
import base64
import hashlib
import http.client
import json
import secrets
import time
import urllib.parse

from eth_abi import encode
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils import keccak

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
V1_CHAINS = {"base": 8453, "base-sepolia": 84532, "avalanche": 43114, "avalanche-fuji": 43113}
FIELDS = [("from", "address"), ("to", "address"), ("value", "uint256"),
          ("validAfter", "uint256"), ("validBefore", "uint256"), ("nonce", "bytes32")]
ARGUMENTS = "address,address,uint256,uint256,uint256,bytes32"


def domain(asset, chain_id, name="USDC", version="2"):
    return {"name": name, "version": version, "chainId": chain_id, "verifyingContract": asset.lower()}


def sign(key, domain, authorization, primary="TransferWithAuthorization", fields=FIELDS):
    """The 65 bytes r ‖ s ‖ v over an authorization, whose numbers are decimal strings as on the wire."""
    message = {name: (int(authorization[name]) if kind == "uint256" else
                      bytes.fromhex(authorization[name][2:]) if kind == "bytes32" else authorization[name].lower())
               for name, kind in fields}
    signable = encode_typed_data(domain, {primary: [{"name": name, "type": kind} for name, kind in fields]}, message)
    return bytes(Account.sign_message(signable, key).signature)


def high_s(signature):
    s = ORDER - int.from_bytes(signature[32:64], "big")
    return signature[:32] + s.to_bytes(32, "big") + bytes([55 - signature[64]])


def compact(signature):
    """EIP-2098: the parity in the highest bit of s."""
    s = int.from_bytes(signature[32:64], "big") | (signature[64] - 27) << 255
    return signature[:32] + s.to_bytes(32, "big")


def calldata(authorization, signature):
    """What a settler would send to the token: {"vrs": …, "bytes": …}. vrs only for a signature of 65 bytes."""
    values = [authorization["from"].lower(), authorization["to"].lower(), int(authorization["value"]),
              int(authorization["validAfter"]), int(authorization["validBefore"]), bytes.fromhex(authorization["nonce"][2:])]
    kinds = ARGUMENTS.split(",")
    answer = {"bytes": selector(f"transferWithAuthorization({ARGUMENTS},bytes)") + encode([*kinds, "bytes"], [*values, signature])}
    if len(signature) == 65:
        answer["vrs"] = selector(f"transferWithAuthorization({ARGUMENTS},uint8,bytes32,bytes32)") + encode(
            [*kinds, "uint8", "bytes32", "bytes32"], [*values, signature[64], signature[:32], signature[32:64]])
    return answer


def cancellation(key, domain, authorizer, nonce):
    """The calldata of cancelAuthorization, signed."""
    signature = sign(key, domain, {"authorizer": authorizer, "nonce": nonce}, "CancelAuthorization",
                     [("authorizer", "address"), ("nonce", "bytes32")])
    return selector("cancelAuthorization(address,bytes32,uint8,bytes32,bytes32)") + encode(
        ["address", "bytes32", "uint8", "bytes32", "bytes32"],
        [authorizer.lower(), bytes.fromhex(nonce[2:]), signature[64], signature[:32], signature[32:64]])


def selector(signature):
    return keccak(text=signature)[:4]


def to_header(value):
    return base64.b64encode(json.dumps(value, separators=(",", ":")).encode()).decode()


def from_header(value):
    return json.loads(base64.b64decode(value))


def request(url, method="GET", headers=None, body=None, timeout=60):
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=timeout)
    try:
        connection.request(method, (parts.path or "/") + ("?" + parts.query if parts.query else ""), body, headers or {})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def offer_of(status, headers, body, protocol):
    """What a 402 asks for: the decoded PAYMENT-REQUIRED, or the v1 body."""
    if status != 402:
        raise SystemExit(f"pay: expected 402, got {status}: {body[:300]!r}")
    if protocol == 1:
        return json.loads(body)
    if "payment-required" not in headers:
        raise SystemExit("pay: the 402 has no PAYMENT-REQUIRED")
    return from_header(headers["payment-required"])


def moment(text, now):
    """An absolute time, or one relative to now: +60, -60."""
    return str(now + int(text)) if text[0] in "+-" else text


def edit(value, path, change):
    """Applies change(container, key) at a path like accepted.extra.offer or accepts.0."""
    *way, last = path.split(".")
    for each in way:
        value = value[int(each)] if isinstance(value, list) else value[each]
    change(value, int(last) if isinstance(value, list) else last)


def uppercase(text):
    return "0x" + text[2:].upper()


def build(offer, accept, protocol, options):
    """Signs a payment for one of the accepts. Returns (authorization as on the wire, signature, payload)."""
    account, now = Account.from_key(options.key), int(time.time())
    extra = accept.get("extra") or {}
    network = accept["network"]
    chain_id = options.chain_id or (V1_CHAINS[network] if protocol == 1 else int(network.split(":")[1]))
    authorization = {
        "from": options.payer or account.address,
        "to": options.to or accept["payTo"],
        "value": options.value or accept["maxAmountRequired" if protocol == 1 else "amount"],
        "validAfter": moment(options.valid_after or ("-60" if protocol == 1 else "0"), now),
        "validBefore": moment(options.valid_before or f"+{accept['maxTimeoutSeconds']}", now),
        "nonce": options.nonce or "0x" + secrets.token_bytes(32).hex(),
    }
    signing = domain(options.asset or accept["asset"], chain_id,
                     options.name or extra.get("name", "USDC"), options.version or extra.get("version", "2"))
    signature = sign(options.key, signing, authorization)
    if options.high_s:
        signature = high_s(signature)
    if options.compact:
        signature = compact(signature)
    if options.parity:
        signature = signature[:64] + bytes([signature[64] - 27])
    signature += bytes(options.pad)
    if options.signature:
        signature = bytes.fromhex(options.signature.removeprefix("0x"))

    accepted = json.loads(json.dumps(accept))
    wire = dict(authorization)
    if options.uppercase:
        for name in ("from", "to", "nonce"):
            wire[name] = uppercase(wire[name])
        for name in ("payTo", "asset"):
            accepted[name] = uppercase(accepted[name])
    inner = {"authorization": wire, "signature": "0x" + signature.hex()}
    if protocol == 1:
        return authorization, signature, {"x402Version": 1, "scheme": accept["scheme"], "network": network, "payload": inner}, signing
    if options.drop_extra:
        accepted.pop("extra", None)
    payload = {"x402Version": 2, "payload": inner, "accepted": accepted}
    for name in ("resource", "extensions"):
        if offer.get(name) is not None:
            payload[name] = offer[name]
    return authorization, signature, payload, signing


def parse(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--key", required=True)
    parser.add_argument("--protocol", type=int, choices=(1, 2), default=2)
    parser.add_argument("--accept", type=int, default=0, metavar="INDEX", help="which of the accepts")
    parser.add_argument("--offer", metavar="FILE", help="an offer kept from an earlier run (its output), instead of asking")
    parser.add_argument("--from", dest="payer", metavar="ADDRESS", help="a payer that is not the key's address: an ERC-1271 wallet")
    for name in ("to", "value", "nonce", "name", "version", "asset", "signature"):
        parser.add_argument("--" + name)
    parser.add_argument("--valid-after", metavar="TIME", help="absolute, or relative with a sign (--valid-after=-60)")
    parser.add_argument("--valid-before", metavar="TIME")
    parser.add_argument("--chain-id", type=int)
    parser.add_argument("--drop-extra", action="store_true", help="echo accepted without its extra")
    parser.add_argument("--uppercase", action="store_true", help="addresses and nonce in upper case")
    parser.add_argument("--compact", action="store_true", help="EIP-2098, 64 bytes")
    parser.add_argument("--high-s", action="store_true", help="the other valid s, which USDC refuses")
    parser.add_argument("--parity", action="store_true", help="v as 0 or 1")
    parser.add_argument("--pad", type=int, default=0, metavar="N", help="zero bytes after the signature, as wallets wrap them")
    parser.add_argument("--set", action="append", default=[], metavar="PATH=JSON", help="changes the payload after signing")
    parser.add_argument("--drop", action="append", default=[], metavar="PATH", help="removes from the payload after signing")
    parser.add_argument("--method", default="GET")
    parser.add_argument("--header", action="append", default=[], metavar="NAME: VALUE")
    parser.add_argument("--data")
    parser.add_argument("--send", action="store_true", help="also pay, once")
    return parser.parse_args(arguments)


def prepare(options):
    """The payment that the options describe, as the object that is printed."""
    headers = dict(each.split(": ", 1) for each in options.header)
    if options.offer:
        with open(options.offer) as file:
            offer = json.load(file)["offer"]
    else:
        offer = offer_of(*request(options.url, options.method, headers, options.data), options.protocol)
    authorization, signature, payload, signing = build(offer, offer["accepts"][options.accept], options.protocol, options)
    for each in options.set:
        path, _, value = each.partition("=")
        edit(payload, path, lambda container, key: container.__setitem__(key, json.loads(value)))
    for path in options.drop:
        edit(payload, path, lambda container, key: container.__delitem__(key))
    paying = {"X-PAYMENT" if options.protocol == 1 else "PAYMENT-SIGNATURE": to_header(payload)}
    result = {
        "headers": paying, "payload": payload, "offer": offer, "authorization": authorization, "signature": "0x" + signature.hex(),
        "calldata": {name: "0x" + value.hex() for name, value in calldata(authorization, signature).items()},
        "cancel": "0x" + cancellation(options.key, signing, authorization["from"], authorization["nonce"]).hex(),
    }
    if options.send:
        status, answered, body = request(options.url, options.method, {**headers, **paying}, options.data)
        response = answered.get("payment-response") or answered.get("x-payment-response")
        result["answer"] = {"status": status, "headers": answered, "paymentResponse": response and from_header(response),
                            "sha256": hashlib.sha256(body).hexdigest(), "length": len(body)}
    return result


if __name__ == "__main__":
    print(json.dumps(prepare(parse())))
