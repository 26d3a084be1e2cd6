"""Who may come in, seen from outside: what a stranger, a thief of yesterday's token or a colleague with a smaller role tries."""

import base64
import datetime
import hmac
import json
import statistics
import time

import pytest
from Crypto.PublicKey import ECC
from Crypto.Signature import eddsa

from daemon import Session

OWNER, PASSWORD = "owner@example.com", "an owner's long password"
ADA, BOB, MIA = "ada@example.com", "bob@example.com", "mia@example.com"
STAFF_PASSWORD = "quite another long password"


@pytest.fixture(scope="module")
def owner(daemon):
    return daemon.signed_in(OWNER, PASSWORD)


@pytest.fixture(scope="module")
def staff(daemon, owner):
    """People by their mail address."""
    return {
        email: daemon.person(owner.token, email, role, STAFF_PASSWORD)
        for email, role in [(ADA, "support"), (BOB, "support"), (MIA, "manager")]
    }


@pytest.fixture
def ada(daemon, staff):
    return daemon.signed_in(ADA, STAFF_PASSWORD)


@pytest.fixture
def bob(daemon, staff):
    return daemon.signed_in(BOB, STAFF_PASSWORD)


def nameless(answer):
    """A problem without the name of its request, which no two answers share."""
    return {name: value for name, value in json.loads(answer.body).items() if name != "request"}


def whoami(daemon, token, **rest):
    return daemon.call("GET", "/api/v1/me", bearer=token, **rest).status


# Access tokens


def encode(data):
    """Of JSON the very bytes that the shop writes, so that what is put together unchanged is the genuine token."""
    data = data if isinstance(data, bytes) else json.dumps(data, separators=(",", ":")).replace("/", "\\/").encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Forgery:
    """A genuine token taken to pieces, to be put together otherwise."""

    def __init__(self, daemon, token):
        head, claims, signature = token.split(".")
        self.genuine = decode(signature)
        self.head, self.claims = json.loads(decode(head)), json.loads(decode(claims))
        self.jwk = next(each for each in json.loads(daemon.call("GET", "/.well-known/jwks.json").body)["keys"] if each["kid"] == self.head["kid"])
        self.mine = ECC.generate(curve="ed25519")
        self.my_jwk = {"kty": "OKP", "crv": "Ed25519", "x": encode(self.mine.public_key().export_key(format="raw")), "kid": "mine", "alg": "EdDSA"}

    def token(self, sign, head=None, claims=None, drop=()):
        head = {name: value for name, value in (self.head | (head or {})).items() if name not in drop}
        text = f"{encode(head)}.{encode(self.claims | (claims or {}))}"
        return f"{text}.{encode(sign(text.encode()))}"

    def keep(self, _):
        return self.genuine

    def by_me(self, text):
        return eddsa.new(self.mine, "rfc8032").sign(text)


def hmac_by(secret, digest="sha256"):
    return lambda text: hmac.digest(secret, text, digest)


def public_key_forms(forgery):
    raw = decode(forgery.jwk["x"])
    pem = ECC.import_key(encoded=bytes.fromhex("302a300506032b6570032100") + raw).export_key(format="PEM")
    return {"raw": raw, "text": forgery.jwk["x"].encode(), "jwk": json.dumps(forgery.jwk).encode(), "pem": pem.encode(), "pem with newline": pem.encode() + b"\n"}


