"""What buy_v1.py and buy_v2.py share: their arguments and the line that they print."""

import argparse
import base64
import hashlib
import json
import time


def arguments(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("url")
    parser.add_argument("--key", required=True, help="private key, hex")
    parser.add_argument("--client", choices=("httpx", "requests"), default="httpx")
    parser.add_argument("--out", metavar="FILE", help="where to write the goods")
    parser.add_argument("--method", default="GET")
    parser.add_argument("--data")
    parser.add_argument("--header", action="append", default=[], metavar="NAME: VALUE")
    options = parser.parse_args()
    options.headers = dict(each.split(": ", 1) for each in options.header)
    return options


def decoded(headers):
    """PAYMENT-RESPONSE, or the X- one of v1: as an object, as text where it is not one, None where there is none."""
    value = headers.get("payment-response") or headers.get("x-payment-response")
    try:
        return value and json.loads(base64.b64decode(value, validate=True))
    except ValueError:
        return value


def report(options, purchase):
    """Runs the purchase, which returns (status, headers, body), and prints one line of JSON about it."""
    started, line = time.monotonic(), {"status": None, "headers": {}, "paymentResponse": None, "sha256": None, "length": None, "error": None}
    try:
        status, headers, body = purchase(options)
        headers = {name.lower(): value for name, value in headers.items()}
        line.update(status=status, headers=headers, paymentResponse=decoded(headers),
                    sha256=hashlib.sha256(body).hexdigest(), length=len(body))
        if status != 200:
            line["body"] = body[:2000].decode(errors="replace")
        if options.out:
            with open(options.out, "wb") as file:
                file.write(body)
    except Exception as error:
        cause = error.__cause__
        line["error"] = {"type": type(error).__name__, "message": str(error), "cause": cause and f"{type(cause).__name__}: {cause}"}
    line["seconds"] = round(time.monotonic() - started, 3)
    print(json.dumps(line))
