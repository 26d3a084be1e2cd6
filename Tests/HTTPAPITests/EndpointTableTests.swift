import Domain
import Foundation
import HTTPTypes
import HummingbirdTesting
import JSON
import Testing

@testable import HTTPAPI

/// Who may call what: every operation by everybody.
@Suite struct EndpointTableTests {
    private static let roles = Role.allCases.map(\.rawValue)

    /// A key of the owner's with every permission but that one.
    private static func without(_ permission: Permission) -> String {
        "owner+" + Permission.allCases.filter { $0 != permission }.map(\.rawValue).sorted().joined(separator: ",")
    }

    private func isLacking(_ answer: TestResponse) throws -> Bool {
        guard answer.status == .forbidden else { return false }
        return try answer.json()["detail"]?.string?.hasPrefix("This needs the permission “") == true
    }

    @Test func `who may not is refused as declared, and nothing is changed`() async throws {
        let world = try await APIWorld(signedIn: false)
        for role in Self.roles { _ = try await world.shop.key(role) }
        for permission in Permission.allCases { _ = try await world.shop.key(Self.without(permission)) }
        _ = try await world.shop.key("owner+")
        var refused = 0
        for endpoint in world.endpoints where endpoint.access != .everyone {
            let call = try await world.call(endpoint)
            let before = try world.trace()
            for nobody in [nil, "pc_nobody", "a.b.c"] {
                let answer = try await world.send(endpoint, call, as: nobody)
                try answer.expectKind(401, "unauthorized")
                #expect(answer.headers[.wwwAuthenticate]?.hasPrefix("Bearer") == true, "\(endpoint.id)")
            }
            guard case .permission(let permission) = endpoint.access else { continue }
            let lacking = Role.allCases.filter { !$0.permissions.contains(permission) }.map(\.rawValue) + [Self.without(permission), "owner+"]
            for credential in lacking {
                let answer = try await world.send(endpoint, call, as: credential)
                try answer.expectKind(403, "permission-missing")
                #expect(try isLacking(answer), "\(endpoint.id) as \(credential): \(answer.text)")
                #expect(answer.text.contains("“\(permission.rawValue)”"), "\(endpoint.id)")
                refused += 1
            }
            #expect(try world.trace() == before, "\(endpoint.id)")
        }
        #expect(refused > 60)
    }

    @Test func `who may is let through: each role, a key with that scope alone, the owner`() async throws {
        let world = try await APIWorld(signedIn: false)
        for endpoint in world.endpoints {
            var credentials: [String?] = Self.roles
            if case .permission(let permission) = endpoint.access {
                credentials = Role.allCases.filter { $0.permissions.contains(permission) && $0 != .owner }.map(\.rawValue)
                credentials += ["owner+\(permission.rawValue)", "owner"]
            }
            if endpoint.access == .everyone { credentials.append(nil) }
            for credential in credentials {
                let answer = try await world.send(endpoint, try await world.call(endpoint), as: credential)
                let name = "\(endpoint.id) as \(credential ?? "nobody"): \(answer.status.code) \(answer.text)"
                #expect(answer.status.code < 500, "\(name)")
                #expect(try !isLacking(answer), "\(name)")
                guard answer.status.code == 401 else { continue }
                #expect(endpoint.access == .everyone && !answer.text.contains("problem:unauthorized"), "\(name)")
            }
        }
    }

