#!/usr/bin/env python3
"""A real EVM behind JSON-RPC on loopback, with USDC's twin on it and with faults on request. README.md has the admin's wishes."""

import argparse
import asyncio
import collections
import json
import os
import signal
import sys
import threading

from eth_account import Account
from eth_utils import keccak

import contracts
from evm import Chain, RPCError, encode_transaction, sender_of
from node import STRANGER_KEY, TRANSFER_BYTES, TRANSFER_VRS, Node, data, read_address, read_data, word

USDC = "0x036CbD53842c5426634e7929541eC2318f3dCF7e"
ETHER = 10**18


class Faults:
    """Rules that spoil answers. The first that matches a method is used up first."""

    MODES = {"lose_answer", "error_after", "error_before", "hang", "rubbish", "huge", "wrong_chain_id", "drop_tx",
             "delay", "http_500", "null_receipt", "answer"}
    DEFAULT_METHOD = {"wrong_chain_id": "eth_chainId", "drop_tx": "eth_sendRawTransaction", "null_receipt": "eth_getTransactionReceipt"}

    def __init__(self):
        self.rules = []

    def add(self, rule):
        mode = rule.get("mode")
        if mode not in self.MODES:
            raise RPCError(-32602, f"no fault called {mode}; there are {', '.join(sorted(self.MODES))}")
        method = rule.get("method") or self.DEFAULT_METHOD.get(mode, "*")
        self.rules.append({"count": 1, "skip": 0, **rule, "method": method})

    def take(self, method):
        for rule in self.rules:
            if rule["method"] not in (method, "*"):
                continue
            if rule["skip"] > 0:
                rule["skip"] -= 1
                continue
            if rule["count"] is not None:
                rule["count"] -= 1
                if rule["count"] <= 0:
                    self.rules.remove(rule)
            return rule
        return None


