#!/usr/bin/env python3
"""Serves the end-to-end tests what they cannot do themselves: signing, reading a shop's database, and ending processes that they left.

POST / takes one JSON object with one wish and answers with JSON:
  {"pay": ["URL", "--key", "0x…", …]}    what pay.py prints for these arguments; {"error": …} where it cannot
  {"wallet": n}                          n new wallets: [{"key", "address"}]
  {"sql": "SELECT …", "path": FILE}      the rows, read-only
  {"transact": URL, "key": "0x…"}        a transaction of nothing from that key's account, sent to that node; its hash
  {"adopt": pid} · {"forget": pid}       processes that are killed when standard input closes, which is when the tests are gone
With an argument, the directory of that name is removed then, unless something of a failed test is in it.
"""

import http.server
import json
import os
import shutil
import signal
import sqlite3
import sys
import threading

from eth_account import Account

import pay

adopted = set()


def sign(arguments):
    try:
        return pay.prepare(pay.parse(arguments))
    except (SystemExit, OSError, ValueError, KeyError) as error:
        return {"error": f"{type(error).__name__}: {error}"}


def wallets(count):
    made = [Account.create() for _ in range(count)]
    return [{"key": "0x" + bytes(each.key).hex(), "address": each.address} for each in made]


def rows(path, query):
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
    try:
        return [[each.hex() if isinstance(each, bytes) else each for each in row] for row in database.execute(query)]
    finally:
        database.close()


def call(url, method, *params):
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
    return json.loads(pay.request(url, "POST", {"Content-Type": "application/json"}, body)[2])["result"]


def transact(url, key):
    account = Account.from_key(key)
    signed = account.sign_transaction({
        "chainId": int(call(url, "eth_chainId"), 16), "nonce": int(call(url, "eth_getTransactionCount", account.address, "pending"), 16),
        "gas": 21000, "maxFeePerGas": 10**9, "maxPriorityFeePerGas": 10**6, "to": account.address, "value": 0, "data": "0x"})
    return call(url, "eth_sendRawTransaction", "0x" + bytes(signed.raw_transaction).hex())


def carry_out(wish):
    if "pay" in wish:
        return sign(wish["pay"])
    if "wallet" in wish:
        return wallets(wish["wallet"])
    if "sql" in wish:
        return rows(wish["path"], wish["sql"])
    if "transact" in wish:
        return transact(wish["transact"], wish["key"])
    if "adopt" in wish:
        adopted.add(wish["adopt"])
    elif "forget" in wish:
        adopted.discard(wish["forget"])
    return None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        try:
            answer = carry_out(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128


if __name__ == "__main__":
    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({"port": server.server_port}), flush=True)
    while os.read(0, 4096):
        pass
    for pid in adopted:
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError:
            pass
    for directory in sys.argv[1:]:
        if not any(each.is_dir() for each in os.scandir(directory)):
            shutil.rmtree(directory, ignore_errors=True)
    os._exit(0)
