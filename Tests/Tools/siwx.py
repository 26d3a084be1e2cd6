#!/usr/bin/env python3
"""Signs in with the reference client x402 2.x, its extension sign-in-with-x as it comes, or pays under an identifier of its own.

With --identifier it pays under that identifier (extension payment-identifier). Without, it signs in; it never pays then, for it knows no scheme.
"""

import argparse
import asyncio

from eth_account import Account

from buying import report


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--key", required=True, help="private key, hex")
    parser.add_argument("--identifier", help="pays under this identifier")
    parser.add_argument("--out", metavar="FILE", help="where to write the goods")
    return parser.parse_args()


def signing_in(options):
    from x402 import x402Client
    from x402.extensions.sign_in_with_x import CreateSIWxClientExtensionOptions, create_siwx_client_extension

    return x402Client().register_extension(
        create_siwx_client_extension(CreateSIWxClientExtensionOptions(signers=[Account.from_key(options.key)])))


def paying(options):
    from x402 import x402Client
    from x402.extensions.payment_identifier import append_payment_identifier_to_extensions
    from x402.mechanisms.evm.exact.register import register_exact_evm_client

    client = register_exact_evm_client(x402Client(), Account.from_key(options.key))

    def identify(context):
        append_payment_identifier_to_extensions(context.payment_required.extensions, options.identifier)

    return client.on_before_payment_creation(identify)


def purchase(options):
    from x402.http.clients.httpx import x402HttpxClient

    async def fetch():
        async with x402HttpxClient(paying(options) if options.identifier else signing_in(options)) as http:
            answer = await http.get(options.url)
            return answer.status_code, answer.headers, answer.content

    return asyncio.run(fetch())


if __name__ == "__main__":
    report(arguments(), purchase)
