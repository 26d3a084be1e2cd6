import Access
import Domain
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import NIOCore
import Storage
import Testing

@testable import HTTPAPI

/// Calls under an `Idempotency-Key`: carried out once, answered alike every time.
@Suite struct IdempotencyTests {
    private func product(_ shop: TestShop, _ slug: String = "song") throws -> JSONValue {
        let content = try shop.content([1, 2, 3], "x", "a/b")
        return [
            "slug": .string(slug), "title": "T", "kind": "file", "price": "1.00",
            "content": ["sha256": .string(content.digest.description), "mediaType": "a/b", "fileName": "x"],
        ]
    }

    private func key(_ text: String) -> HTTPFields { [.idempotencyKey: text] }

    private func expectReplay(_ answer: TestResponse, of first: TestResponse, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(answer.status == first.status && answer.bytes == first.bytes, "\(answer.text)", sourceLocation: sourceLocation)
        #expect(first.headers[.idempotentReplayed] == nil && answer.headers[.idempotentReplayed] == "true", sourceLocation: sourceLocation)
        for name in [.location, .eTag, .contentType, .cacheControl] as [HTTPField.Name] {
            #expect(answer.headers[name] == first.headers[name], "\(name)", sourceLocation: sourceLocation)
        }
    }

    @Test func `the same call again gets the same bytes and has one effect`() async throws {
        let shop = try TestShop()
        let body = try product(shop)
        let first = try await shop.send(.post, "/products", body, key("a"))
        first.expect(201)
        #expect(first.headers[.location] == "/api/v1/products/song" && first.headers[.eTag] == "\"1\"")
        shop.clock.advance(.seconds(3600))
        for _ in 1...2 { expectReplay(try await shop.send(.post, "/products", body, key("a")), of: first) }
        #expect(try await shop.events(of: .productCreated) == 1)
        // An edit: its answer is that of then, whatever came after.
        let edit = try await shop.send(.patch, "/products/song", ["title": "One"], key("b"))
        try await shop.send(.patch, "/products/song", ["title": "Two"]).expect(200)
        expectReplay(try await shop.send(.patch, "/products/song", ["title": "One"], key("b")), of: edit)
        #expect(try await shop.send(.get, "/products/song").json()["title"] == "Two")
        // Without a key nothing is remembered.
        try await shop.send(.post, "/products", body).expectKind(409, "slug-taken")
    }

    @Test
    func `each operation that takes a key has its effect once and answers alike`() async throws {
        for id in OwnerAPI(shop: try TestShop().shop).endpoints.filter(\.takesIdempotencyKey).map(\.id) {
            let world = try await APIWorld(signedIn: id.hasPrefix("sessions."))
            let endpoint = try #require(world.endpoints.first { $0.id == id })
            var call = try await world.call(endpoint)
            if world.signedIn != nil, id.hasPrefix("sessions.") { call.credential = world.signedIn?.accessToken }
            call.headers[.idempotencyKey] = "once"
            let first = try await world.send(endpoint, call, as: call.credential)
            #expect(first.status.code < 300, "\(id): \(first.text)")
            let before = try world.trace()
            let again = try await world.send(endpoint, call, as: call.credential)
            #expect(again.headers[.idempotentReplayed] == "true", "\(id)")
            #expect(again.status == first.status && again.bytes == first.bytes, "\(id): \(again.text)")
            #expect(try world.trace() == before, "\(id)")
        }
    }

    @Test func `a key that was used for another request is refused as such`() async throws {
        let shop = try TestShop()
        try await shop.sell()
        try await shop.send(.patch, "/products/song", ["title": "One"], key("a")).expect(200)
        let before = try await shop.events()
        for (method, path, body) in [
            (.patch, "/products/song", ["title": "Two"]), (.patch, "/products/song?", ["title": "One"]), (.patch, "/settings", ["name": "One"]),
        ] as [(HTTPRequest.Method, String, JSONValue)] {
            try await shop.send(method, path, body, key("a")).expectKind(422, "idempotency-key-reused")
        }
        #expect(try await shop.events() == before)
    }

    @Test func `the same key of somebody else is another key`() async throws {
        let shop = try TestShop()
        try await shop.sell()
        let one = try await shop.send(.patch, "/products/song", ["title": "One"], as: "owner", key("a"))
        let two = try await shop.send(.patch, "/products/song", ["title": "Two"], as: "manager", key("a"))
        #expect(one.status == .ok && two.status == .ok && two.headers[.idempotentReplayed] == nil)
        #expect(try await shop.send(.get, "/products/song").json()["title"] == "Two")
        expectReplay(try await shop.send(.patch, "/products/song", ["title": "One"], as: "owner", key("a")), of: one)
        expectReplay(try await shop.send(.patch, "/products/song", ["title": "Two"], as: "manager", key("a")), of: two)
    }

