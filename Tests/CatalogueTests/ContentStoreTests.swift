import Catalogue
import Crypto
import Domain
import Foundation
import Testing

@Suite struct ContentStoreTests {
    static func digest(_ bytes: [UInt8]) -> ContentDigest { ContentDigest(Array(SHA256.hash(data: bytes)))! }

    static func files(_ store: TemporaryCatalogue) -> [String] {
        (FileManager.default.enumerator(atPath: "\(store.directory)/content")?.allObjects as? [String] ?? []).sorted()
    }

    @Test(arguments: [(0, 1), (1, 1), (1_000, 7), (3_000_000, 50)]) func `bytes in pieces are kept under their SHA-256`(_ length: Int, _ pieces: Int)
        throws
    {
        let store = try TemporaryCatalogue()
        let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let content = try store.keep(bytes, pieces: pieces)
        let digest = Self.digest(bytes)
        #expect(content.digest == digest)
        #expect(content.length == Int64(length))
        #expect(store.contents.holds(digest))
        #expect(try store.contents.bytes(digest) == bytes)
        #expect(store.contents.length(digest) == Int64(length))
        #expect(store.contents.path(digest) == "\(store.directory)/content/\(digest.description.prefix(2))/\(digest)")
        #expect(Self.files(store) == ["\(digest.description.prefix(2))", "\(digest.description.prefix(2))/\(digest)"])
    }

    @Test func `the same bytes twice are kept once`() throws {
        let store = try TemporaryCatalogue()
        let bytes = Array("the same".utf8)
        let first = try store.keep(bytes)
        let files = Self.files(store)
        #expect(try store.keep(bytes, pieces: 3) == first)
        #expect(Self.files(store) == files)
        #expect(try store.contents.bytes(first.digest) == bytes)
    }

    @Test func `what is being read stays whole while the same bytes are taken in again`() throws {
        let store = try TemporaryCatalogue()
        let bytes = Array("the same".utf8)
        let content = try store.keep(bytes)
        let reading = try #require(FileHandle(forReadingAtPath: store.contents.path(content.digest)))
        _ = try store.keep(bytes)
        #expect(try reading.readToEnd() == Data(bytes))
    }

    @Test func `what is not kept is gone at once`() throws {
        let store = try TemporaryCatalogue()
        do {
            var incoming = try store.contents.receive()
            try [1, 2, 3].withUnsafeBytes { try incoming.append($0) }
            #expect(Self.files(store).count == 1)
            #expect(incoming.length == Int64(3 * MemoryLayout<Int>.size))
        }
        #expect(Self.files(store).isEmpty)
    }

    @Test func `what a crash left half written is removed at the start, and what is whole stays`() throws {
        let store = try TemporaryCatalogue()
        let content = try store.keep([1, 2, 3])
        for name in ["incoming-1", "incoming-2.whole"] {
            try Data([9]).write(to: URL(fileURLWithPath: "\(store.directory)/content/\(name)"))
        }
        let again = try ContentStore(directory: "\(store.directory)/content")
        #expect(Self.files(store).count == 2)
        #expect(try again.bytes(content.digest) == [1, 2, 3])
    }

    @Test func `contents are for the daemon's own user only`() throws {
        let store = try TemporaryCatalogue()
        let content = try store.keep([1])
        func mode(_ path: String) throws -> Int? { try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int }
        #expect(try mode("\(store.directory)/content") == 0o700)
        #expect(try mode(store.contents.path(content.digest)) == 0o600)
    }

    @Test func `what is not there is not held`() throws {
        let store = try TemporaryCatalogue()
        let digest = Self.digest([1])
        #expect(!store.contents.holds(digest))
        #expect(store.contents.length(digest) == nil)
        #expect(throws: (any Error).self) { try store.contents.bytes(digest) }
    }

    @Test func `a directory that cannot be written is an error with a sentence`() throws {
        let store = try TemporaryCatalogue()
        try FileManager.default.removeItem(atPath: "\(store.directory)/content")
        do {
            _ = try store.contents.receive()
            Issue.record("something was taken in")
        } catch let error as ContentError {
            #expect(error.description == "The data directory cannot be written (No such file or directory); nothing was stored.")
        }
        #expect(ContentError.disk(ENOSPC).description == "The disk is full; nothing was stored.")
        #expect(ContentError.disk(EDQUOT).description == "The disk is full; nothing was stored.")
        #expect(throws: (any Error).self) { try ContentStore(directory: "/proc/nowhere") }
    }
}
