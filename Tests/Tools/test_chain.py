"""The tools' own test: the token behaves like USDC, the node like geth, and the faults as asked for. Run with pytest."""

import contextlib
import http.client
import json
import pathlib
import signal
import subprocess
import sys
import time

import pytest
from eth_account import Account
from eth_utils import keccak

import pay

TOOLS = pathlib.Path(__file__).resolve().parent
SETTLER, PAYER, OWNER = (Account.from_key(bytes([each]) * 32) for each in (1, 2, 3))
WALLET, SHOP = "0x" + "a1" * 20, "0x" + "b2" * 20
USED = "0x" + keccak(text="AuthorizationUsed(address,bytes32)").hex()
TRANSFER = "0x" + keccak(text="Transfer(address,address,uint256)").hex()


class Node:
    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [sys.executable, TOOLS / "chain.py", "--fund", f"{SETTLER.address}={10**18}", "--usdc", f"{PAYER.address}=5000000",
             "--usdc", f"{WALLET}=5000000", "--wallet", f"{WALLET}={OWNER.address}", *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.ready = json.loads(self.process.stdout.readline())
        self.token = self.ready["token"]
        self.domain = pay.domain(self.token, self.ready["chainId"])
        self.connect()

    def connect(self):
        self.http = http.client.HTTPConnection("127.0.0.1", self.ready["port"], timeout=10)

    def post(self, path, body):
        self.http.request("POST", path, json.dumps(body))
        answer = self.http.getresponse()
        return answer.status, answer.read()

    def rpc(self, method, *params):
        answer = json.loads(self.post("/", {"jsonrpc": "2.0", "id": 7, "method": method, "params": params})[1])
        assert answer["id"] == 7
        if "error" in answer:
            raise Failure(answer["error"])
        return answer["result"]

    def admin(self, **wish):
        status, body = self.post("/admin", wish)
        assert status == 200, body
        answers = json.loads(body)
        return answers[next(iter(wish))]

    def balance(self, address):
        return int(self.admin(balances=[address])[address])

    def nonce(self):
        return int(self.rpc("eth_getTransactionCount", SETTLER.address, "pending"), 16)

    def raw(self, data=b"", to=None, nonce=None, **fees):
        fields = {"type": 2, "chainId": self.ready["chainId"], "nonce": self.nonce() if nonce is None else nonce, "to": bytes.fromhex((to or self.token)[2:]),
                  "value": 0, "gas": 300_000, "data": data, "maxFeePerGas": 10**8, "maxPriorityFeePerGas": 10**6, **fees}
        return "0x" + bytes(SETTLER.sign_transaction(fields).raw_transaction).hex()

    def send(self, *arguments, **fees):
        return self.rpc("eth_sendRawTransaction", self.raw(*arguments, **fees))

    def settle(self, data):
        return self.rpc("eth_getTransactionReceipt", self.send(data))

    def reason(self, data):
        with pytest.raises(Failure) as failure:
            self.rpc("eth_call", {"from": SETTLER.address, "to": self.token, "data": "0x" + data.hex()}, "latest")
        return failure.value.error

    def authorization(self, key=PAYER.key, **changes):
        now = int(time.time())
        fields = {"from": PAYER.address, "to": SHOP, "value": "10000", "validAfter": "0", "validBefore": str(now + 300),
                  "nonce": "0x" + keccak(text=str(time.perf_counter_ns())).hex(), **changes}
        return fields, pay.sign(key, self.domain, fields)


class Failure(Exception):
    def __init__(self, error):
        super().__init__(error)
        self.error = error


@contextlib.contextmanager
def node(*arguments):
    running = Node(*arguments)
    try:
        yield running
    finally:
        running.process.stdin.close()
        assert running.process.wait(5) == 0


@pytest.fixture(scope="module")
def shared():
    with node() as running:
        yield running


@pytest.fixture
def chain(shared):
    shared.connect()
    shared.admin(clear_faults=True, set_block_time=0, time_offset=0, front_run=False)
    return shared


# The token


def text(chain, function):
    answer = bytes.fromhex(chain.rpc("eth_call", {"to": chain.token, "data": "0x" + pay.selector(function + "()").hex()})[2:])
    return answer[64:64 + int.from_bytes(answer[32:64], "big")].decode()


def test_name_and_domain_are_those_of_the_real_usdc(chain):
    separator = {"to": chain.token, "data": "0x" + pay.selector("DOMAIN_SEPARATOR()").hex()}
    assert (text(chain, "name"), text(chain, "symbol"), text(chain, "version")) == ("USDC", "USDC", "2")
    assert chain.rpc("eth_call", separator) == "0x71f17a3b2ff373b803d70a5a07c046c1a2bc8e89c09ef722fcb047abe94c9818"
    base = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"
    with node("--chain-id", "8453", "--token", base, "--name", "USD Coin") as running:
        assert text(running, "name") == "USD Coin"
        assert running.rpc("eth_call", {**separator, "to": base}) == "0x02fa7265e7c5d81118673727957699e4d68f74cd74b7db77da710fe8a2c7834f"


@pytest.mark.parametrize("overload", ["vrs", "bytes"])
def test_both_overloads_move_money_once(chain, overload):
    authorization, signature = chain.authorization()
    data, before = pay.calldata(authorization, signature)[overload], chain.balance(SHOP)
    receipt = chain.settle(data)
    assert receipt["status"] == "0x1" and chain.balance(SHOP) == before + 10000
    used, moved = receipt["logs"]
    payer = "0x" + "00" * 12 + PAYER.address[2:].lower()
    assert used["topics"] == [USED, payer, authorization["nonce"]] and used["data"] == "0x"
    assert moved["topics"] == [TRANSFER, payer, "0x" + "00" * 12 + SHOP[2:]] and int(moved["data"], 16) == 10000
    state = pay.selector("authorizationState(address,bytes32)") + bytes(12) + bytes.fromhex(PAYER.address[2:] + authorization["nonce"][2:])
    assert int(chain.rpc("eth_call", {"to": chain.token, "data": "0x" + state.hex()}), 16) == 1

    replay = chain.settle(data)
    assert replay["status"] == "0x0" and replay["logs"] == [] and chain.balance(SHOP) == before + 10000
    error = chain.reason(data)
    assert error["code"] == 3 and error["message"] == "execution reverted: FiatTokenV2: authorization is used or canceled"
    assert error["data"].startswith("0x08c379a0")


@pytest.mark.parametrize("changes, text", [
    ({"validBefore": "1"}, "FiatTokenV2: authorization is expired"),
    ({"validAfter": str(int(time.time()) + 600)}, "FiatTokenV2: authorization is not yet valid"),
    ({"value": "999999999999"}, "ERC20: transfer amount exceeds balance"),
    ({"from": OWNER.address}, "FiatTokenV2: invalid signature"),
    ({"to": "0x" + "00" * 20}, "ERC20: transfer to the zero address"),
])
def test_refusals_have_the_texts_of_usdc(chain, changes, text):
    for data in pay.calldata(*chain.authorization(**changes)).values():
        assert chain.reason(data)["message"] == "execution reverted: " + text


def test_window_bounds_are_exclusive(chain):
    now = int(time.time())
    for validAfter, validBefore, valid in ((now - 2, now + 60, True), (0, now - 1, False), (now + 60, now + 90, False)):
        data = pay.calldata(*chain.authorization(validAfter=str(validAfter), validBefore=str(validBefore)))["vrs"]
        if valid:
            assert chain.settle(data)["status"] == "0x1"
        else:
            assert chain.reason(data)


def test_other_forms_of_a_signature_are_refused(chain):
    authorization, signature = chain.authorization()
    high = pay.calldata(authorization, pay.high_s(signature))
    for data in high.values():
        assert chain.reason(data)["message"].endswith("ECRecover: invalid signature 's' value")
    parity = pay.calldata(authorization, signature[:64] + bytes([signature[64] - 27]))
    for data in parity.values():
        assert chain.reason(data)["message"].endswith("ECRecover: invalid signature 'v' value")
    assert chain.reason(pay.calldata(authorization, pay.compact(signature))["bytes"])["message"].endswith("invalid signature length")


def test_a_wallet_with_code_is_asked_itself(chain):
    before = chain.balance(WALLET)
    authorization, signature = chain.authorization(OWNER.key, **{"from": WALLET})
    assert chain.settle(pay.calldata(authorization, signature)["bytes"])["status"] == "0x1"
    authorization, signature = chain.authorization(OWNER.key, **{"from": WALLET})
    assert chain.settle(pay.calldata(authorization, signature + bytes(700))["bytes"])["status"] == "0x1"
    assert chain.balance(WALLET) == before - 20000
    authorization, signature = chain.authorization(PAYER.key, **{"from": WALLET})
    assert chain.reason(pay.calldata(authorization, signature)["bytes"])["message"].endswith("FiatTokenV2: invalid signature")


def test_a_cancelled_authorization_is_dead(chain):
    authorization, signature = chain.authorization()
    receipt = chain.admin(send={"data": "0x" + pay.cancellation(PAYER.key, chain.domain, PAYER.address, authorization["nonce"]).hex()})
    assert receipt["status"] == "0x1"
    assert receipt["logs"][0]["topics"][0] == "0x" + keccak(text="AuthorizationCanceled(address,bytes32)").hex()
    assert "used or canceled" in chain.reason(pay.calldata(authorization, signature)["vrs"])["message"]


def test_the_reference_client_signs_the_same_digest(chain):
    from x402.mechanisms.evm.eip712 import hash_eip3009_authorization
    from x402.mechanisms.evm.types import ExactEIP3009Authorization

    fields, signature = chain.authorization()
    theirs = hash_eip3009_authorization(
        ExactEIP3009Authorization(fields["from"], fields["to"], fields["value"], fields["validAfter"], fields["validBefore"], fields["nonce"]),
        84532, chain.token, "USDC", "2")
    assert Account._recover_hash(theirs, signature=signature) == PAYER.address


# The node


def test_a_batch_of_four_takes_milliseconds(chain):
    authorization, signature = chain.authorization()
    data = "0x" + pay.calldata(authorization, signature)["vrs"].hex()
    balance = "0x70a08231" + "00" * 12 + PAYER.address[2:]
    calls = [("eth_getCode", [PAYER.address, "latest"]), ("eth_call", [{"to": chain.token, "data": balance}, "latest"]),
             ("eth_getTransactionCount", [SETTLER.address, "pending"]), ("eth_call", [{"to": chain.token, "data": data}, "latest"])]
    batch = [{"jsonrpc": "2.0", "id": index, "method": method, "params": params} for index, (method, params) in enumerate(calls)]
    best = 1.0
    for _ in range(5):
        started = time.perf_counter()
        answers = json.loads(chain.post("/", batch)[1])
        best = min(best, time.perf_counter() - started)
    assert [each["id"] for each in answers] == [0, 1, 2, 3] and answers[3]["result"] == "0x"
    assert best < 0.05


def test_estimates_are_enough_and_calls_leave_nothing(chain):
    data = pay.calldata(*chain.authorization())["vrs"]
    call = {"from": SETTLER.address, "to": chain.token, "data": "0x" + data.hex()}
    first = int(chain.rpc("eth_estimateGas", call), 16)
    assert int(chain.rpc("eth_estimateGas", call), 16) == first
    receipt = chain.rpc("eth_getTransactionReceipt", chain.send(data, gas=first))
    assert receipt["status"] == "0x1" and int(receipt["gasUsed"], 16) <= first < int(receipt["gasUsed"], 16) * 2


def test_the_mempool_speaks_like_geth(chain):
    chain.admin(set_block_time="manual")
    nonce = chain.nonce()

    def refusal(**fees):
        with pytest.raises(Failure) as failure:
            chain.send(b"", "0x" + "cc" * 20, **fees)
        assert failure.value.error["code"] == -32000
        return failure.value.error["message"]

    waiting = chain.send(b"", "0x" + "cc" * 20, nonce=nonce + 1)
    assert chain.nonce() == nonce
    first = chain.send(b"", "0x" + "cc" * 20, nonce=nonce)
    assert chain.nonce() == nonce + 2
    assert refusal(nonce=nonce) == "already known"
    assert refusal(nonce=nonce, maxFeePerGas=10**8 + 1) == "replacement transaction underpriced"
    assert refusal(nonce=nonce + 2, value=10**19).startswith("insufficient funds for gas * price + value: balance ")
    assert refusal(nonce=nonce + 2, gas=20_000).startswith("intrinsic gas too low")
    assert "invalid chain id for signer: have 1 want 84532" in refusal(nonce=nonce, chainId=1)
    assert chain.rpc("eth_getTransactionReceipt", first) is None
    assert chain.rpc("eth_getTransactionByHash", first)["blockNumber"] is None
    other = chain.send(b"", "0x" + "cc" * 20, nonce=nonce, maxFeePerGas=2 * 10**8, maxPriorityFeePerGas=2 * 10**6)
    chain.admin(mine=1)
    assert chain.rpc("eth_getTransactionByHash", first) is None
    assert [chain.rpc("eth_getTransactionReceipt", each)["status"] for each in (other, waiting)] == ["0x1", "0x1"]
    assert refusal(nonce=nonce) == f"nonce too low: next nonce {nonce + 2}, tx nonce {nonce}"


def test_a_fee_below_the_base_fee_waits(chain):
    chain.admin(gas_price=10**9)
    pending = chain.send(b"", "0x" + "cc" * 20)
    assert chain.rpc("eth_getTransactionReceipt", pending) is None
    assert int(chain.rpc("eth_gasPrice"), 16) > 10**9
    chain.admin(gas_price=5_000_000, mine=1)
    assert chain.rpc("eth_getTransactionReceipt", pending)["status"] == "0x1"


def test_logs_are_found_by_address_topic_and_range(chain):
    authorization, signature = chain.authorization()
    receipt = chain.settle(pay.calldata(authorization, signature)["vrs"])
    query = {"address": chain.token, "topics": [USED, None, authorization["nonce"]], "fromBlock": "0x0", "toBlock": "latest"}
    assert chain.rpc("eth_getLogs", query) == receipt["logs"][:1]
    assert chain.rpc("eth_getLogs", {**query, "topics": [[USED, TRANSFER]], "fromBlock": receipt["blockNumber"]}) == receipt["logs"]
    assert chain.rpc("eth_getLogs", {**query, "address": SHOP}) == []
    beyond = hex(int(receipt["blockNumber"], 16) + 1)
    assert chain.rpc("eth_getLogs", {**query, "fromBlock": beyond}) == []
    assert chain.rpc("eth_getLogs", {**query, "fromBlock": receipt["blockNumber"], "toBlock": hex(10**6)}) == receipt["logs"][:1]
    assert len(chain.rpc("eth_getLogs", {"blockHash": receipt["blockHash"]})) == 2
    block = chain.rpc("eth_getBlockByHash", receipt["blockHash"], True)
    assert block["transactions"][0]["input"] == "0x" + pay.calldata(authorization, signature)["vrs"].hex()


def test_the_clock_of_the_chain_can_be_moved(chain):
    data = pay.calldata(*chain.authorization())["vrs"]
    chain.admin(time_offset=3600)
    assert "expired" in chain.reason(data)["message"]
    chain.admin(time_offset=0)
    assert chain.settle(data)["status"] == "0x1"


def test_a_reorganisation_returns_or_forgets_transactions(chain):
    before, data = chain.balance(SHOP), pay.calldata(*chain.authorization())["vrs"]
    sent = chain.send(data)
    old = chain.rpc("eth_getTransactionReceipt", sent)["blockHash"]
    chain.admin(set_block_time="manual")
    chain.admin(reorg=1)
    assert chain.rpc("eth_getTransactionReceipt", sent) is None and chain.balance(SHOP) == before
    chain.admin(mine=1)
    assert chain.rpc("eth_getTransactionReceipt", sent)["blockHash"] != old and chain.balance(SHOP) == before + 10000
    chain.admin(reorg={"depth": 1, "forget": True})
    chain.admin(mine=1)
    assert chain.rpc("eth_getTransactionByHash", sent) is None and chain.balance(SHOP) == before


def test_old_blocks_can_be_asked(chain):
    head, before = chain.rpc("eth_blockNumber"), chain.balance(SHOP)
    chain.settle(pay.calldata(*chain.authorization())["vrs"])
    data = "0x70a08231" + "00" * 12 + SHOP[2:]
    assert int(chain.rpc("eth_call", {"to": chain.token, "data": data}, head), 16) == before
    chain.admin(finality=1)
    assert chain.rpc("eth_getBlockByNumber", "finalized", False)["number"] == head
    chain.admin(finality=0)
    with pytest.raises(Failure):
        chain.rpc("eth_call", {"to": chain.token, "data": data}, "0xffffff")


# Faults and the stranger


def test_a_lost_answer_was_executed(chain):
    nonce = chain.nonce()
    raw = chain.raw(b"", "0x" + "cc" * 20)
    chain.admin(fault={"method": "eth_sendRawTransaction", "mode": "lose_answer"})
    with pytest.raises((http.client.BadStatusLine, ConnectionError)):
        chain.rpc("eth_sendRawTransaction", raw)
    chain.connect()
    assert chain.nonce() == nonce + 1


@pytest.mark.parametrize("mode, executed", [("error_after", True), ("error_before", False)])
def test_an_error_may_hide_success(chain, mode, executed):
    nonce = chain.nonce()
    raw = chain.raw(b"", "0x" + "cc" * 20)
    chain.admin(fault={"method": "eth_sendRawTransaction", "mode": mode, "code": -32005, "message": "limit exceeded"})
    with pytest.raises(Failure) as failure:
        chain.rpc("eth_sendRawTransaction", raw)
    assert failure.value.error == {"code": -32005, "message": "limit exceeded"}
    assert chain.nonce() == nonce + executed


def test_a_dropped_transaction_has_a_hash_and_nothing_else(chain):
    nonce = chain.nonce()
    raw = chain.raw(b"", "0x" + "cc" * 20)
    chain.admin(fault={"mode": "drop_tx"})
    dropped = chain.rpc("eth_sendRawTransaction", raw)
    assert chain.rpc("eth_getTransactionByHash", dropped) is None and chain.nonce() == nonce
    assert chain.rpc("eth_sendRawTransaction", raw) == dropped and chain.nonce() == nonce + 1


def test_faults_in_the_answer(chain):
    chain.admin(fault=[{"mode": "wrong_chain_id"}, {"method": "eth_blockNumber", "mode": "http_500", "skip": 1}])
    assert chain.rpc("eth_chainId") == hex(84533) and chain.rpc("eth_chainId") == hex(84532)
    assert chain.rpc("eth_blockNumber")
    assert chain.post("/", {"jsonrpc": "2.0", "id": 1, "method": "eth_blockNumber"})[0] == 500
    sent = chain.send(b"", "0x" + "cc" * 20)
    chain.admin(fault={"mode": "null_receipt", "count": 2})
    assert [chain.rpc("eth_getTransactionReceipt", sent) is None for _ in range(3)] == [True, True, False]
    chain.admin(fault={"method": "eth_chainId", "mode": "rubbish"})
    with pytest.raises(ValueError):
        chain.rpc("eth_chainId")
    chain.admin(fault={"method": "eth_chainId", "mode": "delay", "seconds": 0.2})
    started = time.monotonic()
    assert chain.rpc("eth_chainId") == hex(84532) and time.monotonic() - started >= 0.2


def test_a_hanging_node_answers_others(chain):
    chain.admin(fault={"method": "eth_chainId", "mode": "hang", "seconds": 0.5})
    hanging = http.client.HTTPConnection("127.0.0.1", chain.ready["port"], timeout=5)
    hanging.request("POST", "/", json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"}))
    time.sleep(0.05)
    assert chain.rpc("eth_chainId")
    with pytest.raises((http.client.BadStatusLine, ConnectionError)):
        hanging.getresponse()


def test_a_huge_answer_does_not_end(chain):
    chain.admin(fault={"method": "eth_chainId", "mode": "huge"})
    chain.http.request("POST", "/", json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"}))
    assert len(chain.http.getresponse().read(20_000_000)) == 20_000_000
    chain.connect()
    assert chain.rpc("eth_chainId")


def test_a_stranger_can_submit_what_others_signed(chain):
    authorization, signature = chain.authorization()
    assert chain.admin(submit_authorization={**authorization, "signature": "0x" + signature.hex()})["status"] == "0x1"
    assert "used or canceled" in chain.reason(pay.calldata(authorization, signature)["vrs"])["message"]


@pytest.mark.parametrize("overload", ["vrs", "bytes"])
def test_a_stranger_can_run_ahead_once(chain, overload):
    before, mined = chain.balance(SHOP), chain.admin(stats=True)["mined"]
    chain.admin(front_run=True)
    assert chain.settle(pay.calldata(*chain.authorization())[overload])["status"] == "0x0"
    assert chain.settle(pay.calldata(*chain.authorization())[overload])["status"] == "0x1"
    assert chain.balance(SHOP) == before + 20000 and chain.admin(stats=True)["mined"] == mined + 2
    strangers = [each for each in chain.admin(transactions=True) if each["stranger"]]
    assert strangers[-1]["status"] == 1 and strangers[-1]["to"] == chain.token.lower()


def test_calls_are_counted(chain):
    chain.admin(reset_stats=True)
    chain.rpc("eth_chainId")
    chain.rpc("eth_chainId")
    stats = chain.admin(stats=True)
    assert stats["calls"] == {"eth_chainId": 2} and stats["requests"] == 2


def test_money_can_be_given_at_run_time(chain):
    address = "0x" + "d4" * 20
    chain.admin(fund={address: "12345"}, mint={address: "678"})
    assert chain.admin(eth=[address]) == {address: "12345"} and chain.balance(address) == 678


# Life


def test_blocks_come_by_the_clock():
    with node("--block-time", "0.1") as running:
        sent = running.send(b"", "0x" + "cc" * 20)
        assert running.rpc("eth_getTransactionReceipt", sent) is None
        time.sleep(0.4)
        assert running.rpc("eth_getTransactionReceipt", sent)["status"] == "0x1"
        assert int(running.rpc("eth_blockNumber"), 16) >= 2


def test_it_ends_on_sigterm():
    running = Node()
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(5) == 0
