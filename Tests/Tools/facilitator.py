#!/usr/bin/env python3
"""The reference facilitator (x402 2.x) as it comes, behind a small HTTP server on loopback.

Says {"port", "address"} when it is ready and ends with its standard input. With --token it wants that as bearer.
POST /admin {"die": "before" | "after"}  ends the process, by os._exit, before or after the next settlement was carried out
            {"lose": n}                  closes the connection after the next n settlements, without an answer
            {"calls": true}              answers how often each path was asked
"""

import argparse
import collections
import http.server
import json
import os
import threading

from eth_account import Account
from x402 import x402FacilitatorSync
from x402.mechanisms.evm.exact.register import register_exact_evm_facilitator
from x402.mechanisms.evm.signers import FacilitatorWeb3Signer
from x402.schemas import PaymentPayload, PaymentRequirements
from x402.schemas.v1 import PaymentPayloadV1, PaymentRequirementsV1


class State:
    def __init__(self, options):
        self.token = options.token
        self.calls = collections.Counter()
        self.die, self.lose = None, 0
        self.lock = threading.Lock()
        signer = FacilitatorWeb3Signer(private_key=options.key, rpc_url=options.rpc, confirmation_timeout_seconds=20)
        self.facilitator = register_exact_evm_facilitator(x402FacilitatorSync(), signer, networks=options.network)

    def settle(self, *asked):
        """None when nobody is to hear of it."""
        if self.die == "before":
            os._exit(9)
        with self.lock:
            answer = self.facilitator.settle(*asked)
        if self.die == "after":
            os._exit(9)
        if self.lose > 0:
            self.lose -= 1
            return None
        return answer


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, status, answer):
        body = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def allowed(self):
        state.calls[self.path] += 1
        if state.token and self.headers.get("Authorization") != f"Bearer {state.token}":
            self.reply(401, {"error": "unauthorized"})
            return False
        return True

    def do_GET(self):
        if self.path != "/supported":
            self.reply(404, {"error": "not found"})
        elif self.allowed():
            self.reply(200, state.facilitator.get_supported().model_dump_json(by_alias=True, exclude_none=True))

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        if self.path == "/admin":
            state.die, state.lose = body.get("die", state.die), body.get("lose", state.lose)
            self.reply(200, {"calls": dict(state.calls)})
            return
        if self.path not in ("/verify", "/settle"):
            self.reply(404, {"error": "not found"})
            return
        if not self.allowed():
            return
        payload, requirements = (
            (PaymentPayloadV1, PaymentRequirementsV1) if body["x402Version"] == 1 else (PaymentPayload, PaymentRequirements))
        asked = payload.model_validate(body["paymentPayload"]), requirements.model_validate(body["paymentRequirements"])
        answer = state.facilitator.verify(*asked) if self.path == "/verify" else state.settle(*asked)
        if answer is None:
            self.close_connection = True
        else:
            self.reply(200, answer.model_dump_json(by_alias=True, exclude_none=True))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rpc", required=True, help="the chain")
    parser.add_argument("--key", required=True, help="the key that pays fees, hex")
    parser.add_argument("--network", default="eip155:84532")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--token")
    options = parser.parse_args()
    state = State(options)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", options.port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({"port": server.server_address[1], "address": Account.from_key(options.key).address}), flush=True)
    while os.read(0, 4096):
        pass
    os._exit(0)
