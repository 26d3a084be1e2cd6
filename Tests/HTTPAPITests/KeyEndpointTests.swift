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

/// Keys with which programs call, at the HTTP routes.
@Suite struct KeyEndpointTests {
    private static let email = "Owner@Example.com"

    private func shop() async throws -> TestShop { try await .owned(Self.email, "four words in a row") }

    @Test func `a key is made, shown without its secret, changed, and revoked for good`() async throws {
        let shop = try await shop()
        try await shop.sell()
        let made = try await shop.send(
            .post, "/keys",
            [
                "name": "export", "role": "analyst", "scopes": ["products:read"], "products": ["song"], "budget": "5.00", "currency": "USD",
                "expiresAt": "2027-01-16T08:00:00Z",
            ])
        made.expect(201)
        let json = try made.json()
        let text = try #require(json["key"]?.string)
        let id = try #require(json["id"]?.int64)
        #expect(text.hasPrefix(json["prefix"]?.string ?? "x") && made.headers[.location] == "/api/v1/keys/\(id)")
        #expect(json["products"] == ["song"] && json["budget"] == "5.00" && json["expiresAt"] == "2027-01-16T08:00:00Z")
        try await shop.send(.get, "/products", as: text).expect(200)
        try await shop.send(.get, "/orders", as: text).expectKind(403, "permission-missing")
        try await shop.send(.get, "/keys/\(id)").expect(200, hasNot: [text])
        try await shop.send(.get, "/keys").expect(200, hasNot: [text])
        #expect(try await shop.send(.patch, "/keys/\(id)", ["name": "weekly", "scopes": ["orders:read"]]).json()["name"] == "weekly")
        try await shop.send(.get, "/products", as: text).expectKind(403, "permission-missing")
        try await shop.send(.get, "/orders", as: text).expect(200)
        #expect(try await shop.send(.delete, "/keys/\(id)").json()["revokedAt"] == "2027-01-15T08:00:00Z")
        try await shop.send(.get, "/orders", as: text).expectKind(401, "unauthorized")
        try await shop.send(.delete, "/keys/\(id)").expect(200)
        try await shop.send(.patch, "/keys/\(id)", ["name": "again"]).expectKind(404, "not-found")
        try await shop.send(.get, "/keys/99").expectKind(404, "not-found")
    }

    @Test func `a key ends at its time and works from its addresses only`() async throws {
        let shop = try await shop()
        func make(_ more: JSONObject) async throws -> String {
            var body: JSONObject = ["name": "k", "role": "analyst"]
            for member in more.members { body[member.key] = member.value }
            return try #require(try await shop.send(.post, "/keys", .object(body)).json()["key"]?.string)
        }
        let short = try await make(["expiresAt": "2027-01-15T08:01:00Z"])
        try await shop.send(.get, "/me", as: short).expect(200)
        let elsewhere = try await make(["addresses": ["203.0.113.0/24"]])
        try await shop.send(.get, "/me", as: elsewhere).expectKind(401, "unauthorized")
        shop.clock.advance(.seconds(60))
        try await shop.send(.get, "/me", as: short).expectKind(401, "unauthorized")
        for (field, value, pointer) in [
            ("expiresAt", "2027-01-15T08:01:00Z", "/expiresAt"), ("expiresAt", "tomorrow", "/expiresAt"), ("scopes", ["keys:write"], "/scopes"),
            ("scopes", ["all"], "/scopes/0"), ("products", ["nothing"], "/products/0"), ("budget", "1e3", "/budget"), ("budget", "-1", "/budget"),
            ("addresses", ["here"], "/addresses/0"), ("name", "  ", "/name"), ("role", "king", "/role"), ("key", "pc_x", "/key"),
            ("scopes", .null, "/scopes"),
        ] as [(String, JSONValue, String)] {
            var body: JSONObject = ["name": "k", "role": "analyst"]
            body[field] = value
            let answer = try await shop.send(.post, "/keys", .object(body))
            try answer.expectKind(422, "validation")
            #expect(try answer.json()["errors"]?.array?.compactMap { $0["pointer"]?.string } == [pointer], "\(field) \(value)")
        }
    }

    @Test func `a key neither changes nor revokes itself`() async throws {
        let shop = try await shop()
        let items = try #require(try await shop.send(.get, "/keys").json()["items"]?.array)
        let own = try #require(items.first { $0["name"] == "owner" }?["id"]?.int64)
        try await shop.send(.delete, "/keys/\(own)").expectKind(409, "key-in-use")
        try await shop.send(.patch, "/keys/\(own)", ["name": "x"]).expectKind(409, "key-in-use")
        try await shop.send(.get, "/me").expect(200)
        let token = try self.token(try await shop.signInOverHTTP(Self.email, "four words in a row"))
        try await shop.send(.delete, "/keys/\(own)", as: token).expect(200)
        try await shop.send(.get, "/me").expectKind(401, "unauthorized")
    }

    private func token(_ answer: TestResponse) throws -> String { try #require(try answer.json()["accessToken"]?.string, "\(answer.text)") }
}
