import ArgumentParser
import Domain
import Foundation
import JSON
import NIOCore
import Storage
import Synchronization
import Testing

@testable import pushcart

/// Commands reach the shop through its control socket, whether a daemon runs or not.
@Suite struct ControlClientTests {
    @Test func `without a shop there is nobody to ask`() async throws {
        let nowhere = FileManager.default.temporaryDirectory.appending(path: "nowhere-\(UUID().uuidString)").path
        let failure = await #expect(throws: CommandFailure.self) {
            try await ControlClient.with(data: nowhere) { try await $0.send(.get, "/api/v1/status") }
        }
        #expect(failure?.exitCode == 69)
        #expect(!FileManager.default.fileExists(atPath: nowhere))
    }

    @Test func `without a daemon the command serves the socket for itself and leaves the lock free`() async throws {
        let directory = try TestDirectory()
        for _ in 0..<2 {
            let status = try await ControlClient.with(data: directory.path) { try await $0.send(.get, "/api/v1/status") }
            #expect(status["practice"] == true && status["products"] == 0 && status["origin"] == "http://127.0.0.1:4020")
        }
        _ = try await TestDirectory.retake(directory.path)
    }

    @Test func `with a daemon the command speaks to it, through a socket for the owner alone`() async throws {
        let directory = try TestDirectory()
        try await directory.serving {
            #expect(try DataDirectory.take(directory.path, create: false) == nil)
            let mode = try FileManager.default.attributesOfItem(atPath: "\(directory.path)/control.sock")[.posixPermissions] as? Int
            #expect(mode == 0o600)
            let status = try await ControlClient.with(data: directory.path) { try await $0.send(.get, "/api/v1/status") }
            #expect(status["practice"] == true)
        }
    }

    @Test func `a daemon that holds the shop and does not answer is tried again later`() async throws {
        let directory = try TestDirectory()
        let lock = try await TestDirectory.retake(directory.path)
        let failure = await #expect(throws: CommandFailure.self) {
            try await ControlClient.with(data: directory.path) { try await $0.send(.get, "/api/v1/status") }
        }
        #expect(failure == DataDirectory.busy(lock.path))
    }

    // MARK: Answers

    @Test func `a refusal is the shop's own sentence`() async throws {
        let directory = try TestDirectory()
        let failures = try await ControlClient.with(data: directory.path) { client -> [CommandFailure] in
            var failures: [CommandFailure] = []
            let wrong: [(ControlClient.Method, String, JSONValue?)] = [
                (.get, "/api/v1/products/nothing", nil), (.post, "/api/v1/products", ["slug": "a"]), (.patch, "/api/v1/status", nil),
                (.get, "/readyz?", nil),
                (
                    .post, "/api/v1/products",
                    ["slug": "a", "title": "T", "kind": "file", "price": "0", "content": ["sha256": "00", "mediaType": "a/b", "fileName": "x"]]
                ),
            ]
            for (method, path, body) in wrong {
                do { _ = try await client.send(method, path, body) } catch let failure as CommandFailure { failures.append(failure) }
            }
            return failures
        }
        #expect(failures.map(\.exitCode) == [1, 1, 1, 1])
        #expect(failures.first?.sentence == "There is no product of that name; “pushcart product list” shows those there are.")
        #expect(failures[1].sentence.hasPrefix("Some of it is wrong:\n  /title: ") && failures[1].sentence.contains("\n  /price: "))
        #expect(failures[2].sentence.contains("it takes GET, HEAD"))
        #expect(failures[3].sentence.split(separator: "\n").count == 3)
    }

    // MARK: Files

    @Test func `a file goes over as bytes, with its progress`() async throws {
        let directory = try TestDirectory()
        let bytes = (0..<600_000).map { UInt8(truncatingIfNeeded: $0) }
        let file = try directory.write(bytes, "song.flac")
        defer { try? FileManager.default.removeItem(atPath: file) }
        let steps = StepLog()
        let stored = try await ControlClient.with(data: directory.path) { client in try await client.send(file: file) { steps.add($0) } }
        #expect(stored["length"] == 600_000)
        #expect(steps.all == [262_144, 524_288, 600_000])
        let digest = try #require(stored["sha256"]?.string)
        #expect(FileManager.default.contents(atPath: "\(directory.path)/content/\(digest.prefix(2))/\(digest)") == Data(bytes))
    }

    @Test func `what is no file is not sent`() throws {
        let directory = try TestDirectory()
        let missing = #expect(throws: CommandFailure.self) { try FileChunks(path: "\(directory.path)/nothing") { _ in } }
        #expect(missing?.sentence.contains("cannot be read: No such file") == true)
        let folder = #expect(throws: CommandFailure.self) { try FileChunks(path: directory.path) { _ in } }
        #expect(folder?.sentence == "\(directory.path) is not a file.")
    }

    @Test func `an empty file has no pieces, and one that became shorter is told`() async throws {
        let directory = try TestDirectory()
        let empty = try directory.write([], "empty")
        let long = try directory.write([UInt8](repeating: 1, count: 300_000), "long")
        defer { for file in [empty, long] { try? FileManager.default.removeItem(atPath: file) } }
        var none = try FileChunks(path: empty) { _ in }.makeAsyncIterator()
        #expect(try await none.next() == nil)
        let chunks = try FileChunks(path: long) { _ in }
        #expect(chunks.length == 300_000)
        try #require(truncate(long, 262_144) == 0)
        var iterator = chunks.makeAsyncIterator()
        #expect(try await iterator.next()?.readableBytes == 262_144)
        await #expect(throws: CommandFailure.self) { try await iterator.next() }
    }

    // MARK: Commands

    private func run(_ command: sending some AsyncParsableCommand) async throws {
        var command = command
        try await command.run()
    }

    @Test func `products are added, changed and taken off sale`() async throws {
        let directory = try TestDirectory()
        let file = try directory.write(Array("0123456789".utf8), "song.flac")
        let article = try directory.write(Array("# Hello".utf8), "text.md")
        defer { for path in [file, article] { try? FileManager.default.removeItem(atPath: path) } }
        try await run(
            ProductCommand.Add.parse([
                "--data", directory.path, "--slug", "song", "--title", "My song", "--price", "0.99", "--file", file, "--tags", "a, b", "--summary",
                "Loud.",
                "--repeatable", "--json",
            ]))
        try await run(
            ProductCommand.Add.parse([
                "--data", directory.path, "--slug", "text", "--title", "Text", "--price", "1", "--currency", "USD", "--article", article, "--draft",
                "--json",
            ]))
        try await run(
            ProductCommand.Edit.parse(["song", "--data", directory.path, "--price", "1.50", "--no-repeatable", "--title", "Ours", "--json"]))
        try await run(
            ProductCommand.Edit.parse(["text", "--data", directory.path, "--file", file, "--media-type", "a/b", "--state", "published", "--json"]))
        try await run(ProductCommand.Archive.parse(["song", "--data", directory.path, "--json"]))
        try await directory.open { database, _ in
            let song = try #require(try database.reader.product(slug: Slug("song")!))
            #expect(song.title == "Ours" && song.summary == "Loud." && song.price.amountText == "1.50" && song.tags == ["a", "b"])
            #expect(!song.repeatable && song.state == .archived && song.content.length == 10 && song.kind == .file)
            #expect(song.content.fileName == (file as NSString).lastPathComponent && song.content.mediaType == "audio/flac")
            let text = try #require(try database.reader.product(slug: Slug("text")!))
            #expect(text.kind == .article && text.state == .published && text.content.mediaType == "a/b")
            let actors = Set(try await database.reader.events(after: 0).map(\.actor))
            #expect(actors == ["local:\(getuid())"])
        }
        let nothing = await #expect(throws: CommandFailure.self) { try await run(ProductCommand.Edit.parse(["song", "--data", directory.path])) }
        #expect(nothing?.exitCode == 2)
        for command in [ProductCommand.Show.self, ProductCommand.Archive.self, ProductCommand.Edit.self] as [any AsyncParsableCommand.Type] {
            let failure = await #expect(throws: CommandFailure.self) {
                try await run(try command.parse(["No Slug", "--data", directory.path]))
            }
            #expect(failure?.exitCode == 2)
        }
    }

    @Test(
        arguments: [
            ["add", "--slug", "a", "--title", "A", "--price", "1"],
            ["add", "--slug", "a", "--title", "A", "--price", "1", "--file", "x", "--article", "y"],
            ["add", "--slug", "a", "--title", "A", "--price", "1", "--upstream", "http://127.0.0.1", "--file", "x"], ["add", "--slug", "a"], ["edit"],
            ["show"],
        ])
    func `a command that lacks something says so before it does anything`(_ arguments: [String]) {
        #expect(throws: (any Error).self) { try ProductCommand.parseAsRoot(arguments) }
    }

    @Test(arguments: ["x", "2027-1'", "../1", "1/2", "", "१"]) func `an order has a number`(_ number: String) {
        #expect(throws: (any Error).self) { try OrderCommand.Show.parse([number]) }
        #expect(throws: Never.self) { try OrderCommand.Show.parse(["2027-000001"]) }
    }
}

/// How far a file was, step by step.
private final class StepLog: Sendable {
    private let steps = Mutex<[Int64]>([])
    var all: [Int64] { steps.withLock { $0 } }
    func add(_ step: Int64) { steps.withLock { $0.append(step) } }
}
