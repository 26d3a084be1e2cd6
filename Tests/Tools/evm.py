"""A chain in memory: py-evm executes, this keeps blocks, receipts and a mempool with geth's rules and texts."""

import dataclasses
import time

import rlp
from eth.abc import SignedTransactionAPI
from eth.chains.base import ChainContext
from eth.db.atomic import AtomicDB
from eth.db.trie import make_trie_root_and_nodes
from eth.exceptions import InsufficientFunds, OutOfGas, Revert
from eth.vm.forks.prague import PragueVM
from eth.vm.forks.prague.blocks import PragueBlockHeader
from eth.vm.message import Message
from eth_abi import decode
from eth_utils import ValidationError

GAS_LIMIT = 60_000_000
CALL_GAS = 30_000_000
COINBASE = bytes.fromhex("4200000000000000000000000000000000000011")
DEFAULT_TIP = 1_000_000


class RPCError(Exception):
    def __init__(self, code, message, data=None):
        super().__init__(message)
        self.code, self.message, self.data = code, message, data


@dataclasses.dataclass
class Mined:
    tx: SignedTransactionAPI
    status: int
    gas_used: int
    cumulative: int
    logs: tuple
    index: int
    log_index: int
    price: int
    block: "Block" = None


@dataclasses.dataclass
class Block:
    header: PragueBlockHeader
    mined: list

    @property
    def number(self):
        return self.header.block_number


def sender_of(tx):
    return bytes(tx.sender)


