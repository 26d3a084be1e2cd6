#!/usr/bin/env python3
"""Holds a shop's API to its own OpenAPI document with schemathesis: once with an owner's key, once with nothing.

contract.py [--binary FILE] [--max-examples N] [--seed N] [--seconds N]

Starts a shop of its own in a temporary directory, with a product, a key and a sale, and ends it. Exit code 1 when something is found: a 5xx, a status,
header field or body that the document does not tell of, a request that fits it and is refused, one that does not and is taken.
Run with the Python of the environment of requirements-schemathesis.txt. contract_rules.py says which refusals no schema can tell of.
"""

import argparse
import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

TOOLS = pathlib.Path(__file__).resolve().parent


class Finding(Exception):
    pass


def main():
    arguments = read_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the shop is ended too
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="pushcart-contract-") as name:
        folder = pathlib.Path(name)
        # PUSHCART_… of the caller could point the commands at another shop.
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("PUSHCART_", "SCHEMATHESIS_"))}
        environment |= {"PUSHCART_RATE_LIMIT": "off", "XDG_STATE_HOME": f"{folder}/state"}
        found = []
        with Shop(arguments.binary, folder, environment) as shop:
            key = shop.fill()
            for who, credential in [("owner", key), ("anonymous", None)]:
                try:
                    counts = schemathesis(who, credential, shop, arguments, deadline=began + arguments.seconds)
                    print(f"{who}: {counts}", flush=True)
                except Finding as finding:
                    found.append(str(finding))
                    print(f"{who}: something was found\n{finding}", flush=True)
            found += shop.complaints()
        found += shop.complaints_at_end
        print(f"{time.monotonic() - began:.0f} s in all", flush=True)
        if found:
            sys.exit("contract: " + "; ".join(each.strip().splitlines()[-1] for each in found))


def read_arguments():
    parser = argparse.ArgumentParser(description="Holds a shop's API to its own OpenAPI document.")
    parser.add_argument("--binary", default=os.environ.get("PUSHCART_BINARY"), help="pushcart (default: $PUSHCART_BINARY)")
    parser.add_argument("--max-examples", type=int, default=40, help="requests drawn for an operation (40)")
    parser.add_argument("--seed", type=int, default=402)
    parser.add_argument("--seconds", type=int, default=300, help="the most that all of it may take (300)")
    arguments = parser.parse_args()
    if not arguments.binary:
        parser.error("say where pushcart is: --binary, or PUSHCART_BINARY")
    arguments.binary = os.path.abspath(arguments.binary)
    return arguments


class Shop:
    """A daemon with practice money; entered when it answers, left when it has ended."""

    def __init__(self, binary, folder, environment):
        self.binary, self.folder, self.environment = binary, folder, environment
        self.log = folder / "log"
        self.complaints_at_end = []

    def __enter__(self):
        # The daemon takes no port 0. Nobody else should take a port that was just given and never listened on.
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.origin = f"http://127.0.0.1:{probe.getsockname()[1]}"
        self.process = subprocess.Popen(
            [self.binary, "serve", "--data", self.folder / "data", "--listen", self.origin.removeprefix("http://")],
            stdin=subprocess.DEVNULL, stdout=self.log.open("ab"), stderr=subprocess.STDOUT, env=self.environment, cwd=self.folder)
        try:
            deadline = time.monotonic() + 30
            while not self.answers():
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("the shop does not open: " + self.log.read_text(errors="replace"))
                time.sleep(0.05)
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(30)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.process.returncode != 0:
            self.complaints_at_end.append(f"the shop ended with {self.process.returncode} instead of 0 on SIGTERM")

    def answers(self):
        try:
            with urllib.request.urlopen(f"{self.origin}/healthz", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def complaints(self):
        """What the run has done to the daemon."""
        found = [] if self.answers() else ["/healthz does not answer any more"]
        lines = [line for line in self.log.read_text(errors="replace").splitlines() if re.match(r"\S+ (error|critical) ", line)]
        if lines:
            print("\n".join(lines[:20]))
            found.append(f"{len(lines)} lines of the log are errors")
        return found

    def run(self, *arguments):
        done = subprocess.run([self.binary, *arguments], env=self.environment, cwd=self.folder, capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise RuntimeError(f"pushcart {' '.join(map(str, arguments[:2]))}: {done.stdout}{done.stderr}")
        return done.stdout

    def fill(self):
        """Makes a product, a key and a sale, so that lists are not empty; returns the key."""
        (self.folder / "text.md").write_text("Hello.\n\n<!-- more -->\n\nWorld.\n")
        data = ("--data", self.folder / "data")
        self.run("product", "add", *data, "--slug", "hello", "--title", "Hello", "--price", "0.01", "--article", self.folder / "text.md")
        key = json.loads(self.run("key", "create", *data, "--name", "contract", "--role", "owner", "--json"))["key"]
        self.run("buy", f"{self.origin}/p/hello", "--output", self.folder / "bought", "--json")
        return key


def schemathesis(who, credential, shop, arguments, deadline):
    """Returns what was done in a line.
    - Throws: `Finding` with schemathesis' output."""
    command = [
        sys.executable, "-m", "schemathesis.cli", "run", f"{shop.origin}/api/v1/openapi.json",
        "--checks", "all", "--phases", "examples,coverage,fuzzing,stateful", "--max-examples", str(arguments.max_examples),
        # One worker, no database of examples: the same seed draws the same requests, but for what comes from answers.
        "--seed", str(arguments.seed), "--workers", "1", "--generation-database", "none", "--continue-on-failure",
        # The keys are those of this throw-away shop, and a reproduction needs what was sent.
        "--output-sanitize", "false", "--no-color", "--request-timeout", "20"]
    if credential:
        command += ["--header", f"Authorization: Bearer {credential}"]
    environment = shop.environment | {"SCHEMATHESIS_HOOKS": "contract_rules", "PYTHONPATH": str(TOOLS), "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "160"}
    output = shop.folder / f"{who}.txt"
    with output.open("wb") as file:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, env=environment, cwd=shop.folder)
        try:
            code = process.wait(max(1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            code = None
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    text = output.read_text(errors="replace")
    if code is None:
        raise Finding(f"{text}\n{who}: not done in {arguments.seconds} s")
    summary = text[text.rfind("= SUMMARY ="):]
    selected, tested = re.search(r"Selected: (\d+)/", summary), re.search(r"Tested: (\d+)", summary)
    generated = re.search(r"(\d+) generated", summary)
    if code != 0:
        raise Finding(f"{text}\n{who}: {re.sub('=', '', text.strip().splitlines()[-1]).strip()}")
    if not (selected and tested and generated) or selected[1] != tested[1]:
        raise Finding(f"{text}\n{who}: not every operation was tested")
    return f"{tested[1]} operations, {generated[1]} requests in order"


if __name__ == "__main__":
    main()