class Server:
    def __init__(self, node):
        self.node, self.faults = node, Faults()
        self.stats = collections.Counter()
        self.calls = collections.Counter()
        self.clock = None

    # HTTP

    async def connection(self, reader, writer):
        self.stats["connections"] += 1
        try:
            while True:
                try:
                    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                except (asyncio.IncompleteReadError, ConnectionError):
                    return
                request, *lines = head.rstrip().split("\r\n")
                method, path, protocol = request.split(" ", 2)
                headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
                if headers.get("expect", "").lower() == "100-continue":
                    writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                body = await self.body(reader, headers)
                keep = headers.get("connection", "").lower() != "close" and protocol != "HTTP/1.0"
                if method != "POST":
                    status, answer = 405, b"POST only\n"
                elif path.split("?")[0] == "/admin":
                    status, answer = self.admin(body)
                else:
                    status, answer = await self.rpc(body, writer)
                if status is None:
                    return
                writer.write(
                    f"HTTP/1.1 {status} {'OK' if status == 200 else 'Error'}\r\nContent-Type: application/json\r\n"
                    f"Content-Length: {len(answer)}\r\n{'' if keep else 'Connection: close' + chr(13) + chr(10)}\r\n".encode() + answer
                )
                await writer.drain()
                if not keep:
                    return
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def body(self, reader, headers):
        if headers.get("transfer-encoding", "").lower() == "chunked":
            parts = []
            while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
                parts.append(await reader.readexactly(size))
                await reader.readexactly(2)
            await reader.readuntil(b"\r\n")
            return b"".join(parts)
        return await reader.readexactly(int(headers.get("content-length", 0)))

    # JSON-RPC

    async def rpc(self, body, writer):
        self.stats["requests"] += 1
        try:
            request = json.loads(body)
        except ValueError:
            return 200, b'{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"parse error"}}'
        if isinstance(request, list):
            self.stats["batches"] += 1
        answers, spoilt = [], None
        for call in request if isinstance(request, list) else [request]:
            answer, rule = await self.one(call)
            answers.append(answer)
            spoilt = spoilt or rule
        if spoilt:
            return await self.spoil(spoilt, writer)
        return 200, json.dumps(answers if isinstance(request, list) else answers[0], separators=(",", ":")).encode()

    async def one(self, call):
        """Answers one call. Also the rule, if one spoils the whole HTTP answer."""
        if not isinstance(call, dict) or not isinstance(call.get("method"), str):
            return {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "invalid request"}}, None
        method, params, answer = call["method"], call.get("params"), {"jsonrpc": "2.0", "id": call.get("id")}
        self.calls[method] += 1
        rule = self.faults.take(method) or {}
        mode = rule.get("mode")
        error = {"code": rule.get("code", -32603), "message": rule.get("message", "internal error")}
        if mode == "delay":
            await asyncio.sleep(rule.get("seconds", 1))
        elif mode == "error_before":
            return {**answer, "error": error}, None
        elif mode == "null_receipt":
            return {**answer, "result": None}, None
        elif mode == "answer":
            return {**answer, "result": rule.get("result")}, None
        elif mode == "wrong_chain_id":
            wrong = rule.get("chain_id", self.node.chain.chain_id + 1)
            return {**answer, "result": str(wrong) if method == "net_version" else hex(wrong)}, None
        whole = mode in ("lose_answer", "hang", "rubbish", "huge", "http_500")
        if whole and not rule.get("execute", mode == "lose_answer"):
            return answer, rule
        try:
            if mode == "drop_tx":
                answer["result"] = data(self.node.chain.decode(read_data(params[0])).hash)
            else:
                answer["result"] = self.node.answer(method, params)
        except RPCError as failure:
            answer["error"] = {"code": failure.code, "message": failure.message}
            if failure.data is not None:
                answer["error"]["data"] = failure.data
        if mode == "error_after":
            answer = {"jsonrpc": "2.0", "id": call.get("id"), "error": error}
        return answer, rule if whole else None

    async def spoil(self, rule, writer):
        mode = rule["mode"]
        if mode == "http_500":
            return rule.get("status", 500), b"upstream connect error\n"
        if mode == "rubbish":
            return 200, b"<html>\xff\xfe not json"
        if mode == "hang":
            await asyncio.sleep(rule.get("seconds", 3600))
        elif mode == "huge":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                         b'1c\r\n{"jsonrpc":"2.0","result":"0\r\n')
            while True:
                writer.write(b"10000\r\n" + b"0" * 65536 + b"\r\n")
                await writer.drain()
        writer.transport.abort() if mode == "hang" else writer.close()
        return None, b""

    # The admin's side

    def admin(self, body):
        try:
            request = json.loads(body)
            answer = {}
            for name, value in request.items():
                handler = getattr(self, "admin_" + name, None)
                if handler is None:
                    raise RPCError(-32601, f"admin does not know {name}")
                answer[name] = handler(value)
            return 200, json.dumps(answer).encode()
        except (RPCError, ValueError, KeyError, TypeError, AttributeError) as error:
            return 400, json.dumps({"error": f"{type(error).__name__}: {error}"}).encode()

    def admin_fault(self, rules):
        for rule in rules if isinstance(rules, list) else [rules]:
            self.faults.add(rule)
        return self.faults.rules

    def admin_clear_faults(self, _):
        self.faults.rules.clear()

    def admin_mine(self, count):
        for _ in range(int(count)):
            self.node.chain.mine()
        return {"blockNumber": self.node.chain.head.number}

    def admin_set_block_time(self, block_time):
        self.node.block_time = block_time if block_time == "manual" else float(block_time)
        self.restart_clock()
        if self.node.block_time == 0 and self.node.chain.ready():
            self.node.chain.mine()

    def admin_time_offset(self, seconds):
        self.node.chain.time_offset = int(seconds)

    def admin_gas_price(self, wei):
        """The base fee of the next blocks. Transactions that offer less stay in the mempool."""
        self.node.chain.base_fee = int(wei)

    def admin_finality(self, depth):
        self.node.chain.finality = int(depth)

    def admin_reorg(self, wish):
        wish = wish if isinstance(wish, dict) else {"depth": wish}
        self.node.chain.reorganise(int(wish["depth"]), bool(wish.get("forget")))
        return {"blockNumber": self.node.chain.head.number}

    def admin_drop_pool(self, _):
        self.node.chain.pool.clear()

    def admin_balances(self, addresses):
        selector = keccak(text="balanceOf(address)")[:4]
        return {each: str(int.from_bytes(self.node.chain.call(bytes(20), self.node.token, selector + word(read_address(each))), "big"))
                for each in addresses}

    def admin_eth(self, addresses):
        return {each: str(self.node.chain.state().get_balance(read_address(each))) for each in addresses}

    def admin_nonces(self, addresses):
        return {each: {"latest": self.node.chain.state().get_nonce(read_address(each)),
                       "pending": self.node.chain.next_nonce(read_address(each))} for each in addresses}

    def admin_mint(self, amounts):
        selector = keccak(text="mint(address,uint256)")[:4]
        for address, amount in amounts.items():
            self.node.submit_as_stranger(self.node.token, selector + word(read_address(address)) + word(int(amount)))

    def admin_fund(self, amounts):
        for address, wei in amounts.items():
            self.node.submit_as_stranger(read_address(address), b"", int(wei))

    def admin_send(self, wish):
        """The stranger sends any calldata, to the token if nothing else is said: cancelAuthorization, for instance."""
        return self.node.submit_as_stranger(read_address(wish["to"]) if "to" in wish else self.node.token, read_data(wish["data"]))

    def admin_submit_authorization(self, wish):
        """The stranger submits an authorization that somebody else signed."""
        if "calldata" in wish:
            return self.node.submit_as_stranger(self.node.token, read_data(wish["calldata"]))
        fields = b"".join((word(read_address(wish["from"])), word(read_address(wish["to"])), word(int(wish["value"])),
                           word(int(wish["validAfter"])), word(int(wish["validBefore"])), word(read_data(wish["nonce"]))))
        if "v" in wish:
            tail = word(int(str(wish["v"]), 0)) + word(read_data(wish["r"])) + word(read_data(wish["s"]))
            return self.node.submit_as_stranger(self.node.token, TRANSFER_VRS + fields + tail)
        signature = read_data(wish["signature"])
        if len(signature) == 65:
            return self.node.submit_as_stranger(
                self.node.token, TRANSFER_VRS + fields + word(signature[64]) + signature[:64])
        padded = signature + bytes(-len(signature) % 32)
        return self.node.submit_as_stranger(self.node.token, TRANSFER_BYTES + fields + word(224) + word(len(signature)) + padded)

    def admin_front_run(self, wish):
        self.node.front_run = int(wish)

    def admin_transactions(self, _):
        stranger = self.node.stranger.address.lower()
        return [{
            "hash": data(each.tx.hash), "from": data(sender_of(each.tx)), "to": data(each.tx.to), "nonce": each.tx.nonce,
            "input": data(each.tx.data), "value": str(each.tx.value), "status": each.status, "gasUsed": each.gas_used,
            "blockNumber": block.number, "stranger": data(sender_of(each.tx)) == stranger,
            "raw": data(encode_transaction(each.tx)),
        } for block in self.node.chain.blocks for each in block.mined]

    def admin_pool(self, _):
        return [{"hash": data(tx.hash), "from": data(sender_of(tx)), "nonce": tx.nonce, "maxFeePerGas": tx.max_fee_per_gas}
                for queue in self.node.chain.pool.values() for tx in queue.values()]

    def admin_stats(self, _):
        mined = [each for each in self.admin_transactions(None) if not each["stranger"]]
        return {"calls": dict(self.calls), **{name: self.stats[name] for name in ("requests", "batches", "connections")},
                "mined": len(mined), "pool": len(self.admin_pool(None)), "blockNumber": self.node.chain.head.number}

    def admin_reset_stats(self, _):
        """Forgets the counts of calls. What is mined stays mined."""
        self.stats.clear()
        self.calls.clear()

    # Life

    def restart_clock(self):
        if self.clock:
            self.clock.cancel()
            self.clock = None
        if self.node.block_time != "manual" and self.node.block_time > 0:
            self.clock = asyncio.ensure_future(self.tick())

    async def tick(self):
        while True:
            await asyncio.sleep(self.node.block_time)
            self.node.chain.mine()


