#!/usr/bin/env python3
"""Buys with the reference client x402 2.x as it comes: its own spend controls, its own time limits."""

import asyncio

from eth_account import Account

from buying import arguments, report


def with_httpx(options):
    from x402 import x402Client
    from x402.http.clients.httpx import x402HttpxClient
    from x402.mechanisms.evm.exact.register import register_exact_evm_client

    async def buy():
        client = register_exact_evm_client(x402Client(), Account.from_key(options.key))
        async with x402HttpxClient(client) as http:
            answer = await http.request(options.method, options.url, headers=options.headers, content=options.data)
            return answer.status_code, answer.headers, answer.content

    return asyncio.run(buy())


def with_requests(options):
    from x402 import x402ClientSync
    from x402.http.clients.requests import x402_requests
    from x402.mechanisms.evm.exact.register import register_exact_evm_client

    client = register_exact_evm_client(x402ClientSync(), Account.from_key(options.key))
    answer = x402_requests(client).request(options.method, options.url, headers=options.headers, data=options.data)
    return answer.status_code, answer.headers, answer.content


if __name__ == "__main__":
    options = arguments(__doc__)
    report(options, with_httpx if options.client == "httpx" else with_requests)