    @Test func `what is one's own is for people and not for keys`() async throws {
        let world = try await APIWorld(signedIn: false)
        for role in Self.roles { _ = try await world.shop.key(role) }
        var refused: Set<String> = []
        for endpoint in world.endpoints where endpoint.access == .person {
            let call = try await world.call(endpoint)
            let before = try world.trace()
            for role in Self.roles { try await world.send(endpoint, call, as: role).expectKind(403, "person-needed") }
            #expect(try world.trace() == before, "\(endpoint.id)")
            refused.insert(endpoint.id)
        }
        #expect(
            refused == [
                "sessions.list", "sessions.end-others", "sessions.end", "sessions.password", "sessions.two-step-offer", "sessions.two-step-confirm",
                "sessions.two-step-disable",
            ])
        let me = try await world.shop.send(.get, "/me", as: "agent")
        #expect(try me.json()["permissions"] == ["facilitator:use", "orders:read", "products:read"])
        #expect(try me.json()["role"] == "agent")
    }

    @Test func `a key for some products sees, changes and counts no others`() async throws {
        let world = try await APIWorld(signedIn: false)
        let shop = world.shop
        let film = try await shop.sell("film", file: [1])
        try await shop.get("/p/film", shop.pay("film", by: .bob, nonce: 2)).expect(200)
        let key = "owner#\(film.id)"
        let payments = try shop.payments
        try await shop.send(.get, "/products/film", as: key).expect(200)
        try await shop.send(.patch, "/products/film", ["title": "New"], as: key).expect(200)
        for (method, body) in [(.get, nil), (.patch, ["title": "Stolen"])] as [(HTTPRequest.Method, JSONValue?)] {
            try await shop.send(method, "/products/song", body, as: key).expectKind(404, "not-found")
        }
        #expect(try await shop.send(.get, "/products/song").json()["title"] == "The song")
        for (list, name) in [("products", "slug"), ("orders", "order"), ("payments", "id"), ("entitlements", "order")] {
            let items = try #require(try await shop.send(.get, "/\(list)", as: key).json()["items"]?.array)
            #expect(items.count == 1, "\(list)")
            let all = try #require(try await shop.send(.get, "/\(list)").json()["items"]?.array)
            #expect(all.count == 2 && all.first?[name] == items.first?[name], "\(list)")
        }
        #expect(try await shop.send(.get, "/orders?product=song", as: key).json()["items"] == [])
        for hidden in ["/orders/1", "/payments/1", "/receipts/\(payments[0].receiptID)"] {
            try await shop.send(.get, hidden, as: key).expectKind(404, "not-found")
        }
        for shown in ["/orders/2", "/payments/2", "/receipts/\(payments[1].receiptID)"] { try await shop.send(.get, shown, as: key).expect(200) }
        try await shop.send(.get, "/sales", as: key).expectKind(403, "permission-missing")
        let create = try #require(world.endpoints.first { $0.id == "products.create" })
        try await world.send(create, try await world.call(create), as: key).expectKind(403, "permission-missing")
        // Nor does it make a key for more.
        try await shop.send(.post, "/keys", ["name": "wide", "role": "analyst"], as: key).expectKind(403, "permission-missing")
        try await shop.send(.post, "/keys", ["name": "other", "role": "analyst", "products": ["song"]], as: key).expectKind(403, "permission-missing")
        try await shop.send(.post, "/keys", ["name": "same", "role": "analyst", "products": ["film"]], as: key).expect(201)
    }

    @Test func `each operation declares who may call it, what it answers and its place`() throws {
        let endpoints = OwnerAPI(shop: try TestShop().shop).endpoints
        #expect(endpoints.count >= 40)
        #expect(Set(endpoints.map(\.id)).count == endpoints.count)
        #expect(Set(endpoints.map { "\($0.method) \($0.path)" }).count == endpoints.count)
        // Whoever adds an operation for everyone says so here as well.
        #expect(Set(endpoints.filter { $0.access == .everyone }.map(\.id)) == ["sessions.create", "sessions.refresh", "sessions.setup"])
        for endpoint in endpoints {
            #expect(!endpoint.answers.isEmpty && endpoint.answers.allSatisfy { 200..<300 ~= $0.status.code && !$0.summary.isEmpty }, "\(endpoint.id)")
            #expect(endpoint.answers.allSatisfy { ($0.schema == nil) == ($0.status == .noContent) }, "\(endpoint.id)")
            #expect(!endpoint.summary.isEmpty && !endpoint.summary.hasSuffix("."), "\(endpoint.id)")
            #expect(OwnerAPI.groups.contains { $0.0 == endpoint.group }, "\(endpoint.id)")
            let inPath = Set(endpoint.path.matches(of: /\{([a-z]+)\}/).map { String($0.output.1) })
            #expect(inPath == Set(endpoint.parameters.filter { $0.place == .path }.map(\.name)), "\(endpoint.id)")
            if endpoint.method == .get { #expect(endpoint.body == nil && !endpoint.takesIdempotencyKey, "\(endpoint.id)") }
            // What reads needs no permission to write, what writes needs one.
            guard case .permission(let permission) = endpoint.access, endpoint.group != "contents", endpoint.group != "people" else { continue }
            #expect(permission.rawValue.hasSuffix(":write") == endpoint.isMutating, "\(endpoint.id)")
        }
    }
}
