import Domain
import Foundation
import HTTPTypes
import HummingbirdTesting
import JSON
import NIOHTTP1
import Storage
import Testing

@testable import Access
@testable import HTTPAPI

/// People at the HTTP routes: signing in, staying signed in, getting out.
@Suite struct SignInTests {
    private static let email = "Owner@Example.com"
    private static let password = "four words in a row"
    private static let other = "five other words in a row"

    private func shop(origin: String = TestShop.loopback) async throws -> TestShop { try await .owned(Self.email, Self.password, origin: origin) }

    private func signIn(
        _ shop: TestShop, _ email: String = email, _ password: String = password, code: String? = nil
    ) async throws -> TestResponse { try await shop.signInOverHTTP(email, password, code: code) }

    private func token(_ answer: TestResponse) throws -> String { try #require(try answer.json()["accessToken"]?.string, "\(answer.text)") }

    private func cookie(_ answer: TestResponse) throws -> String {
        String(try #require(answer.headers[.setCookie]?.firstMatch(of: /^(pushcart_refresh=[^;]+);/)).output.1)
    }

    private func refresh(_ shop: TestShop, _ cookie: String, _ more: HTTPFields = [:]) async throws -> TestResponse {
        var headers = more
        headers[.cookie] = cookie
        return try await shop.send(.post, "/sessions/refresh", as: nil, headers)
    }

    // MARK: In and out

    @Test func `whoever knows the password gets a token that is a bearer's`() async throws {
        let shop = try await shop()
        let answer = try await signIn(shop, " owner@example.COM ")
        answer.expect(201, hasNot: ["refresh"])
        #expect(answer.headers[.location] == "/api/v1/sessions/1")
        #expect(try answer.json()["role"] == "owner" && answer.json()["person"] == 1 && answer.json()["session"] == 1)
        #expect(try answer.json()["expiresAt"] == "2027-01-15T08:10:00Z")
        let token = try token(answer)
        let me = try await shop.send(.get, "/me", as: token)
        #expect(try me.json()["actor"] == "person:1" && me.json()["permissions"]?.array?.count == Permission.allCases.count)
        try await shop.send(.get, "/products", as: token).expect(200)
        try await shop.send(.get, "/products", as: String(token.dropLast(4)) + "AAAA").expectKind(401, "unauthorized")
        shop.clock.advance(.seconds(600))
        let over = try await shop.send(.get, "/me", as: token)
        try over.expectKind(401, "unauthorized")
        #expect(over.headers[.wwwAuthenticate] == "Bearer error=\"invalid_token\"")
    }

    @Test func `a wrong password, an unknown person and somebody disabled are answered alike`() async throws {
        let shop = try await shop()
        let made = try await shop.send(.post, "/people", ["email": "gone@example.com", "role": "manager"]).json()
        let gone = try #require(made["id"]?.int64)
        guard case .done = try await shop.access.people.setPassword(id: gone, Self.password, by: APIWorld.local, address: "") else {
            throw TestShop.Missing()
        }
        try await shop.send(.post, "/people/\(gone)/disable").expect(200)
        let answers = [
            try await signIn(shop, Self.email, "not that one at all"), try await signIn(shop, "nobody@example.com"),
            try await signIn(shop, "gone@example.com"), try await signIn(shop, "no address"),
            try await signIn(shop, Self.email, String(repeating: "x", count: 4000)),
        ]
        for answer in answers {
            try answer.expectKind(401, "wrong-credentials")
            // All but the request's name, which no two share.
            var (json, headers) = (try answer.json().object, answer.headers)
            #expect(json?["request"]?.string == headers[.xRequestID])
            json?["request"] = try answers[0].json()["request"]
            headers[.xRequestID] = answers[0].headers[.xRequestID]
            #expect(try json.map(JSONValue.object) == answers[0].json() && headers == answers[0].headers)
            #expect(answer.headers[.setCookie] == nil && answer.headers[.wwwAuthenticate] == "Bearer")
        }
        #expect(try await shop.events(of: .sessionStarted) == 0)
        for wrong in [
            [:], ["email": "a@b"], ["email": "a@b", "password": ""], ["email": "a@b", "password": 5], ["email": "a@b", "password": "x", "pin": "1"],
        ]
            as [JSONValue]
        { try await shop.send(.post, "/sessions", wrong, as: nil).expectKind(422, "validation") }
    }

    @Test func `many wrong passwords in a row make that address wait`() async throws {
        let shop = try await shop()
        for _ in 1...10 { try await signIn(shop, Self.email, "not that one at all").expectKind(401, "wrong-credentials") }
        let answer = try await signIn(shop)
        try answer.expectKind(429, "too-many-requests")
        let seconds = try #require(answer.headers[.comeBack].flatMap { Int($0) })
        #expect(seconds > 0)
        shop.clock.advance(.seconds(Int64(seconds)))
        try await signIn(shop).expect(201)
    }

    // MARK: The cookie

    @Test(arguments: [(TestShop.loopback, false), (TestShop.published, true)])
    func `the refresh token is in a cookie for this one place`(_ origin: String, _ isSecure: Bool) async throws {
        let shop = try await shop(origin: origin)
        let header = try #require(try await signIn(shop).headers[.setCookie])
        let parts = header.components(separatedBy: "; ")
        #expect(parts.dropFirst() == ["Path=/api/v1/sessions", "Max-Age=2592000", "HttpOnly", "SameSite=Strict"] + (isSecure ? ["Secure"] : []))
        #expect(parts.first?.hasPrefix("pushcart_refresh=") == true)
        let value = String(try #require(parts.first)).dropFirst("pushcart_refresh=".count)
        #expect(value.utf8.count >= 32)
        // It is not a bearer's, and the database does not hold it.
        try await shop.send(.get, "/me", as: String(value)).expectKind(401, "unauthorized")
        let data = try Data(contentsOf: URL(fileURLWithPath: "\(shop.directory)/shop.sqlite-wal"))
        #expect(data.range(of: Data(value.utf8)) == nil)
    }

    @Test func `a cookie gives the next token once, and ends the session when it comes again`() async throws {
        let shop = try await shop()
        let first = try await signIn(shop)
        let bystander = try token(try await signIn(shop))
        shop.clock.advance(.seconds(500))
        let second = try await refresh(shop, "theme=dark; \(try cookie(first)); x=y")
        second.expect(200)
        #expect(try cookie(second) != cookie(first))
        #expect(try second.json()["session"] == first.json()["session"])
        let token = try token(second)
        try await shop.send(.get, "/me", as: token).expect(200)
        let third = try await refresh(shop, try cookie(second))
        third.expect(200)
        let reused = try await refresh(shop, try cookie(first))
        try reused.expectKind(401, "session-over")
        #expect(reused.headers[.setCookie]?.hasPrefix("pushcart_refresh=; ") == true)
        #expect(reused.headers[.setCookie]?.contains("Max-Age=0") == true)
        #expect(try await shop.events(of: .sessionReuse) == 1)
        try await refresh(shop, try cookie(third)).expectKind(401, "session-over")
        try await shop.send(.get, "/me", as: try self.token(third)).expectKind(401, "unauthorized")
        try await shop.send(.get, "/me", as: bystander).expect(200)
        for wrong in ["", "pushcart_refresh=", "pushcart_refresh=nothing", "other=1"] {
            try await refresh(shop, wrong).expectKind(401, "session-over")
        }
    }

    @Test func `a page of another origin refreshes nothing, and the cookie stays good`() async throws {
        let shop = try await shop(origin: TestShop.published)
        let cookie = try cookie(try await signIn(shop))
        for foreign in [
            [.origin: "https://evil.example"], [.origin: "null"], [.origin: "http://shop.example"], [.origin: "https://shop.example.evil.example"],
            [.secFetchSite: "cross-site"], [.secFetchSite: "same-site"], [.secFetchSite: "none"],
        ] as [HTTPFields] {
            try await refresh(shop, cookie, foreign).expectKind(403, "foreign-origin")
        }
        let own = try await refresh(shop, cookie, [.origin: "https://shop.example", .secFetchSite: "same-origin"])
        own.expect(200)
        try await refresh(shop, try self.cookie(own), [.secFetchSite: "same-origin"]).expect(200)
    }

    // MARK: Sessions

    @Test func `one's sessions are listed newest first and ended one by one, or all others at once`() async throws {
        let shop = try await shop()
        var tokens: [String] = []
        for _ in 1...4 {
            tokens.append(try token(try await signIn(shop)))
            shop.clock.advance(.seconds(1))
        }
        let list = try #require(try await shop.send(.get, "/sessions", as: tokens[1]).json()["items"]?.array)
        #expect(list.compactMap { $0["id"]?.int64 } == [4, 3, 2, 1])
        #expect(list.compactMap { $0["current"]?.bool } == [false, false, true, false])
        #expect(list.allSatisfy { $0["userAgent"] == "Browser/7" })
        try await shop.send(.delete, "/sessions/4", as: tokens[1]).expect(204)
        try await shop.send(.get, "/me", as: tokens[3]).expectKind(401, "unauthorized")
        try await shop.send(.delete, "/sessions/4", as: tokens[1]).expectKind(404, "not-found")
        for wrong in ["0", "01", "x", "-1", "99999999999999999999"] {
            try await shop.send(.delete, "/sessions/\(wrong)", as: tokens[1]).expectKind(404, "not-found")
        }
        try await shop.send(.delete, "/sessions", as: tokens[1]).expect(204)
        for token in [tokens[0], tokens[2]] { try await shop.send(.get, "/me", as: token).expectKind(401, "unauthorized") }
        let out = try await shop.send(.delete, "/sessions/2", as: tokens[1])
        out.expect(204)
        #expect(out.headers[.setCookie]?.contains("Max-Age=0") == true)
        try await shop.send(.get, "/me", as: tokens[1]).expectKind(401, "unauthorized")
    }

    @Test func `nobody ends the session of somebody else here`() async throws {
        let shop = try await shop()
        let mine = try token(try await signIn(shop))
        let made = try await shop.send(.post, "/people", ["email": "m@example.com", "role": "manager"]).json()
        let id = try #require(made["id"]?.int64)
        _ = try await shop.access.people.setPassword(id: id, Self.password, by: APIWorld.local, address: "")
        let theirs = try token(try await signIn(shop, "m@example.com"))
        for (session, token) in [(1, theirs), (2, mine)] {
            try await shop.send(.delete, "/sessions/\(session)", as: token).expectKind(404, "not-found")
        }
        #expect(try await shop.send(.get, "/sessions", as: theirs).json()["items"]?.array?.count == 1)
        // A manager adds nobody.
        try await shop.send(.post, "/people", ["email": "x@example.com", "role": "support"], as: theirs).expectKind(403, "permission-missing")
    }

    // MARK: Passwords and second steps

    @Test func `a password is changed by whoever knows the old one, and other sessions end`() async throws {
        let shop = try await shop()
        let (mine, elsewhere) = (try token(try await signIn(shop)), try token(try await signIn(shop)))
        func change(_ old: String, _ new: String) async throws -> TestResponse {
            try await shop.send(.put, "/me/password", ["old": .string(old), "new": .string(new)], as: mine)
        }
        try await change("not that one at all", Self.other).expectKind(409, "wrong-credentials")
        for bad in ["short", "passwordpassword", "owner@example.com", String(repeating: "x", count: 513), "aaaaaaaaaaaaaa"] {
            let answer = try await change(Self.password, bad)
            try answer.expectKind(422, "validation")
            #expect(try answer.json()["errors"]?.array?.compactMap { $0["pointer"] } == ["/new"], "\(bad)")
        }
        try await shop.send(.get, "/me", as: elsewhere).expect(200)
        try await change(Self.password, Self.other).expect(204)
        try await shop.send(.get, "/me", as: mine).expect(200)
        try await shop.send(.get, "/me", as: elsewhere).expectKind(401, "unauthorized")
        try await signIn(shop).expectKind(401, "wrong-credentials")
        try await signIn(shop, Self.email, Self.other).expect(201)
        #expect(try await shop.events(of: .passwordChanged) == 1)
    }

    @Test func `a second step is put to use with its first code and asked for from then on`() async throws {
        let shop = try await shop()
        let mine = try token(try await signIn(shop))
        try await shop.send(.put, "/me/two-step", ["code": "123456"], as: mine).expectKind(409, "nothing-offered")
        let offer = try await shop.send(.post, "/me/two-step", as: mine).json()
        let secret = try #require(offer["secret"]?.string)
        #expect(offer["uri"]?.string?.hasPrefix("otpauth://totp/") == true && offer["uri"]?.string?.contains("secret=\(secret)") == true)
        try await signIn(shop).expect(201)
        let code = try shop.code(secret)
        try await shop.send(.put, "/me/two-step", ["code": code == "000000" ? "000001" : "000000"], as: mine).expectKind(409, "wrong-credentials")
        let confirmed = try await shop.send(.put, "/me/two-step", ["code": .string(code)], as: mine)
        confirmed.expect(200)
        let codes = try #require(try confirmed.json()["recoveryCodes"]?.array?.compactMap(\.string))
        #expect(codes.count == 10 && Set(codes).count == 10)
        try await signIn(shop).expectKind(401, "code-needed")
        try await signIn(shop, Self.email, "not that one at all").expectKind(401, "wrong-credentials")
        // The code that confirmed is used; the next is good once.
        try await signIn(shop, code: code).expectKind(401, "wrong-credentials")
        shop.clock.advance(.seconds(60))
        let next = try shop.code(secret)
        try await signIn(shop, code: next).expect(201)
        try await signIn(shop, code: next).expectKind(401, "wrong-credentials")
        try await signIn(shop, code: codes[0]).expect(201)
        try await signIn(shop, code: codes[0]).expectKind(401, "wrong-credentials")
        #expect(try await shop.send(.get, "/people/1").json()["hasTwoStep"] == true)
    }

    // MARK: Set-up links

    @Test func `a shop without an owner gets one by a link that is good once`() async throws {
        let shop = try TestShop()
        try await shop.access.prepare()
        try await ControlSocket.with(shop) { socket in
            let link = try await socket.send(.POST, "/api/v1/setup-links", [:])
            #expect(link.status == 200 && link.json["expiresAt"] == "2027-01-15T08:30:00Z")
            let url = try #require(link.json["url"]?.string)
            #expect(url.hasPrefix("http://127.0.0.1:4020/setup#"))
            let token = try #require(url.split(separator: "#").last)
            func redeem(_ more: JSONObject) async throws -> TestResponse {
                var body: JSONObject = ["token": .string(String(token)), "password": .string(Self.password)]
                for member in more.members { body[member.key] = member.value }
                return try await shop.send(.post, "/setup", .object(body), as: nil)
            }
            let unnamed = try await redeem([:])
            try unnamed.expectKind(422, "validation")
            #expect(try unnamed.json()["errors"]?.array?.first?["pointer"] == "/email")
            try await redeem(["email": .string(Self.email), "password": "passwordpassword"]).expectKind(422, "validation")
            try await redeem(["token": "nothing", "email": .string(Self.email)]).expectKind(409, "link-invalid")
            try await redeem(["email": .string(Self.email), "name": "Olga"]).expect(204)
            try await redeem(["email": .string(Self.email)]).expectKind(409, "link-invalid")
            let again = try await socket.send(.POST, "/api/v1/setup-links", [:])
            again.expect(409, "has an owner already")
        }
        try await signIn(shop).expect(201, has: ["owner"])
        #expect(try await shop.send(.get, "/people/1").json()["name"] == "Olga")
    }

    @Test func `a link for a person sets their password within half an hour, once, and voids the one before`() async throws {
        let shop = try await shop()
        let made = try await shop.send(.post, "/people", ["email": "sam@example.com", "name": "Sam", "role": "support"])
        made.expect(201)
        #expect(made.headers[.location] == "/api/v1/people/2")
        #expect(try made.json()["hasPassword"] == false)
        func link(_ path: String, _ body: JSONValue? = nil) async throws -> String {
            let answer = try await shop.send(.post, path, body)
            answer.expect(200)
            return String(try #require(try answer.json()["url"]?.string?.split(separator: "#").last))
        }
        func redeem(_ token: String, _ password: String = Self.password) async throws -> TestResponse {
            try await shop.send(.post, "/setup", ["token": .string(token), "password": .string(password)], as: nil)
        }
        let first = try await link("/people/2/setup-link")
        let second = try await link("/setup-links", ["email": "SAM@example.com"])
        try await redeem(first).expectKind(409, "link-invalid")
        try await redeem(second).expect(204)
        try await redeem(second).expectKind(409, "link-invalid")
        let token = try token(try await signIn(shop, "sam@example.com"))
        try await shop.send(.get, "/orders", as: token).expect(200)
        try await shop.send(.get, "/people", as: token).expectKind(403, "permission-missing")
        let late = try await link("/people/2/setup-link")
        shop.clock.advance(.seconds(30 * 60))
        try await redeem(late, Self.other).expectKind(409, "link-invalid")
        try await signIn(shop, "sam@example.com").expect(201)
        try await shop.send(.post, "/people/99/setup-link").expectKind(404, "not-found")
        try await shop.send(.post, "/setup-links", ["email": "nobody@example.com"]).expectKind(422, "validation")
    }

    // MARK: For others who check tokens

    @Test func `the keys that tokens are signed with are public, and only their public halves`() async throws {
        let shop = try await shop()
        let answer = try await shop.get("/.well-known/jwks.json")
        answer.expect(200, hasNot: ["\"d\""])
        #expect(answer.headers[.contentType] == "application/json" && answer.headers[.cacheControl] == "public, max-age=300")
        let keys = try #require(try answer.json()["keys"]?.array)
        #expect(!keys.isEmpty)
        let token = try token(try await signIn(shop))
        let head = String(token.prefix { $0 != "." })
        let padded = head.replacing("-", with: "+").replacing("_", with: "/") + String(repeating: "=", count: (4 - head.utf8.count % 4) % 4)
        let header = try JSONValue(parsing: try #require(Data(base64Encoded: padded)))
        let kid = try #require(header["kid"])
        #expect(keys.contains { $0["kid"] == kid })
        #expect(!keys.contains { key in ["d", "k", "p", "q"].contains { key[$0] != nil } })
        try await shop.get("/.well-known/jwks.json", method: .post).expectKind(405, "method-not-allowed")
    }
}
