#!/usr/bin/env python3
"""Has a payment settled by a facilitator, as a shop of the reference implementation (x402 2.x) would, and prints what was answered."""

import argparse
import asyncio
import json

from eth_account import Account
from x402 import x402Client
from x402.http.facilitator_client import HTTPFacilitatorClient
from x402.http.facilitator_client_base import AuthHeaders, FacilitatorConfig
from x402.mechanisms.evm.exact.register import register_exact_evm_client
from x402.schemas import PaymentRequired, PaymentRequirements


class Bearer:
    def __init__(self, token):
        self.token = token

    def get_auth_headers(self):
        headers = {"Authorization": f"Bearer {self.token}"}
        return AuthHeaders(verify=headers, settle=headers, supported={})


async def main(options):
    requirements = PaymentRequirements(**json.loads(options.requirements))
    payer = register_exact_evm_client(x402Client(), Account.from_key(options.key))
    offer = PaymentRequired(x402_version=2, accepts=[requirements], resource={"url": "https://other.example/x", "description": "", "mime_type": ""})
    payload = await payer.create_payment_payload(offer)
    async with HTTPFacilitatorClient(FacilitatorConfig(url=options.url, auth_provider=Bearer(options.token))) as facilitator:
        supported = facilitator.get_supported()
        verified = await facilitator.verify(payload, requirements)
        # Twice, as after a lost answer.
        settled = [await facilitator.settle(payload, requirements) for _ in range(2)]
    def plain(each):
        return each.model_dump(by_alias=True, exclude_none=True, mode="json")
    print(json.dumps({"supported": plain(supported), "verified": plain(verified), "settled": [plain(each) for each in settled]}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("--url", "--token", "--key", "--requirements"):
        parser.add_argument(name, required=True)
    asyncio.run(main(parser.parse_args()))
