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

/// Who works in the shop, at the HTTP routes.
@Suite struct PeopleEndpointTests {
    private static let email = "Owner@Example.com"

    private func shop() async throws -> TestShop { try await .owned(Self.email, "four words in a row") }

    @Test func `people are added, changed by edition, given roles, disabled and enabled`() async throws {
        let shop = try await shop()
        let made = try await shop.send(.post, "/people", ["email": "Sam@Example.com", "name": "Sam", "notes": "Tuesdays", "role": "support"])
        made.expect(201, has: ["\"Sam@Example.com\"", "Tuesdays", "active"])
        try await shop.send(.post, "/people", ["email": "sam@example.COM", "role": "support"]).expectKind(409, "email-taken")
        try await shop.send(.patch, "/people/2", ["email": .string(Self.email)]).expectKind(409, "email-taken")
        let shown = try await shop.send(.get, "/people/2")
        let etag = try #require(shown.headers[.eTag])
        let edited = try await shop.send(.patch, "/people/2", ["name": "Samuel", "notes": ""], [.ifMatch: etag])
        edited.expect(200, has: ["Samuel"], hasNot: ["Tuesdays"])
        #expect(edited.headers[.eTag] != etag)
        try await shop.send(.patch, "/people/2", ["name": "Late"], [.ifMatch: etag]).expectKind(412, "precondition-failed")
        try await shop.send(.patch, "/people/2", ["role": "owner"]).expectKind(422, "validation")
        #expect(try await shop.send(.put, "/people/2/role", ["role": "manager"]).json()["role"] == "manager")
        try await shop.send(.put, "/people/2/role", ["role": "king"]).expectKind(422, "validation")
        #expect(try await shop.send(.post, "/people/2/disable").json()["state"] == "disabled")
        #expect(try await shop.send(.post, "/people/2/enable").json()["state"] == "active")
        for path in ["/people/99", "/people/0", "/people/x"] { try await shop.send(.get, path).expectKind(404, "not-found") }
        for wrong in [["email": "nobody", "role": "support"], ["email": "a@b", "role": "king"], ["role": "support"], ["email": "a@b"]] as [JSONValue]
        {
            try await shop.send(.post, "/people", wrong).expectKind(422, "validation")
        }
        // Names and addresses stand nowhere in clear.
        for file in try FileManager.default.contentsOfDirectory(atPath: shop.directory) where file.hasPrefix("shop.sqlite") {
            let data = try Data(contentsOf: URL(fileURLWithPath: "\(shop.directory)/\(file)"))
            for text in ["Samuel", "Sam@Example.com", "Tuesdays", Self.email] { #expect(data.range(of: Data(text.utf8)) == nil, "\(file) \(text)") }
        }
    }

    @Test func `the last owner stays one`() async throws {
        let shop = try await shop()
        try await shop.send(.put, "/people/1/role", ["role": "manager"]).expectKind(409, "last-owner")
        try await shop.send(.post, "/people/1/disable").expectKind(409, "last-owner")
        let plan = try await shop.send(.get, "/people/1/erasure").json()
        try await shop.send(.delete, "/people/1?confirmation=\(plan["confirmation"]?.string ?? "")").expectKind(409, "last-owner")
        try await shop.signInOverHTTP(Self.email, "four words in a row").expect(201)
        #expect(try await shop.send(.get, "/people/1").json()["role"] == "owner")
    }

    @Test func `a person is exported and erased only with the confirmation of the plan as it stands`() async throws {
        let shop = try await shop()
        try await shop.send(.post, "/people", ["email": "sam@example.com", "name": "Sam", "role": "support"]).expect(201)
        try await shop.send(.get, "/people/2/export").expect(200, has: ["sam@example.com", "Sam", "sessions.json"])
        func confirmation(_ id: Int) async throws -> String {
            try await shop.send(.get, "/people/\(id)/erasure").json()["confirmation"]?.string ?? ""
        }
        let first = try await confirmation(2)
        try await shop.send(.delete, "/people/2").expectKind(409, "confirmation-needed")
        for wrong in ["x", try await confirmation(1)] {
            try await shop.send(.delete, "/people/2?confirmation=\(wrong)").expectKind(409, "confirmation-stale")
        }
        try await shop.send(.patch, "/people/2", ["name": "Samuel"]).expect(200)
        try await shop.send(.delete, "/people/2?confirmation=\(first)").expectKind(409, "confirmation-stale")
        #expect(try await shop.send(.get, "/people/2").json()["name"] == "Samuel")
        try await shop.send(.delete, "/people/2?confirmation=\(try await confirmation(2))").expect(204)
        let erased = try await shop.send(.get, "/people/2")
        #expect(try erased.status == .ok && erased.json()["state"] == "erased" && erased.json()["email"] == nil && erased.json()["name"] == "")
        for (method, path) in [(.get, "/people/2/export"), (.get, "/people/2/erasure"), (.post, "/people/2/setup-link"), (.post, "/people/2/enable")]
            as [(HTTPRequest.Method, String)]
        { try await shop.send(method, path).expectKind(404, "not-found") }
        // The address is free again.
        try await shop.send(.post, "/people", ["email": "sam@example.com", "role": "support"]).expect(201)
    }

    @Test func `nobody gives or takes more than they may themselves`() async throws {
        let shop = try await shop()
        let limited = "owner+people:write,people:read,keys:write,keys:read,personal-data:write,products:read"
        for (method, path, body) in [
            (.post, "/people", ["email": "x@example.com", "role": "owner"]), (.put, "/people/1/role", ["role": "support"]),
            (.post, "/people/1/disable", nil), (.post, "/people/1/setup-link", nil), (.patch, "/people/1", ["name": "Stolen"]),
            (.post, "/keys", ["name": "more", "role": "owner"]), (.post, "/keys", ["name": "more", "role": "analyst"]),
            (.delete, "/people/1?confirmation=x", nil),
        ] as [(HTTPRequest.Method, String, JSONValue?)] {
            let answer = try await shop.send(method, path, body, as: limited)
            try answer.expectKind(403, "permission-missing")
            try answer.expectProblem(403, "Nobody gives or takes more")
        }
        try await shop.send(.post, "/keys", ["name": "less", "role": "support", "scopes": ["products:read"]], as: limited).expect(201)
        #expect(try await shop.send(.get, "/people").json()["items"]?.array?.count == 1)
    }
}

extension TestShop {
    /// A shop with an owner who can sign in.
    static func owned(_ email: String, _ password: String, origin: String = loopback) async throws -> TestShop {
        let shop = try TestShop(origin: origin)
        try await shop.access.prepare()
        let email = try #require(MailAddress(email))
        let settings = shop.shop.settings
        guard case .done = try await shop.access.people.setUp(email: email, password: password, settings: settings, network: nil, actor: "test")
        else { throw Missing() }
        return shop
    }

    /// Signs in as a browser does.
    func signInOverHTTP(_ email: String, _ password: String, code: String? = nil) async throws -> TestResponse {
        var body: JSONObject = ["email": .string(email), "password": .string(password)]
        if let code { body["code"] = .string(code) }
        return try await send(.post, "/sessions", .object(body), as: nil, [.userAgent: "Browser/7"])
    }
}
