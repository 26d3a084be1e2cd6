"""Compiles the contracts in contracts/ to the code that lives on the chain, and remembers the result outside the tree."""

import hashlib
import json
import os
import pathlib
import tempfile

SOURCES = pathlib.Path(__file__).resolve().parent / "contracts"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "pushcart"


def runtime_code(name: str) -> bytes:
    """The run-time byte code of contracts/<name>.vy: what an address has once the contract is there."""
    source = (SOURCES / f"{name}.vy").read_text()
    kept = CACHE / f"contract-{hashlib.sha256(source.encode()).hexdigest()[:16]}.json"
    try:
        return bytes.fromhex(json.loads(kept.read_text())["code"])
    except (OSError, ValueError, KeyError):
        pass
    from vyper import compile_code

    code = compile_code(source, output_formats=["bytecode_runtime"])["bytecode_runtime"].removeprefix("0x")
    CACHE.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=CACHE)
    with os.fdopen(handle, "w") as file:
        json.dump({"code": code}, file)
    os.replace(temporary, kept)
    return bytes.fromhex(code)