FORGERIES = {
    "alg none without a signature": lambda f: [f.token(lambda _: b"", {"alg": alg}) for alg in ("none", "None", "NONE", "nOnE")],
    "alg none with the genuine signature": lambda f: [f.token(f.keep, {"alg": "none"})],
    "no alg": lambda f: [f.token(f.by_me, drop=["alg"]), f.token(f.keep, drop=["alg"])],
    "HS256 with the public key as secret": lambda f: [f.token(hmac_by(key), {"alg": "HS256"}) for key in public_key_forms(f).values()],
    "HS512 with the public key as secret": lambda f: [f.token(hmac_by(key, "sha512"), {"alg": "HS512"}) for key in public_key_forms(f).values()],
    "HS512 that says EdDSA": lambda f: [f.token(hmac_by(key, "sha512")) for key in public_key_forms(f).values()],
    "unknown kid": lambda f: [f.token(f.by_me, {"kid": kid}) for kid in ("mine", "", "0", "default")],
    "no kid": lambda f: [f.token(f.by_me, drop=["kid"]), f.token(f.keep, drop=["kid"])],
    "kid that is no text": lambda f: [f.token(f.by_me, {"kid": kid}) for kid in (None, 1, [f.head["kid"]], {"": 1})],
    "kid with a path": lambda f: [
        f.token(sign, {"kid": kid, "alg": alg}) for kid in ("../../../../../../dev/null", "/dev/null", "keys/node.key", "' OR 1=1 --", "file:///dev/null")
        for alg, sign in (("EdDSA", f.by_me), ("HS256", hmac_by(b"")))],
    "embedded jwk": lambda f: [f.token(f.by_me, {"jwk": f.my_jwk}), f.token(f.by_me, {"jwk": f.my_jwk, "kid": "mine"}), f.token(f.keep, {"jwk": f.jwk})],
    "jku, x5u and x5c": lambda f: [
        f.token(f.by_me, {"jku": "http://127.0.0.1:1/jwks.json"}), f.token(f.by_me, {"x5u": "http://127.0.0.1:1/key.pem"}), f.token(f.by_me, {"x5c": ["AA=="]})],
    "crit": lambda f: [f.token(f.by_me, {"crit": ["exp"]}), f.token(f.keep, {"crit": ["b64"], "b64": False})],
    "signed by somebody else": lambda f: [f.token(f.by_me)],
    "another type": lambda f: [f.token(f.by_me, {"typ": typ}) for typ in ("JWT", "id+jwt")],
    "over": lambda f: [f.token(f.keep, claims={"iat": f.claims["iat"] - 7200, "exp": f.claims["exp"] - 7200})],
    "lengthened": lambda f: [f.token(f.keep, claims={"exp": f.claims["exp"] + 3600})],
    "another role": lambda f: [f.token(f.keep, claims={"role": "owner", "sub": "1"}), f.token(f.keep, claims={"role": "manager"})],
    "another person": lambda f: [f.token(f.keep, claims={"sub": str(int(f.claims["sub"]) + 1)})],
    "a signature too many": lambda f: [f.token(f.keep) + ".", f.token(f.keep) + "." + encode(f.genuine), "." + f.token(f.keep)],
    "S beyond the group's order": lambda f: [f.token(
        lambda _: f.genuine[:32] + (int.from_bytes(f.genuine[32:], "little") + 2**252 + 27742317777372353535851937790883648493).to_bytes(32, "little"))],
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_access_token_is_nobody(daemon, ada, name):
    forgery = Forgery(daemon, ada.token)
    assert whoami(daemon, forgery.token(forgery.keep)) == 200, "taken to pieces and put together again, it is the genuine one"
    for token in FORGERIES[name](forgery):
        answer = daemon.call("GET", "/api/v1/me", bearer=token)
        assert answer.status == 401, (token, answer)
    assert whoami(daemon, ada.token) == 200, "the genuine one is as good as before"


def test_a_token_says_when_it_ends_and_that_is_soon(daemon, ada):
    claims = Forgery(daemon, ada.token).claims
    assert claims["exp"] - claims["iat"] <= 600 and abs(claims["iat"] - time.time()) < 60


def test_the_published_keys_are_public(daemon, owner):
    for key in json.loads(daemon.call("GET", "/.well-known/jwks.json").body)["keys"]:
        assert key["kty"] == "OKP" and "d" not in key and "k" not in key


# Sessions


@pytest.mark.parametrize("how", ["by its number", "from elsewhere", "signing out"])
def test_the_token_of_an_ended_session_is_nobody_at_once(daemon, staff, how):
    ended, other = daemon.signed_in(ADA, STAFF_PASSWORD), daemon.signed_in(ADA, STAFF_PASSWORD)
    assert whoami(daemon, ended.token) == whoami(daemon, other.token) == 200
    path, by = {"by its number": (f"/{ended.id}", other), "from elsewhere": ("", other), "signing out": (f"/{ended.id}", ended)}[how]
    assert daemon.call("DELETE", f"/api/v1/sessions{path}", bearer=by.token).status == 204
    assert whoami(daemon, ended.token) == 401
    assert daemon.refresh(ended.cookie).status == 401
    assert whoami(daemon, other.token) == 200


def test_a_new_password_ends_all_other_sessions(daemon, owner):
    daemon.person(owner.token, "pia@example.com", "support", STAFF_PASSWORD)
    before, here = daemon.signed_in("pia@example.com", STAFF_PASSWORD), daemon.signed_in("pia@example.com", STAFF_PASSWORD)
    change = {"old": STAFF_PASSWORD, "new": "a password of this afternoon"}
    assert daemon.call("PUT", "/api/v1/me/password", change, bearer=here.token, address=daemon.fresh_address()).status == 204
    assert (whoami(daemon, before.token), whoami(daemon, here.token)) == (401, 200)
    assert daemon.refresh(before.cookie).status == 401
    assert daemon.sign_in("pia@example.com", STAFF_PASSWORD).status == 401


@pytest.mark.parametrize("what", ["disable", "role"])
def test_who_is_let_in_no_more_or_has_another_role_is_so_at_once(daemon, owner, what):
    number = daemon.person(owner.token, f"{what}@example.com", "manager", STAFF_PASSWORD)
    session = daemon.signed_in(f"{what}@example.com", STAFF_PASSWORD)
    assert daemon.call("GET", "/api/v1/people", bearer=session.token).status == 200
    method, path, body = {"disable": ("POST", "disable", None), "role": ("PUT", "role", {"role": "support"})}[what]
    assert daemon.call(method, f"/api/v1/people/{number}/{path}", body, bearer=owner.token).status == 200
    assert daemon.call("GET", "/api/v1/people", bearer=session.token).status in (401, 403)
    if what == "disable":
        assert daemon.refresh(session.cookie).status == 401
        assert daemon.sign_in("disable@example.com", STAFF_PASSWORD).status == 401


def test_a_refresh_cookie_that_comes_again_ends_its_session(daemon, ada):
    elsewhere = daemon.signed_in(ADA, STAFF_PASSWORD)
    second = Session.of(daemon.refresh(ada.cookie))
    assert second.id == ada.id and second.cookie != ada.cookie and whoami(daemon, second.token) == 200
    again = daemon.refresh(ada.cookie)
    assert again.status == 401 and again.kind == "session-over" and again.cookie is None
    assert daemon.refresh(second.cookie).status == 401, "the thief's successor, or the owner's, is over too"
    assert whoami(daemon, ada.token) == whoami(daemon, second.token) == 401
    assert whoami(daemon, elsewhere.token) == 200 and daemon.refresh(elsewhere.cookie).status == 200


FOREIGN = [
    [("Origin", "https://evil.example")], [("Origin", "null")], [("Sec-Fetch-Site", "cross-site")], [("Sec-Fetch-Site", "same-site")], [("Sec-Fetch-Site", "none")],
    [("Origin", "https://evil.example"), ("Sec-Fetch-Site", "same-origin")],
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_a_page_of_another_origin_cannot_refresh(daemon, ada, headers):
    refused = daemon.refresh(ada.cookie, headers=headers)
    assert refused.status == 403 and refused.cookie is None and b"accessToken" not in refused.body
    own = daemon.refresh(ada.cookie, headers=[("Origin", daemon.origin), ("Sec-Fetch-Site", "same-origin")])
    assert own.status == 200, "and the cookie is not used up by that"


def test_an_origin_that_begins_like_the_shops_is_foreign(daemon, ada):
    for origin in (f"{daemon.origin}.evil.example", f"{daemon.origin}0", daemon.origin.replace("http:", "https:"), "http://127.0.0.1"):
        assert daemon.refresh(ada.cookie, headers=[("Origin", origin)]).status == 403


def test_two_origins_are_foreign(daemon, ada):
    for origins in ([daemon.origin, "https://evil.example"], ["https://evil.example", daemon.origin]):
        assert daemon.refresh(ada.cookie, headers=[("Origin", each) for each in origins]).status in (400, 403)


def test_the_cookie_alone_opens_nothing(daemon, ada):
    for method, path in [("GET", "/api/v1/me"), ("GET", "/api/v1/sessions"), ("DELETE", "/api/v1/sessions")]:
        assert daemon.call(method, path, cookie=ada.cookie).status == 401


def test_the_cookie_is_kept_from_scripts_and_other_sites(daemon, staff):
    [cookie] = daemon.sign_in(ADA, STAFF_PASSWORD).all("set-cookie")
    attributes = {each.strip().lower() for each in cookie.split(";")[1:]}
    assert {"httponly", "samesite=strict", "path=/api/v1/sessions"} <= attributes


def test_a_body_that_a_form_can_send_signs_nobody_in(daemon, staff):
    body = json.dumps({"email": ADA, "password": STAFF_PASSWORD}).encode()
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        assert daemon.call("POST", "/api/v1/sessions", body, headers=[("Content-Type", kind)], address=daemon.fresh_address()).status == 415


def test_a_cookie_that_was_there_before_signing_in_is_not_taken_over(daemon, ada):
    for planted in (ada.cookie, "A" * 43):
        victim = daemon.signed_in(BOB, STAFF_PASSWORD, cookie=planted)
        assert victim.id != ada.id and victim.cookie != planted and victim.person != ada.person
    attacker = Session.of(daemon.refresh(ada.cookie))
    assert attacker.person == ada.person, "who planted it is still who they were"
    assert daemon.refresh("A" * 43).status == 401


# Guessing


def wrong(daemon, email, password="never the right password"):
    began = time.perf_counter()
    answer = daemon.sign_in(email, password)
    return time.perf_counter() - began, answer


def test_an_unknown_address_is_answered_like_a_wrong_password(daemon, owner, staff):
    daemon.person(owner.token, "gone@example.com", "support", STAFF_PASSWORD)
    gone = next(each for each in daemon.call("GET", "/api/v1/people?limit=500", bearer=owner.token).json["items"] if each["email"] == "gone@example.com")
    assert daemon.call("POST", f"/api/v1/people/{gone['id']}/disable", bearer=owner.token).status == 200
    invited = daemon.call("POST", "/api/v1/people", {"email": "invited@example.com", "role": "support"}, bearer=owner.token)
    assert invited.status == 201
    told = {who: wrong(daemon, who)[1] for who in (BOB, "nobody@example.com", "gone@example.com", "invited@example.com", "no address at all")}
    told["gone@example.com, right password"] = daemon.sign_in("gone@example.com", STAFF_PASSWORD)
    known = told[BOB]
    assert known.status == 401 and known.kind == "wrong-credentials"
    for who, answer in told.items():
        assert (answer.status, nameless(answer)) == (known.status, nameless(known)), who
        assert sorted(name for name, _ in answer.headers) == sorted(name for name, _ in known.headers), who


def test_an_unknown_address_takes_as_long_as_a_wrong_password(daemon, staff):
    """Another machine's load can spoil one measurement; somebody who can tell the two apart can do so each time."""
    ratios = []
    for attempt in range(3):
        known, unknown = [], []
        for number in range(8):
            # Alternating, and never the first of its kind; each streak of wrong passwords stays short of a delay.
            known.append(wrong(daemon, [ADA, BOB, MIA][number % 3])[0])
            unknown.append(wrong(daemon, f"nobody-{attempt}-{number}@example.com")[0])
        ratios.append(statistics.median(unknown) / statistics.median(known))
        if 1 / 1.6 < ratios[-1] < 1.6:
            return
    pytest.fail(f"unknown addresses took {', '.join(f'{each:.2f}' for each in ratios)} times as long")


def test_wrong_passwords_lock_nobody_out(daemon, staff):
    for _ in range(14):
        assert wrong(daemon, MIA)[1].status == 401
    assert daemon.sign_in(MIA, STAFF_PASSWORD).status == 201


def test_guessing_from_one_address_becomes_slow(daemon, owner):
    daemon.person(owner.token, "guessed@example.com", "support", STAFF_PASSWORD)
    address = daemon.fresh_address()
    told = [daemon.sign_in("guessed@example.com", f"wrong password {number}", address=address) for number in range(12)]
    assert [each.status for each in told[:10]] == [401] * 10
    assert told[-1].status == 429 and int(told[-1].all("retry-after")[0]) >= 1
    assert daemon.sign_in("guessed@example.com", STAFF_PASSWORD, address=address).status == 429, "the right one waits too: an answer would tell"


# What is others'


def test_sessions_of_others_are_not_there(daemon, ada, bob):
    assert {each["id"] for each in daemon.call("GET", "/api/v1/sessions", bearer=ada.token).json["items"]}.isdisjoint({bob.id})
    theirs = daemon.call("DELETE", f"/api/v1/sessions/{bob.id}", bearer=ada.token)
    nobodys = daemon.call("DELETE", "/api/v1/sessions/999999", bearer=ada.token)
    assert (theirs.status, nameless(theirs)) == (nobodys.status, nameless(nobodys)) and theirs.status == 404
    assert daemon.call("DELETE", "/api/v1/sessions", bearer=ada.token).status == 204
    assert whoami(daemon, bob.token) == 200


def test_what_a_small_role_may_not_do_it_may_not_do_by_number_either(daemon, owner, ada, bob):
    key = daemon.key(owner.token, name="the owner's", role="owner")
    manager = daemon.signed_in(MIA, STAFF_PASSWORD)
    for method, path, body in [
        ("GET", f"/api/v1/keys/{key['id']}", None), ("DELETE", f"/api/v1/keys/{key['id']}", None), ("PATCH", f"/api/v1/keys/{key['id']}", {"name": "mine"}),
        ("POST", "/api/v1/keys", {"name": "x", "role": "owner"}), ("GET", f"/api/v1/people/{bob.person}", None), ("GET", f"/api/v1/people/{bob.person}/export", None),
        ("PATCH", f"/api/v1/people/{bob.person}", {"name": "x"}), ("PUT", f"/api/v1/people/{ada.person}/role", {"role": "owner"}),
        ("POST", f"/api/v1/people/{owner.person}/setup-link", None), ("POST", "/api/v1/setup-links", {"email": OWNER}),
        ("GET", f"/api/v1/people/{bob.person}/erasure", None), ("DELETE", f"/api/v1/people/{bob.person}?confirmation=x", None),
        ("POST", f"/api/v1/people/{owner.person}/disable", None), ("PATCH", "/api/v1/settings", {"name": "x"}),
    ]:
        assert daemon.call(method, path, body, bearer=ada.token).status == 403, (method, path)
        if method != "GET":
            assert daemon.call(method, path, body, bearer=manager.token).status == 403, (method, path)
    assert daemon.call("GET", "/api/v1/me", bearer=key["key"]).json["role"] == "owner", "and the key is as good as before"


def test_nobody_gives_more_than_they_have(daemon, owner):
    narrow = daemon.key(owner.token, name="narrow", role="owner", scopes=["keys:read", "keys:write", "people:write", "people:read"])
    for path, body in [("/api/v1/keys", {"name": "wide", "role": "owner"}), ("/api/v1/keys", {"name": "wide", "role": "manager", "scopes": ["products:write"]}),
                       ("/api/v1/people", {"email": "wide@example.com", "role": "owner"})]:
        assert daemon.call("POST", path, body, bearer=narrow["key"]).status == 403, (path, body)
    assert daemon.call("POST", f"/api/v1/people/{owner.person}/setup-link", bearer=narrow["key"]).status == 403
    assert daemon.call("PATCH", f"/api/v1/keys/{narrow['id']}", {"scopes": ["settings:write"]}, bearer=narrow["key"]).status in (403, 409)
    assert daemon.call("POST", "/api/v1/keys", {"name": "as narrow", "role": "owner", "scopes": ["keys:read"]}, bearer=narrow["key"]).status == 201


# Keys


def test_a_revoked_key_is_nobody_at_once(daemon, owner):
    key = daemon.key(owner.token, name="short-lived", role="analyst")
    assert whoami(daemon, key["key"]) == 200
    assert daemon.call("DELETE", f"/api/v1/keys/{key['id']}", bearer=owner.token).status == 200
    assert whoami(daemon, key["key"]) == 401
    assert "key" not in daemon.call("GET", f"/api/v1/keys/{key['id']}", bearer=owner.token).json
    assert daemon.call("PATCH", f"/api/v1/keys/{key['id']}", {"name": "again"}, bearer=owner.token).status == 404
    assert whoami(daemon, key["key"]) == 401


def test_a_key_ends_when_it_says(daemon, owner):
    ends = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=3)
    key = daemon.key(owner.token, name="three seconds", role="analyst", expiresAt=ends.strftime("%Y-%m-%dT%H:%M:%SZ"))
    assert whoami(daemon, key["key"]) == 200
    time.sleep(max(0, ends.timestamp() - time.time()))
    assert whoami(daemon, key["key"]) == 401
    past = daemon.call("POST", "/api/v1/keys", {"name": "past", "role": "analyst", "expiresAt": "2020-01-01T00:00:00Z"}, bearer=owner.token)
    assert past.status == 422


def test_a_key_works_from_its_addresses_only(daemon, owner):
    key = daemon.key(owner.token, name="one place", role="analyst", addresses=["127.9.0.0/30"])
    forwarded = [("X-Forwarded-For", "127.9.0.1"), ("Forwarded", "for=127.9.0.1"), ("X-Real-IP", "127.9.0.1")]
    assert [whoami(daemon, key["key"], address=each) for each in ("127.9.0.1", "127.9.0.3", "127.9.0.4", "127.0.0.1")] == [200, 200, 401, 401]
    assert whoami(daemon, key["key"], headers=forwarded) == 401, "nobody's word is taken for an address"


def test_a_key_does_what_its_scopes_say(daemon, owner):
    key = daemon.key(owner.token, name="reads orders", role="owner", scopes=["orders:read"])["key"]
    asked = {path: daemon.call("GET", f"/api/v1/{path}", bearer=key).status for path in ("orders", "products", "people", "keys", "settings")}
    assert asked == {"orders": 200, "products": 403, "people": 403, "keys": 403, "settings": 403}
    assert daemon.call("POST", "/api/v1/keys", {"name": "more", "role": "owner"}, bearer=key).status == 403
    none = daemon.key(owner.token, name="nothing at all", role="owner", scopes=[])["key"]
    assert daemon.call("GET", "/api/v1/orders", bearer=none).status == 403
    assert daemon.call("POST", "/api/v1/keys", {"name": "beyond", "role": "analyst", "scopes": ["keys:write"]}, bearer=owner.token).status == 422


def test_a_key_sees_and_changes_its_products_only(daemon, owner):
    article = daemon.folder / "article.md"
    article.write_text("Hello.\n")
    for slug in ("inside", "outside"):
        daemon.command("product", "add", "--slug", slug, "--title", slug, "--price", "0.01", "--article", article)
    daemon.run("buy", f"{daemon.origin}/p/outside", "--output", daemon.folder / "bought")
    [sale] = daemon.call("GET", "/api/v1/orders", bearer=owner.token).json["items"]
    key = daemon.key(owner.token, name="inside only", role="manager", products=["inside"])["key"]
    assert [each["slug"] for each in daemon.call("GET", "/api/v1/products", bearer=key).json["items"]] == ["inside"]
    assert daemon.call("GET", "/api/v1/products/inside", bearer=key).status == 200
    assert daemon.call("PATCH", "/api/v1/products/inside", {"title": "changed"}, bearer=key).status == 200
    for method, path, body in [("GET", "/api/v1/products/outside", None), ("PATCH", "/api/v1/products/outside", {"title": "changed"}),
                               ("POST", "/api/v1/products/outside/archive", None), ("GET", f"/api/v1/orders/{sale['id']}", None)]:
        assert daemon.call(method, path, body, bearer=key).status in (403, 404), (method, path)
    assert daemon.call("GET", "/api/v1/orders", bearer=key).json.get("items", []) == []
    assert daemon.call("GET", "/api/v1/products/outside", bearer=owner.token).json["title"] == "outside"


def test_a_key_that_is_nearly_right_is_nobody(daemon, owner):
    text = daemon.key(owner.token, name="nearly", role="analyst")["key"]
    last = "a" if text[-1] != "a" else "b"
    for given in (text[:-1] + last, text + "a", text[:-1], text.upper(), text[:11] + "_" + "a" * 43, text[:11], f"{text},", f"{text} {text}"):
        assert whoami(daemon, given) == 401, given
    assert whoami(daemon, text) == 200


def test_a_key_is_no_person(daemon, owner):
    key = daemon.key(owner.token, name="no person", role="owner")["key"]
    for method, path, body in [("GET", "/api/v1/sessions", None), ("PUT", "/api/v1/me/password", {"old": PASSWORD, "new": "another long password"}),
                               ("POST", "/api/v1/me/two-step", None)]:
        assert daemon.call(method, path, body, bearer=key, address=daemon.fresh_address()).status == 403


# Links and requests


def test_a_setup_link_is_good_once(daemon, owner):
    person = daemon.call("POST", "/api/v1/people", {"email": "linked@example.com", "role": "support"}, bearer=owner.token).json["id"]
    void, link = (daemon.call("POST", f"/api/v1/people/{person}/setup-link", bearer=owner.token).json["url"].partition("#")[2] for _ in range(2))
    refused = daemon.set_password(void, STAFF_PASSWORD)
    assert refused.status == 409 and refused.kind == "link-invalid", "a new link makes the old one void"
    assert daemon.set_password(link, "short").status == 422
    assert daemon.set_password(link, STAFF_PASSWORD).status == 204
    again = daemon.set_password(link, "the password of a thief")
    assert (again.status, again.kind) == (409, "link-invalid")
    assert daemon.sign_in("linked@example.com", "the password of a thief").status == 401
    assert daemon.sign_in("linked@example.com", STAFF_PASSWORD).status == 201


def test_a_shop_that_has_an_owner_gives_nobody_the_first_owners_link(daemon, owner):
    answer = daemon.call("POST", "/api/v1/setup-links", {}, bearer=owner.token)
    assert (answer.status, answer.kind) == (409, "owned")
    with pytest.raises(RuntimeError):
        daemon.command("setup-link")


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "_method"])
def test_a_header_does_not_make_a_get_another_method(daemon, ada, name):
    elsewhere = daemon.signed_in(ADA, STAFF_PASSWORD)
    for method, path in [("GET", "/api/v1/sessions"), ("GET", "/api/v1/sessions?_method=DELETE"), ("POST", "/api/v1/sessions?_method=DELETE")]:
        daemon.call(method, path, bearer=ada.token, headers=[(name, "DELETE")], address=daemon.fresh_address())
        assert whoami(daemon, elsewhere.token) == 200, (method, path)
    assert daemon.call("DELETE", "/api/v1/sessions", bearer=ada.token).status == 204
    assert whoami(daemon, elsewhere.token) == 401, "the method itself does it"