def genesis(options, token):
    """The accounts of block 0. Token.vy: slots 0 and 1 are length and bytes of the name, 2 balanceOf (a Vyper map: keccak(slot ‖ key)), 3 totalSupply."""
    stranger = Account.from_key(STRANGER_KEY).address
    name = options.name.encode()
    if len(name) > 31:
        raise SystemExit("chain: a name has at most 31 bytes")
    accounts = {
        token: {"code": contracts.runtime_code("Token"), "storage": {0: len(name), 1: int.from_bytes(name.ljust(32, b"\0"), "big")}},
        read_address(stranger): {"balance": 1_000_000 * ETHER},
    }
    for wish in options.fund:
        address, _, wei = wish.partition("=")
        accounts.setdefault(read_address(address), {})["balance"] = int(wei)
    for wish in options.usdc:
        address, _, amount = wish.partition("=")
        slot = int.from_bytes(keccak(word(2) + word(read_address(address))), "big")
        accounts[token]["storage"][slot] = int(amount)
    for wish in options.wallet:
        address, _, owner = wish.partition("=")
        accounts.setdefault(read_address(address), {}).update(
            code=contracts.runtime_code("Wallet"), storage={0: int.from_bytes(read_address(owner), "big")})
    accounts[token]["storage"][3] = sum(int(wish.partition("=")[2]) for wish in options.usdc)
    return accounts


