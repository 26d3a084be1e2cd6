#!/usr/bin/env python3
"""Breaks a shop on purpose, round after round, and looks from outside whether anything was lost or doubled.

torture.py --binary FILE [--rounds N] [--seed S] [--seconds N] [--keep]

A round draws buyers and troubles from its seed: RPC answers lost, spoilt, late and wrong, kill -9 at random and at named steps, slow blocks, front-runners,
gas spikes, a forgotten mempool, a locked database, a stopped process, a second sender with the settler's key. Then all is healed, and it must hold: every
buyer's money on the chain equals the goods received, none twice; no payment is open; ledger, audit log and chain agree; the next honest buyer is served.
Ends at the first round that fails, with its seed and plan: `--rounds 1 --seed THAT` plays the same plan again, in a fresh shop.
"""

import argparse
import json
import os
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import time

import torture_buyers as buyers
import torture_faults as faults
from torture_world import PURSE, Broken, World, keep_trying

#: A world grows with each round; a new one now and then also tests the first start.
ROUNDS_IN_A_WORLD = 50


def main():
    options = read_options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    began, done, world, folder = time.monotonic(), 0, None, None
    try:
        while done < options.rounds and time.monotonic() - began < options.seconds:
            if done % ROUNDS_IN_A_WORLD == 0:
                close(world)
                folder = pathlib.Path(tempfile.mkdtemp(prefix="pushcart-torture-"))
                world = World(options.binary, folder)
            seed = options.seed + done
            plan, crowd = play(world, seed)
            done += 1
            if sys.stderr.isatty() or done % 10 == 0:
                print(f"round {done} of {options.rounds}, seed {seed}, {time.monotonic() - began:.0f} s: {describe(plan)}", file=sys.stderr, flush=True)
        close(world)
        world = None
    except Broken as broken:
        print(f"torture: seed {options.seed + done}: {broken}", file=sys.stderr)
        print(f"The daemon's log and data: {folder}. Again: scripts/torture --rounds 1 --seed {options.seed + done}", file=sys.stderr)
        options.keep = True
        sys.exit(1)
    finally:
        if world:
            world.daemon.process.kill()
            world.chain.close()
        if folder and not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    print(f"{done} rounds from seed {options.seed} in {time.monotonic() - began:.0f} s: nothing was lost, nothing doubled.")


def read_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=os.environ.get("PUSHCART_BINARY"), help="pushcart (default: $PUSHCART_BINARY)")
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1, help="of the first round; the next ones count on")
    parser.add_argument("--seconds", type=int, default=10**9, help="no new round after so long")
    parser.add_argument("--keep", action="store_true", help="leaves the last shop's directory")
    options = parser.parse_args()
    if not options.binary:
        parser.error("say where pushcart is: --binary, or PUSHCART_BINARY")
    options.binary = os.path.abspath(options.binary)
    return options


def close(world):
    if world is None:
        return
    complaints = world.close() + world.complaints()
    if complaints:
        raise Broken("; ".join(complaints[:5]))
    shutil.rmtree(world.folder, ignore_errors=True)


def describe(plan):
    return ", ".join(each[0] if len(each) == 2 else f"{each[0]} {json.dumps(each[2:])[1:-1]}" for each in plan)


def play(world, seed):
    """One round.
    - Throws: `Broken` with the plan."""
    draw = random.Random(seed)
    plan = faults.draw(draw, faults.EVENTS)
    count = draw.randint(3, 6)
    wallets = world.wallets(count + 2, draw)
    deadline = time.monotonic() + 45
    crowd = [
        draw.choice(buyers.KINDS)(world, wallet, draw.choice(list(world.PRICE)), random.Random(draw.random()), deadline)
        for wallet in wallets[:count]
    ]
    copier = buyers.Copier(world, wallets[count], "song", random.Random(draw.random()), deadline)
    copier.victim = next((each for each in crowd if each.is_honest), None)
    if copier.victim:
        crowd.append(copier)
    try:
        for buyer in crowd:
            buyer.start()
        faults.carry_out(world, plan)
        time.sleep(0.2)
        faults.heal(world)
        for buyer in crowd:
            buyer.thread.join(max(0.1, deadline + 20 - time.monotonic()))
            if buyer.thread.is_alive():
                raise Broken(f"{buyer} waits for an answer still")
        settle(world)
        balances = world.chain.balances([each.account.address for each in crowd])
        for buyer in crowd:
            try:
                buyer.judge(PURSE - balances[buyer.account.address])
            except Broken as broken:
                raise Broken(f"{buyer}: {broken}") from broken
        world.check_books()
        late = buyers.Honest(world, wallets[-1], "song", draw, time.monotonic() + 10)
        late.run()
        if not late.got:
            raise Broken(f"the next honest buyer is not served: {late}")
        return plan, crowd
    except Broken as broken:
        raise Broken(f"{broken}\nplan: {json.dumps(plan)}\nbuyers: {crowd}") from broken


def settle(world):
    """Every payment comes to an end by itself, also those that the chain took back."""
    try:
        keep_trying("no payment is open and the chain agrees", world.agrees, 40)
    except Broken as broken:
        raise Broken(f"{broken}: {world.open_payments()}, {world.income()}") from broken


if __name__ == "__main__":
    main()