class Chain:
    """Not thread-safe. All amounts are integers, addresses and hashes bytes."""

    def __init__(self, chain_id, accounts, base_fee):
        """accounts: {address: {"balance", "code", "storage": {slot: value}}}"""
        self.chain_id, self.base_fee = chain_id, base_fee
        self.time_offset = 0
        self.finality = 0
        self.pool = {}          # sender → {nonce: transaction}
        self.by_hash = {}       # transaction hash → Mined
        self.generation = 0     # in every header, so that a block after a reorganisation has another hash
        self._db = AtomicDB()
        self._context = ChainContext(chain_id)
        header = PragueBlockHeader(
            difficulty=0, block_number=0, gas_limit=GAS_LIMIT, timestamp=self.now(), coinbase=COINBASE, base_fee_per_gas=base_fee
        )
        state = PragueVM.build_state(self._db, header, self._context)
        for address, account in accounts.items():
            if "balance" in account:
                state.set_balance(address, account["balance"])
            if "code" in account:
                state.set_code(address, account["code"])
                state.set_nonce(address, 1)
            for slot, value in account.get("storage", {}).items():
                state.set_storage(address, slot, value)
        state.persist()
        self.blocks = [Block(header.copy(state_root=state.state_root), [])]
        self._head_state = None

    # What is there

    def now(self):
        return int(time.time()) + self.time_offset

    @property
    def head(self):
        return self.blocks[-1]

    def state(self, block=None):
        """The state after a block, in which calls run at the present time. Only for reading: changes are reverted."""
        block = block or self.head
        if block is self.head and self._head_state is not None:
            state = self._head_state
        else:
            state = PragueVM.build_state(self._db, block.header, self._context, self._previous_hashes(block.number))
            if block is self.head:
                self._head_state = state
        if block is self.head:
            header = block.header.copy(timestamp=max(self.now(), block.header.timestamp))
            state.execution_context = PragueVM.create_execution_context(
                header, self._previous_hashes(block.number), self._context
            )
        return state

    def _previous_hashes(self, number):
        return [block.header.hash for block in reversed(self.blocks[max(0, number - 256):number])]

    def block_by_hash(self, block_hash):
        return next((block for block in reversed(self.blocks) if block.header.hash == block_hash), None)

    def finalized(self):
        return self.blocks[max(0, len(self.blocks) - 1 - self.finality)]

    def pooled(self, tx_hash):
        return next((tx for queue in self.pool.values() for tx in queue.values() if tx.hash == tx_hash), None)

    def next_nonce(self, address):
        """The nonce after everything that is mined or could be mined now."""
        nonce = self.state().get_nonce(address)
        while nonce in self.pool.get(address, {}):
            nonce += 1
        return nonce

    # Calls

    def run(self, sender, to, data, value=0, gas=CALL_GAS, block=None):
        """Runs a message and takes every effect back. Returns (gas used before refunds, computation)."""
        state = self.state(block)
        state.lock_changes()
        snapshot = state.snapshot()
        try:
            code, delegate = state.get_transaction_executor().get_code_at_address(to)
            state.mark_address_warm(sender)
            state.mark_address_warm(to)
            message = Message(gas=gas, to=to, sender=sender, value=value, data=data, code=code,
                              **({"code_address": to} if delegate is None else {}))
            context = state.get_transaction_context_class()(gas_price=0, origin=sender)
            computation = state.computation_class.apply_message(state, message, context)
            return computation.get_gas_used(), computation
        except InsufficientFunds:
            raise RPCError(-32000, "insufficient funds for gas * price + value: address 0x" + sender.hex())
        finally:
            state.revert(snapshot)

    def call(self, sender, to, data, value=0, gas=CALL_GAS, block=None):
        _, computation = self.run(sender, to, data, value, gas, block)
        raise_failure(computation)
        return bytes(computation.output)

    def estimate(self, sender, to, data, value=0, block=None):
        """The least gas (within one percent) with which the transaction succeeds."""
        intrinsic = 21_000 + sum(4 if byte == 0 else 16 for byte in data)
        floor = 21_000 + 10 * sum(1 if byte == 0 else 4 for byte in data)
        used, computation = self.run(sender, to, data, value, CALL_GAS, block)
        raise_failure(computation)
        low, high = used, used
        while True:
            if not self.run(sender, to, data, value, high, block)[1].is_error:
                break
            low, high = high, high * 2 + 2_300
        while high - low > high // 100 + 1:
            middle = (low + high) // 2
            if self.run(sender, to, data, value, middle, block)[1].is_error:
                low = middle
            else:
                high = middle
        return max(intrinsic + high, floor)

    # The mempool

    def decode(self, raw):
        try:
            tx = PragueVM.get_transaction_builder().decode(raw)
        except Exception as error:
            raise RPCError(-32000, f"rlp: {error}") from error
        have = tx.chain_id
        if have is not None and have != self.chain_id:
            raise RPCError(-32000, f"invalid sender: invalid chain id for signer: have {have} want {self.chain_id}")
        try:
            tx.validate()
            sender_of(tx)
        except Exception as error:
            raise RPCError(-32000, f"invalid sender: {error}") from error
        return tx

    def admit(self, tx):
        """Puts a transaction in the mempool, or says why not in the words of geth."""
        state, sender = self.state(), sender_of(tx)
        queue = self.pool.get(sender, {})
        if self.pooled(tx.hash):
            raise RPCError(-32000, "already known")
        if tx.gas > GAS_LIMIT:
            raise RPCError(-32000, "exceeds block gas limit")
        if tx.max_priority_fee_per_gas > tx.max_fee_per_gas:
            raise RPCError(-32000, "max priority fee per gas higher than max fee per gas: address 0x"
                           f"{sender.hex()}, maxPriorityFeePerGas: {tx.max_priority_fee_per_gas}, maxFeePerGas: {tx.max_fee_per_gas}")
        if tx.gas < tx.intrinsic_gas:
            raise RPCError(-32000, f"intrinsic gas too low: gas {tx.gas}, minimum needed {tx.intrinsic_gas}")
        nonce = state.get_nonce(sender)
        if tx.nonce < nonce:
            raise RPCError(-32000, f"nonce too low: next nonce {nonce}, tx nonce {tx.nonce}")
        cost, balance = tx.gas * tx.max_fee_per_gas + tx.value, state.get_balance(sender)
        queued = sum(each.gas * each.max_fee_per_gas + each.value for n, each in queue.items() if n != tx.nonce)
        if balance < cost:
            raise RPCError(-32000, f"insufficient funds for gas * price + value: balance {balance}, tx cost {cost}, overshot {cost - balance}")
        if balance < cost + queued:
            raise RPCError(-32000, f"insufficient funds for gas * price + value: balance {balance}, queued cost {queued}, "
                           f"tx cost {cost}, overshot {cost + queued - balance}")
        old = queue.get(tx.nonce)
        if old is not None and (
            tx.max_fee_per_gas * 100 < old.max_fee_per_gas * 110
            or tx.max_priority_fee_per_gas * 100 < old.max_priority_fee_per_gas * 110
        ):
            raise RPCError(-32000, "replacement transaction underpriced")
        self.pool.setdefault(sender, {})[tx.nonce] = tx

    def ready(self):
        """The transactions of the mempool that the next block would take."""
        state = self.state()
        return [tx for sender in list(self.pool) for tx in self._chain_of(sender, state.get_nonce(sender))]

    def _chain_of(self, sender, nonce):
        queue = self.pool.get(sender, {})
        while nonce in queue and queue[nonce].max_fee_per_gas >= self.base_fee:
            yield queue[nonce]
            nonce += 1

    # Blocks

    def mine(self, only=None):
        """Appends a block with what the mempool has ready, or with the given transactions only."""
        parent = self.head.header
        header = PragueBlockHeader(
            difficulty=0, block_number=parent.block_number + 1, gas_limit=GAS_LIMIT, coinbase=COINBASE,
            timestamp=max(self.now(), parent.timestamp), parent_hash=parent.hash, base_fee_per_gas=self.base_fee,
            state_root=parent.state_root, extra_data=self.generation.to_bytes(4, "big"),
        )
        state = PragueVM.build_state(self._db, header, self._context, self._previous_hashes(header.block_number))
        queues, mined, logs, bloom = self._queues(only), [], 0, 0
        receipts = []
        while queues:
            queue = max(queues, key=lambda each: min(each[0].max_priority_fee_per_gas, each[0].max_fee_per_gas - self.base_fee))
            tx = queue.pop(0)
            if not queue:
                queues.remove(queue)
            if header.gas_used + tx.gas > GAS_LIMIT:
                continue
            self.pool.get(sender_of(tx), {}).pop(tx.nonce, None)
            state.lock_changes()
            try:
                computation = state.apply_transaction(tx)
            except (ValidationError, InsufficientFunds):
                continue
            receipt = PragueVM.make_receipt(header, tx, computation, state)
            receipts.append(receipt)
            price = min(tx.max_fee_per_gas, self.base_fee + tx.max_priority_fee_per_gas)
            mined.append(Mined(tx, 0 if computation.is_error else 1, receipt.gas_used - header.gas_used, receipt.gas_used,
                               tuple(receipt.logs), len(mined), logs, price))
            logs += len(receipt.logs)
            bloom |= receipt.bloom
            header = header.copy(gas_used=receipt.gas_used)
        state.persist()
        header = header.copy(
            state_root=state.state_root, bloom=bloom,
            transaction_root=make_trie_root_and_nodes([each.tx for each in mined])[0],
            receipt_root=make_trie_root_and_nodes(receipts)[0],
        )
        block = Block(header, mined)
        for each in mined:
            each.block = block
            self.by_hash[each.tx.hash] = each
        self.blocks.append(block)
        self._head_state = None
        self.pool = {sender: queue for sender, queue in self.pool.items() if queue}
        return block

    def _queues(self, only):
        if only is not None:
            return [[tx] for tx in only]
        state = self.state()
        return [queue for sender in list(self.pool) if (queue := list(self._chain_of(sender, state.get_nonce(sender))))]

    def reorganise(self, depth, forget):
        """Takes the last blocks away; their transactions go back to the mempool, or nowhere."""
        depth = min(depth, len(self.blocks) - 1)
        gone = self.blocks[len(self.blocks) - depth:]
        del self.blocks[len(self.blocks) - depth:]
        self.generation += 1
        self._head_state = None
        for block in gone:
            for each in block.mined:
                del self.by_hash[each.tx.hash]
                if not forget:
                    self.pool.setdefault(sender_of(each.tx), {})[each.tx.nonce] = each.tx


def raise_failure(computation):
    """geth's errors for a call that failed: 3 with the data for a revert, else -32000."""
    if not computation.is_error:
        return
    if isinstance(computation.error, Revert):
        data, message = bytes(computation.output), "execution reverted"
        if data[:4] == bytes.fromhex("08c379a0"):
            message += ": " + decode(["string"], data[4:])[0]
        raise RPCError(3, message, "0x" + data.hex())
    if isinstance(computation.error, OutOfGas):
        raise RPCError(-32000, "out of gas")
    raise RPCError(-32000, str(computation.error) or "invalid opcode: INVALID")


def encode_transaction(tx):
    return tx.encode() if hasattr(tx, "encode") else rlp.encode(tx)
