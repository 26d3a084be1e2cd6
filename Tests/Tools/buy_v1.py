#!/usr/bin/env python3
"""Buys with the reference client x402 0.2.1, which speaks protocol v1, as it comes. One purchase a process: its clients pay once."""

import asyncio

from eth_account import Account

from buying import arguments, report


def with_httpx(options):
    from x402.clients.httpx import x402HttpxClient

    async def buy():
        async with x402HttpxClient(Account.from_key(options.key)) as http:
            answer = await http.request(options.method, options.url, headers=options.headers, content=options.data)
            return answer.status_code, answer.headers, answer.content

    return asyncio.run(buy())


def with_requests(options):
    from x402.clients.requests import x402_requests

    session = x402_requests(Account.from_key(options.key))
    answer = session.request(options.method, options.url, headers=options.headers, data=options.data)
    return answer.status_code, answer.headers, answer.content


if __name__ == "__main__":
    options = arguments(__doc__)
    report(options, with_httpx if options.client == "httpx" else with_requests)