def block_time(text):
    return text if text == "manual" else float(text)


async def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chain-id", type=int, default=84532)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--token", default=USDC, help="where the token lives")
    parser.add_argument("--name", default="USDC", help="the token's name in its EIP-712 domain: \"USD Coin\" on Base")
    parser.add_argument("--fund", action="append", default=[], metavar="ADDRESS=WEI")
    parser.add_argument("--usdc", action="append", default=[], metavar="ADDRESS=ATOMIC")
    parser.add_argument("--wallet", action="append", default=[], metavar="ADDRESS=OWNER", help="an ERC-1271 wallet")
    parser.add_argument("--block-time", type=block_time, default=0, metavar="SECONDS|manual", help="0 mines on each transaction")
    parser.add_argument("--base-fee", type=int, default=5_000_000, metavar="WEI")
    parser.add_argument("--finality", type=int, default=0, metavar="BLOCKS", help="how far the finalized block is behind")
    parser.add_argument("--no-stdin", action="store_true", help="live on when standard input closes")
    options = parser.parse_args()

    token = read_address(options.token)
    node = Node(Chain(options.chain_id, genesis(options, token), options.base_fee), token, options.block_time)
    node.chain.finality = options.finality
    server = Server(node)
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop.set)
    if not options.no_stdin:
        def watch():
            while os.read(0, 4096):
                pass
            loop.call_soon_threadsafe(stop.set)
        threading.Thread(target=watch, daemon=True).start()

    listener = await asyncio.start_server(server.connection, "127.0.0.1", options.port, limit=1 << 22)
    port = listener.sockets[0].getsockname()[1]
    server.restart_clock()
    print(json.dumps({"port": port, "chainId": options.chain_id, "token": options.token,
                      "url": f"http://127.0.0.1:{port}", "admin": f"http://127.0.0.1:{port}/admin",
                      "stranger": node.stranger.address}), flush=True)
    await stop.wait()
    listener.close()
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(main())