    @Test func `of many equal calls at once one is carried out`() async throws {
        let shop = try TestShop()
        let body = try product(shop)
        _ = try await shop.key("owner")
        let answers = try await withThrowingTaskGroup(of: TestResponse.self) { group in
            for _ in 1...8 { group.addTask { try await shop.send(.post, "/products", body, [.idempotencyKey: "a"]) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(try await shop.events(of: .productCreated) == 1)
        #expect(answers.contains { $0.status == .created })
        for answer in answers where answer.status != .created {
            try answer.expectKind(409, "conflict")
            #expect(answer.headers[.comeBack] == "1")
        }
        #expect(Set(answers.filter { $0.status == .created }.map(\.text)).count == 1)
    }

    @Test func `after a day the key is a new one`() async throws {
        let shop = try TestShop()
        try await shop.sell()
        let first = try await shop.send(.patch, "/products/song", ["title": "One"], key("a"))
        shop.clock.advance(.milliseconds(24 * 3_600_000 - 1))
        expectReplay(try await shop.send(.patch, "/products/song", ["title": "One"], key("a")), of: first)
        shop.clock.advance(.milliseconds(1))
        let anew = try await shop.send(.patch, "/products/song", ["title": "Two"], key("a"))
        anew.expect(200, has: ["Two"])
        #expect(anew.headers[.idempotentReplayed] == nil)
        expectReplay(try await shop.send(.patch, "/products/song", ["title": "Two"], key("a")), of: anew)
        shop.clock.advance(.seconds(24 * 3600))
        try await shop.writer.forgetCallNotes(now: shop.clock.now)
        #expect(try shop.reader.callNote(principal: "key:1", key: "a", now: Timestamp(seconds: 0)) == nil)
    }

    @Test func `the note is written with the effect or neither is`() async throws {
        let shop = try TestShop()
        let body = try product(shop)
        try await shop.send(.post, "/products", body, key("a")).expect(201)
        let note = try shop.reader.callNote(principal: "key:1", key: "a", now: shop.clock.now)
        #expect(note?.request.count == 32)
        // A note that cannot be sealed takes the effect with it.
        struct Broken: Error {}
        let broken = shop.variant(answerSeal: AnswerSeal(seal: { _ in throw Broken() }, open: { _ in throw Broken() }))
        let events = try await shop.events()
        let headers: HTTPFields = [.authorization: "Bearer \(try await shop.key("owner"))", .idempotencyKey: "b"]
        let answer = try await Application(router: broken.controlRouter).test(.router) { client in
            try await client.execute(
                uri: "/api/v1/products/song", method: .patch, headers: headers, body: ByteBuffer(string: #"{"title":"Lost"}"#))
        }
        try answer.expectKind(503, "service-unavailable")
        #expect(try await shop.events() == events)
        #expect(try shop.reader.callNote(principal: "key:1", key: "b", now: shop.clock.now) == nil)
        #expect(try await shop.send(.get, "/products/song").json()["title"] == "T")
    }

    @Test func `a refused call is not remembered`() async throws {
        let shop = try TestShop()
        try await shop.sell()
        try await shop.send(.post, "/products", try product(shop), key("a")).expectKind(409, "slug-taken")
        try await shop.send(.post, "/products", ["slug": "x"], key("a")).expectKind(422, "validation")
        try await shop.send(.post, "/products", try product(shop, "film"), as: "support", key("a")).expectKind(403, "permission-missing")
        try await shop.send(.patch, "/products/nothing", ["title": "T"], key("a")).expectKind(404, "not-found")
        var stale = key("a")
        stale[.ifMatch] = "\"9\""
        try await shop.send(.patch, "/products/song", ["title": "T"], stale).expectKind(412, "precondition-failed")
        let done = try await shop.send(.post, "/products", try product(shop, "film"), key("a"))
        #expect(done.status == .created && done.headers[.idempotentReplayed] == nil)
    }

    @Test func `a key that is none is refused`() async throws {
        let shop = try TestShop()
        try await shop.sell()
        for wrong in ["", String(repeating: "x", count: 201), "schlüssel"] {
            try await shop.send(.patch, "/products/song", ["title": "T"], key(wrong)).expectKind(400, "bad-request")
        }
        try await shop.send(.patch, "/products/song", ["title": "T"], key(String(repeating: "x", count: 200))).expect(200)
        #expect(try await shop.events(of: .productEdited) == 1)
    }

    @Test func `a new key's secret is shown again and stands nowhere in clear`() async throws {
        let shop = try TestShop()
        let first = try await shop.send(.post, "/keys", ["name": "n", "role": "analyst"], key("a"))
        first.expect(201)
        let secret = try #require(try first.json()["key"]?.string)
        expectReplay(try await shop.send(.post, "/keys", ["name": "n", "role": "analyst"], key("a")), of: first)
        try await shop.send(.get, "/me", as: secret).expect(200, has: ["analyst"])
        #expect(try await shop.send(.get, "/keys/2").json()["key"] == nil)
        let files = try FileManager.default.contentsOfDirectory(atPath: shop.directory).filter { $0.contains("sqlite") }
        #expect(files.contains("shop.sqlite"))
        var found = 0
        for file in files {
            let data = try Data(contentsOf: URL(fileURLWithPath: "\(shop.directory)/\(file)"))
            #expect(data.range(of: Data(secret.dropFirst(3).utf8)) == nil, "\(file)")
            // The search finds what does stand there: the name that the key is known by.
            if data.range(of: Data(try #require(try first.json()["prefix"]?.string).dropFirst(3).utf8)) != nil { found += 1 }
        }
        #expect(found > 0)
    }
}
