"""What is done to a shop in a round of torture. A plan is drawn from the round's seed; carrying it out takes real time."""

import contextlib
import http.client
import signal
import subprocess
import sys
import time

import desk
from torture_world import TOOLS

METHODS = ["eth_sendRawTransaction", "eth_getTransactionReceipt", "eth_call", "eth_getCode", "eth_getBlockByNumber", "eth_getTransactionCount",
           "eth_getLogs", "eth_chainId", "eth_getBalance", "*"]
MODES = ["lose_answer", "error_after", "error_before", "rubbish", "huge", "wrong_chain_id", "drop_tx", "delay", "http_500", "null_receipt", "hang"]

#: Where a kill comes: while the node is silent in the midst of a method, before or after it did what it was asked.
STEPS = {
    "verifying": ("eth_call", False), "before the send": ("eth_getTransactionCount", False), "stored and not sent": ("eth_sendRawTransaction", False),
    "sent and not told": ("eth_sendRawTransaction", True), "before the receipt": ("eth_getTransactionReceipt", False),
    "at the receipt": ("eth_getTransactionReceipt", True),
}


def draw(random, kinds):
    """The events of a round, each as [what, seconds after the start, …]."""
    plan = []
    for _ in range(random.randint(1, 3)):
        what, at = random.choice(kinds), round(random.random(), 2)
        if what == "spoil":
            rule = {"mode": random.choice(MODES), "method": random.choice(METHODS), "count": random.randint(1, 6), "skip": random.randint(0, 2)}
            if rule["mode"] in ("wrong_chain_id", "drop_tx", "null_receipt"):
                del rule["method"]
            if rule["mode"] in ("delay", "hang"):
                rule["seconds"] = round(random.uniform(0.2, 2), 2)
            if rule["mode"] in ("hang", "rubbish", "http_500"):
                rule["execute"] = random.random() < 0.5
            plan.append([what, at, rule])
        elif what == "kill at":
            plan.append([what, at, random.choice(list(STEPS))])
        elif what == "slow blocks":
            plan.append([what, at, round(random.uniform(0.3, 1.5), 2)])
        elif what == "front-run":
            plan.append([what, at, random.randint(1, 3)])
        elif what == "clock":
            plan.append([what, at, random.choice([-600, -30, 5, 40])])
        elif what == "lock":
            plan.append([what, at, round(random.uniform(0.5, 2.5), 2)])
        elif what == "disk":
            plan.append([what, at, random.choice(["ENOSPC", "EIO", "EROFS", "SHORT"]), random.choice([20, 60, 100]), round(random.uniform(0.2, 1.5), 2)])
        elif what == "reorg":
            plan.append([what, at, random.randint(1, 3)])
        else:
            plan.append([what, at])
    return sorted(plan, key=lambda each: each[1])


EVENTS = ["spoil", "spoil", "spoil", "kill", "kill at", "kill at", "slow blocks", "front-run", "gas spike", "lost pool", "lock", "clock", "disk", "disk",
          "stop", "second sender", "reorg", "reorg"]


def carry_out(world, plan):
    began = time.monotonic()
    for what, at, *details in plan:
        time.sleep(max(0, began + at - time.monotonic()))
        chain = world.chain
        if what == "spoil":
            chain.admin(fault=details[0])
        elif what == "kill":
            world.kill()
        elif what == "kill at":
            kill_at(world, *STEPS[details[0]])
        elif what == "slow blocks":
            chain.admin(set_block_time=details[0])
        elif what == "front-run":
            chain.admin(front_run=details[0])
        elif what == "gas spike":
            chain.admin(gas_price=10**13)
        elif what == "lost pool":
            chain.admin(set_block_time="manual")
            time.sleep(0.3)
            chain.admin(drop_pool=True)
        elif what == "clock":
            chain.admin(time_offset=details[0])
        elif what == "lock":
            hold(world, details[0])
        elif what == "disk":
            world.disk.write_text(f"{details[0]} {details[1]}")
            time.sleep(details[2])
            world.disk.unlink()
        elif what == "stop":
            world.daemon.process.send_signal(signal.SIGSTOP)
            time.sleep(0.7)
            world.daemon.process.send_signal(signal.SIGCONT)
        elif what == "second sender":
            send_from_settler(world)
        elif what == "reorg":
            # The transactions wait for other blocks, and the new chain is longer, as it is where a reorganisation happens.
            chain.admin(reorg=details[0], mine=details[0] + 2)


def heal(world):
    """Everything from outside is as it should be again."""
    world.chain.admin(clear_faults=True, time_offset=0, front_run=False, gas_price=5_000_000, set_block_time=0, mine=1)
    world.lives()


def kill_at(world, method, executes):
    before = world.chain.calls(method)
    world.chain.admin(fault={"mode": "hang", "method": method, "seconds": 2, "execute": executes})
    deadline = time.monotonic() + 1.5
    while world.chain.calls(method) == before and time.monotonic() < deadline:
        time.sleep(0.01)
    world.kill()


def hold(world, seconds):
    """Another process holds the write lock of the shop's file."""
    holder = subprocess.Popen([sys.executable, TOOLS / "hold.py", "write", world.daemon.data / "shop.sqlite"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    holder.stdout.readline()
    time.sleep(seconds)
    holder.stdin.close()
    holder.wait(5)


def send_from_settler(world):
    """Somebody else uses the settler's key: the next account nonce is taken, unless the node's trouble spoils that too."""
    with contextlib.suppress(OSError, http.client.HTTPException, KeyError, ValueError):
        desk.transact(world.chain.url, "0x" + bytes(world.settler.key).hex())
