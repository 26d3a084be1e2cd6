"""Hooks of schemathesis for contract.py: refusals of requests that fit the document, which no schema can tell of. Everything else that it finds counts."""

import json
import re

import schemathesis

# Status and kind of problem.
KINDS = {
    (422, "idempotency-key-reused"),  # short keys are drawn more than once
    (412, "precondition-failed"),  # the present edition is not drawn
}
# In the sentence of a 400.
SENTENCES = [
    r"The parameter “network”: no money is taken on that chain",  # the shop's own matter
    r"This cursor is not one of this list",  # it is opaque; one that was drawn is none of ours
]
# Pointers and reasons of the wrong fields of a 422; all that it tells of must be among them.
REASONS = [
    (r"/order", r"There is no order of that number"),
    (r"/amount", r"“[0-9.]+” (has more decimals than|is too large a price)"),
    (r"/content", r"These bytes are not here"),
    (r"/products/\d+", r"There is no product of that name"),
    (r"/email", r"Nobody here has this mail address"),
    (r"/price|/currency", r"Nothing that this shop is paid in stands for"),
    (r"/currency", r"A currency needs a budget"),
    (r"/budget", r"“[0-9.]+” (has more decimals than|is too large a price)"),
    (r"/payTo", r"The capitals of|“0x0+” is no address"),  # a checksum, and nobody's address
    (r"/rpcUrl|/settlerKey", r"Name (a node|the key)|This is no private key"),  # by what is set already, and by the curve's order
    (r"/price", r"“[0-9.]+” (has more decimals than the \d+ that can be paid|is too large a price)"),  # by what the shop is paid in
    (r"/scopes", r"The role \w+ does not have"),
    (r"/expiresAt", r"This time (has passed|is too far away)|A time is written .* not before 1970"),
    (r"/(length|answerLimit|wholeLimit|requestLimit|creditCount)", r"This must be a whole number, written without"),  # 4.0 is no whole number here: nothing may be rounded
    (r"/content", r"Name the bytes that are sold|An API has no bytes"),  # by the kind
    (r"/upstream|/routes|/kind", r"Only a product of kind|Say where its calls go"),
    (r"/upstream", r"An address is written as|This leads into a private network"),  # hosts and ports have no pattern
    (r"/upstreamHeader", r"A header field is written as"),
    (r"/routes/\d+", r".*"),  # a small language of its own
    (r"/creditCount|/creditAmount", r"Say (how many calls|what the calls)|Nothing that this shop is paid in|“[0-9.]+” (has more|is too large)"),
    (r"/addresses/\d+", r"An address block is written as"),  # the grammar of an IPv6 block is no pattern
]


def is_beyond_schemas(response):
    try:
        problem = json.loads(response.content)
        kind = problem["type"].removeprefix("urn:pushcart:problem:")
        errors = [(each["pointer"], each["reason"]) for each in problem.get("errors", [])]
    except (ValueError, KeyError, TypeError):
        return False
    status = response.status_code
    if (status, kind) in KINDS or (status == 400 and any(re.match(sentence, problem["detail"]) for sentence in SENTENCES)):
        return True
    known = [any(re.fullmatch(where, pointer) and re.match(why, reason) for where, why in REASONS) for pointer, reason in errors]
    return status == 422 and bool(known) and all(known)


@schemathesis.hook
def before_call(context, case, kwargs):
    """The coverage phase (4.32.5) sends `If-Match: 0` for the pattern of an ETag, without its quotes, and would get no further than a 400."""
    # A changed header would bring back the one that the case is to leave out; 401 comes before If-Match anyway.
    if (case.headers or {}).get("If-Match") == "0" and getattr(case.meta.phase.data, "parameter", None) != "Authorization":
        case.headers["If-Match"] = "*"


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """False drops the failure."""
    match failure.code:
        case "ST202":  # a request that fits the document was refused
            return not is_beyond_schemas(response)
        case "ST201":  # one that does not was taken: 412 is no taking, and comes before the body is read (RFC 9110, 13.2.1)
            edition = response.request.headers.get("If-Match", "")
            return not (response.status_code == 412 and re.fullmatch(r'\*|"[!#-~]{1,64}"', edition))
        case "ST301":  # something deleted is still there: a revoked key is, and says so
            return not (failure.free.startswith("DELETE /keys/") and b'"revokedAt"' in response.content)
    return True