def test_two_credentials_are_none(daemon, owner, ada):
    fields = {"the same": (ada.token, ada.token), "another": (ada.token, owner.token), "a wrong one": (ada.token, "x"), "a wrong one first": ("x", ada.token)}
    for name, tokens in fields.items():
        assert daemon.call("GET", "/api/v1/me", headers=[("Authorization", f"Bearer {each}") for each in tokens]).status == 401, name
    for value in (f"Bearer {ada.token}, Bearer {owner.token}", f"Basic {ada.token}", f"Bearer", "Bearer ", ada.token, f"Bearer {ada.token} x"):
        assert daemon.call("GET", "/api/v1/me", headers=[("Authorization", value)]).status == 401, value


def test_a_credential_in_the_address_is_none(daemon, ada):
    for name in ("access_token", "token", "key", "authorization"):
        assert daemon.call("GET", f"/api/v1/me?{name}={ada.token}").status in (400, 401)


def test_whose_address_it_is_no_header_says(daemon, owner):
    """Without trusted proxies, guesses from one address under many names are one address's guesses."""
    daemon.person(owner.token, "forwarded@example.com", "support", STAFF_PASSWORD)
    address = daemon.fresh_address()
    told = [daemon.sign_in("forwarded@example.com", "wrong password", address=address, headers=[("X-Forwarded-For", f"203.0.113.{number}")]) for number in range(12)]
    assert told[-1].status == 429
