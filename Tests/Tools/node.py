"""The methods of JSON-RPC, as geth answers them, over a chain in memory."""

from eth_account import Account
from eth_utils import keccak

from evm import DEFAULT_TIP, RPCError, sender_of

STRANGER_KEY = keccak(text="the stranger who submits what others signed")
TRANSFER_VRS = keccak(text="transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)")[:4]
TRANSFER_BYTES = keccak(text="transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)")[:4]


def number(value):
    return hex(value)


def data(value):
    return "0x" + bytes(value).hex()


def read_data(value):
    if not isinstance(value, str) or not value.startswith("0x"):
        raise RPCError(-32602, f"invalid argument: hex string expected, got {value!r}")
    try:
        return bytes.fromhex(value[2:])
    except ValueError as error:
        raise RPCError(-32602, f"invalid argument: {error}") from error


def read_address(value):
    address = read_data(value)
    if len(address) != 20:
        raise RPCError(-32602, f"invalid argument: hex string has length {len(address) * 2}, want 40 for common.Address")
    return address


def word(value):
    return (value if isinstance(value, bytes) else value.to_bytes(32, "big")).rjust(32, b"\0")


class Node:
    """The methods of JSON-RPC over a Chain, and when blocks are made."""

    def __init__(self, chain, token, block_time):
        self.chain, self.token, self.block_time = chain, token, block_time
        self.stranger = Account.from_key(STRANGER_KEY)
        self.front_run = 0
        self.tip = DEFAULT_TIP
        self.methods = {name: getattr(self, name) for name in dir(self) if name.startswith(("eth_", "net_", "web3_"))}

    def answer(self, method, params):
        handler = self.methods.get(method)
        if handler is None:
            raise RPCError(-32601, f"the method {method} does not exist/is not available")
        try:
            return handler(*(params or []))
        except TypeError as error:
            raise RPCError(-32602, f"invalid argument: {error}") from error

    # About the chain

    def eth_chainId(self):
        return number(self.chain.chain_id)

    def net_version(self):
        return str(self.chain.chain_id)

    def web3_clientVersion(self):
        return "Geth/v1.15.0-pushcart-test/py-evm"

    def eth_syncing(self):
        return False

    def eth_blockNumber(self):
        return number(self.chain.head.number)

    def eth_gasPrice(self):
        return number(self.chain.base_fee + self.tip)

    def eth_maxPriorityFeePerGas(self):
        return number(self.tip)

    def eth_feeHistory(self, count, newest="latest", percentiles=None):
        last = self._block(newest)
        count = min(int(count, 16) if isinstance(count, str) else count, last.number + 1, 1024)
        blocks = self.chain.blocks[last.number + 1 - count:last.number + 1]
        answer = {
            "oldestBlock": number(blocks[0].number if blocks else last.number),
            "baseFeePerGas": [number(each.header.base_fee_per_gas) for each in blocks] + [number(self.chain.base_fee)],
            "gasUsedRatio": [each.header.gas_used / each.header.gas_limit for each in blocks],
        }
        if percentiles:
            answer["reward"] = [[number(self.tip)] * len(percentiles) for _ in blocks]
        return answer

    def _block(self, tag):
        chain = self.chain
        if isinstance(tag, dict):
            if "blockHash" in tag:
                block = chain.block_by_hash(read_data(tag["blockHash"]))
                if block is None:
                    raise RPCError(-32000, "header for hash not found")
                return block
            tag = tag.get("blockNumber", "latest")
        if tag in (None, "latest", "pending"):
            return chain.head
        if tag in ("finalized", "safe"):
            return chain.finalized()
        index = 0 if tag == "earliest" else self._quantity(tag)
        if index >= len(chain.blocks):
            raise RPCError(-32000, "header not found")
        return chain.blocks[index]

    def _quantity(self, text):
        try:
            return text if isinstance(text, int) else int(text, 16)
        except (TypeError, ValueError) as error:
            raise RPCError(-32602, f"invalid argument: {error}") from error

    def eth_getBlockByNumber(self, tag, full=False):
        try:
            return self._show_block(self._block(tag), full)
        except RPCError as error:
            if error.code == -32000:
                return None
            raise

    def eth_getBlockByHash(self, block_hash, full=False):
        block = self.chain.block_by_hash(read_data(block_hash))
        return block and self._show_block(block, full)

    def _show_block(self, block, full):
        header = block.header
        return {
            "number": number(header.block_number), "hash": data(header.hash), "parentHash": data(header.parent_hash),
            "sha3Uncles": data(header.uncles_hash), "miner": data(header.coinbase), "stateRoot": data(header.state_root),
            "transactionsRoot": data(header.transaction_root), "receiptsRoot": data(header.receipt_root),
            "logsBloom": data(header.bloom.to_bytes(256, "big")), "difficulty": "0x0", "gasLimit": number(header.gas_limit),
            "gasUsed": number(header.gas_used), "timestamp": number(header.timestamp), "extraData": data(header.extra_data),
            "mixHash": data(header.mix_hash), "nonce": data(header.nonce), "baseFeePerGas": number(header.base_fee_per_gas),
            "withdrawalsRoot": data(header.withdrawals_root), "withdrawals": [], "blobGasUsed": "0x0", "excessBlobGas": "0x0",
            "parentBeaconBlockRoot": data(header.parent_beacon_block_root), "requestsHash": data(header.requests_hash),
            "size": "0x400", "uncles": [],
            "transactions": [self._show_transaction(each.tx, each) if full else data(each.tx.hash) for each in block.mined],
        }

    # Accounts and calls

    def eth_getBalance(self, address, tag="latest"):
        return number(self.chain.state(self._block(tag)).get_balance(read_address(address)))

    def eth_getCode(self, address, tag="latest"):
        return data(self.chain.state(self._block(tag)).get_code(read_address(address)))

    def eth_getStorageAt(self, address, slot, tag="latest"):
        return data(word(self.chain.state(self._block(tag)).get_storage(read_address(address), self._quantity(slot))))

    def eth_getTransactionCount(self, address, tag="latest"):
        address = read_address(address)
        if tag == "pending":
            return number(self.chain.next_nonce(address))
        return number(self.chain.state(self._block(tag)).get_nonce(address))

    def _message(self, call):
        if not call.get("to"):
            raise RPCError(-32000, "contract creation is not supported here")
        sender = read_address(call["from"]) if call.get("from") else bytes(20)
        return (sender, read_address(call["to"]), read_data(call.get("input") or call.get("data") or "0x"),
                self._quantity(call.get("value") or "0x0"))

    def eth_call(self, call, tag="latest", overrides=None):
        if overrides:
            raise RPCError(-32602, "state overrides are not supported here")
        gas = {"gas": min(self._quantity(call["gas"]), 30_000_000)} if call.get("gas") else {}
        return data(self.chain.call(*self._message(call), block=self._block(tag), **gas))

    def eth_estimateGas(self, call, tag="latest"):
        return number(self.chain.estimate(*self._message(call), block=self._block(tag)))

    # Transactions

    def eth_sendRawTransaction(self, raw):
        tx = self.chain.decode(read_data(raw))
        if self.front_run and bytes(tx.to) == self.token and tx.data[:4] in (TRANSFER_VRS, TRANSFER_BYTES):
            self.front_run -= 1
            self.submit_as_stranger(self.token, bytes(tx.data))
        self.chain.admit(tx)
        if self.block_time == 0:
            self.chain.mine()
        return data(tx.hash)

    def submit_as_stranger(self, to, calldata, value=0):
        """Mines a block with one transaction of the stranger. Returns how it went."""
        chain = self.chain
        signed = self.stranger.sign_transaction({
            "type": 2, "chainId": chain.chain_id, "nonce": chain.state().get_nonce(bytes.fromhex(self.stranger.address[2:])),
            "to": to, "value": value, "gas": 1_000_000, "data": calldata,
            "maxFeePerGas": chain.base_fee + self.tip, "maxPriorityFeePerGas": self.tip,
        })
        block = chain.mine(only=[chain.decode(bytes(signed.raw_transaction))])
        return self.eth_getTransactionReceipt(data(block.mined[0].tx.hash))

    def eth_getTransactionByHash(self, tx_hash):
        tx_hash = read_data(tx_hash)
        mined = self.chain.by_hash.get(tx_hash)
        if mined is not None:
            return self._show_transaction(mined.tx, mined)
        tx = self.chain.pooled(tx_hash)
        return tx and self._show_transaction(tx, None)

    def _show_transaction(self, tx, mined):
        kind = getattr(tx, "type_id", None) or 0
        answer = {
            "hash": data(tx.hash), "type": number(kind), "nonce": number(tx.nonce), "from": data(sender_of(tx)),
            "to": data(tx.to) if tx.to else None, "value": number(tx.value), "gas": number(tx.gas), "input": data(tx.data),
            "chainId": number(self.chain.chain_id), "gasPrice": number(mined.price if mined else tx.max_fee_per_gas),
            "r": number(tx.r), "s": number(tx.s), "v": number(tx.y_parity if kind else tx.v), "accessList": [],
            "blockHash": data(mined.block.header.hash) if mined else None,
            "blockNumber": number(mined.block.number) if mined else None,
            "transactionIndex": number(mined.index) if mined else None,
        }
        if kind >= 2:
            answer["yParity"] = number(tx.y_parity)
            answer["maxFeePerGas"] = number(tx.max_fee_per_gas)
            answer["maxPriorityFeePerGas"] = number(tx.max_priority_fee_per_gas)
        return answer

    def eth_getTransactionReceipt(self, tx_hash):
        mined = self.chain.by_hash.get(read_data(tx_hash))
        if mined is None:
            return None
        return {
            "transactionHash": data(mined.tx.hash), "transactionIndex": number(mined.index), "type": number(getattr(mined.tx, "type_id", None) or 0),
            "blockHash": data(mined.block.header.hash), "blockNumber": number(mined.block.number),
            "from": data(sender_of(mined.tx)), "to": data(mined.tx.to) if mined.tx.to else None, "contractAddress": None,
            "status": number(mined.status), "gasUsed": number(mined.gas_used), "cumulativeGasUsed": number(mined.cumulative),
            "effectiveGasPrice": number(mined.price), "logsBloom": data(bytes(256)), "logs": self._show_logs(mined),
        }

    def _show_logs(self, mined):
        return [{
            "address": data(log.address), "topics": [data(word(topic)) for topic in log.topics], "data": data(log.data),
            "blockNumber": number(mined.block.number), "blockHash": data(mined.block.header.hash),
            "blockTimestamp": number(mined.block.header.timestamp), "transactionHash": data(mined.tx.hash),
            "transactionIndex": number(mined.index), "logIndex": number(mined.log_index + index), "removed": False,
        } for index, log in enumerate(mined.logs)]

    def eth_getLogs(self, query):
        if "blockHash" in query:
            blocks = [self._block({"blockHash": query["blockHash"]})]
        else:
            (first, exact), (last, exact_too) = (self._bound(query.get(name)) for name in ("fromBlock", "toBlock"))
            if first > last and exact and exact_too:
                raise RPCError(-32602, "invalid block range params")
            blocks = self.chain.blocks[first:last + 1]
        addresses = query.get("address")
        addresses = [addresses] if isinstance(addresses, str) else addresses
        wanted = addresses and {address.lower() for address in addresses}
        topics = [None if each is None else {each.lower()} if isinstance(each, str) else {one.lower() for one in each} or None
                  for each in query.get("topics") or []]
        return [
            log for block in blocks for mined in block.mined for log in self._show_logs(mined)
            if (not wanted or log["address"] in wanted)
            and len(log["topics"]) >= len(topics)
            and all(want is None or topic in want for topic, want in zip(log["topics"], topics))
        ]

    def _bound(self, tag):
        """A block's number, which may lie beyond the head, and whether it was given as a number."""
        if isinstance(tag, str) and tag.startswith("0x"):
            return self._quantity(tag), True
        return self._block(tag).number, False
