import Catalogue
import Domain
import Foundation
import HTTPTypes
import HummingbirdTesting
import JSON
import NIOCore
import Testing

@testable import HTTPAPI

/// Content that arrives in parts.
@Suite struct UploadTests {
    private func begin(_ shop: TestShop, _ length: Int) async throws -> String {
        let answer = try await shop.send(.post, "/uploads", ["length": .integer(length)])
        answer.expect(201)
        let id = try #require(try answer.json()["id"]?.string)
        #expect(answer.headers[.location] == "/api/v1/uploads/\(id)")
        #expect(try answer.json()["length"] == .integer(length) && answer.json()["offset"] == 0 && answer.json()["content"] == nil)
        try shop.freshenUploads()
        return id
    }

    private func send(_ shop: TestShop, _ id: String, _ offset: String?, _ part: String) async throws -> TestResponse {
        var headers = HTTPFields()
        headers[.uploadOffset] = offset
        let answer = try await shop.control("/api/v1/uploads/\(id)", method: .patch, body: Array(part.utf8), headers)
        try shop.freshenUploads()
        return answer
    }

    private func files(_ shop: TestShop) throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: "\(shop.directory)/uploads") }

    @Test func `parts in order become content that a product can sell`() async throws {
        let shop = try TestShop()
        let id = try await begin(shop, 10)
        for (offset, part) in [(0, "0123"), (4, ""), (4, "4"), (5, "5678")] {
            let answer = try await send(shop, id, "\(offset)", part)
            answer.expect(200)
            #expect(try answer.json()["offset"] == .integer(offset + part.utf8.count) && answer.json()["content"] == nil)
            #expect(try await shop.send(.get, "/uploads/\(id)").json() == answer.json())
        }
        let whole = try await send(shop, id, "9", "9")
        whole.expect(200)
        let content = try #require(try whole.json()["content"])
        #expect(content == ["sha256": "84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882", "length": 10])
        let digest = try #require(ContentDigest(hex: content["sha256"]?.string ?? ""))
        #expect(try shop.catalogue.contents.bytes(digest) == Array("0123456789".utf8))
        #expect(try files(shop) == [])
        try await shop.send(.get, "/uploads/\(id)").expectKind(404, "not-found")
        try await shop.send(
            .post, "/products",
            [
                "slug": "song", "title": "T", "kind": "file", "price": "0.01",
                "content": ["sha256": content["sha256"] ?? .null, "mediaType": "audio/flac", "fileName": "x.flac"],
            ]
        ).expect(201)
        #expect(try await shop.get("/p/song", shop.pay("song")).text == "0123456789")
    }

    @Test func `a part that begins elsewhere or goes beyond the length changes nothing`() async throws {
        let shop = try TestShop()
        let id = try await begin(shop, 6)
        try await send(shop, id, "0", "012").expect(200)
        for offset in ["0", "2", "4", "6", "7"] {
            let answer = try await send(shop, id, offset, "x")
            try answer.expectKind(409, "upload-offset")
            try answer.expectProblem(409, "Upload-Offset: 3")
        }
        try await send(shop, id, "3", "3456").expectKind(409, "upload-length")
        #expect(try await shop.send(.get, "/uploads/\(id)").json()["offset"] == 3)
        for wrong in [nil, "", "-1", "x", "3.0", "0x3", " 3 x", "99999999999999999999"] {
            try await send(shop, id, wrong, "345").expectKind(400, "bad-request")
        }
        let whole = try await send(shop, id, "3", "345")
        #expect(
            try whole.json()["content"]?["sha256"] == .string(shop.content(Array("012345".utf8), "x", "a/b").digest.description), "\(whole.text)")
    }

    @Test func `what has arrived survives a restart`() async throws {
        let shop = try TestShop()
        let id = try await begin(shop, 8)
        try await send(shop, id, "0", "01234").expect(200)
        let store = try UploadStore(
            directory: "\(shop.directory)/uploads", contents: shop.catalogue.contents, writer: shop.writer, now: { [clock = shop.clock] in clock.now }
        )
        let found = try #require(try await store.find(id))
        #expect(found.offset == 5 && found.length == 8)
        let rest = AsyncStream<ByteBuffer> { continuation in
            for part in ["5", "67"] { continuation.yield(ByteBuffer(string: part)) }
            continuation.finish()
        }
        guard case .appended(let upload) = try await store.append(id, at: 5, rest) else {
            Issue.record("the rest was not taken")
            return
        }
        #expect(upload.offset == 8)
        #expect(try shop.catalogue.contents.bytes(try #require(upload.digest)) == Array("01234567".utf8))
    }

    @Test func `a part that breaks off is gone on with where it ended`() async throws {
        let shop = try TestShop()
        let id = try await begin(shop, 4)
        struct Torn: Error {}
        let part = AsyncThrowingStream<ByteBuffer, any Error> { continuation in
            continuation.yield(ByteBuffer(string: "01"))
            continuation.finish(throwing: Torn())
        }
        await #expect(throws: Torn.self) { try await shop.shop.uploads.append(id, at: 0, part) }
        #expect(try await shop.send(.get, "/uploads/\(id)").json()["offset"] == 2)
        #expect(try await send(shop, id, "2", "23").json()["content"]?["length"] == 4)
    }

    @Test func `of two parts at a time one is told to wait`() async throws {
        let shop = try TestShop()
        let id = try await begin(shop, 4)
        let (part, source) = AsyncStream<ByteBuffer>.makeStream()
        source.yield(ByteBuffer(string: "0"))
        async let first = shop.shop.uploads.append(id, at: 0, part)
        while try await shop.send(.get, "/uploads/\(id)").json()["offset"] != 1 { await Task.yield() }
        let second = try await send(shop, id, "1", "123")
        try second.expectKind(409, "upload-busy")
        #expect(second.headers[.comeBack] == "1")
        source.finish()
        guard case .appended = try await first else {
            Issue.record("the first part was not taken")
            return
        }
        #expect(try await send(shop, id, "1", "123").json()["content"]?["length"] == 4)
    }

    @Test func `an upload that is cancelled is gone, and nobody else's`() async throws {
        let shop = try TestShop()
        let (id, other) = (try await begin(shop, 4), try await begin(shop, 4))
        try await shop.send(.delete, "/uploads/\(id)").expect(204)
        try await shop.send(.delete, "/uploads/\(id)").expectKind(404, "not-found")
        try await send(shop, id, "0", "0123").expectKind(404, "not-found")
        #expect(try files(shop) == ["\(other)-4"])
        for wrong in ["x", "..", String(repeating: "A", count: 32), "..%2F..%2Fshop.sqlite", String(repeating: "0", count: 31)] {
            try await shop.send(.delete, "/uploads/\(wrong)").expectKind(404, "not-found")
        }
        #expect(FileManager.default.fileExists(atPath: "\(shop.directory)/shop.sqlite"))
    }

    @Test func `lengths that cannot be are refused`() async throws {
        let shop = try TestShop()
        for wrong in [0, -1, 1_099_511_627_777, "4", .null] as [JSONValue] {
            try await shop.send(.post, "/uploads", ["length": wrong]).expectKind(422, "validation")
        }
        try await shop.send(.post, "/uploads", [:]).expectKind(422, "validation")
        #expect(try files(shop) == [])
    }

    @Test func `sixty-four uploads may be unfinished`() async throws {
        let shop = try TestShop()
        var last = ""
        for _ in 1...64 { last = try await begin(shop, 1) }
        try await shop.send(.post, "/uploads", ["length": 1]).expectKind(409, "too-many-uploads")
        try await send(shop, last, "0", "x").expect(200)
        _ = try await begin(shop, 1)
        try await shop.send(.post, "/uploads", ["length": 1]).expectKind(409, "too-many-uploads")
    }

    @Test func `an upload without a part for a day is forgotten`() async throws {
        let shop = try TestShop()
        let old = try await begin(shop, 4)
        shop.clock.advance(.seconds(24 * 3600 - 1))
        let young = try await shop.send(.post, "/uploads", ["length": 4]).json()["id"]?.string ?? ""
        try await shop.send(.get, "/uploads/\(old)").expect(200)
        let moment = Date(timeIntervalSince1970: Double(shop.clock.now.seconds))
        try FileManager.default.setAttributes([.modificationDate: moment], ofItemAtPath: "\(shop.directory)/uploads/\(young)-4")
        shop.clock.advance(.seconds(2))
        _ = try await shop.send(.post, "/uploads", ["length": 4])
        try await shop.send(.get, "/uploads/\(old)").expectKind(404, "not-found")
        try await shop.send(.get, "/uploads/\(young)").expect(200)
    }
}
