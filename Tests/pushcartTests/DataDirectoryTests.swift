import Foundation
import Testing

@testable import pushcart

@Suite struct DataDirectoryTests {
    private let folder: BuyTemporaryFolder
    private var path: String { "\(folder.path)/shop" }

    init() throws { folder = try BuyTemporaryFolder() }

    private func taken(_ path: String, create: Bool = true) throws -> DataDirectory { try #require(try DataDirectory.take(path, create: create)) }

    @Test func `only what may make a shop makes one, for its owner alone`() throws {
        let missing = #expect(throws: CommandFailure.self) { try DataDirectory.take(path, create: false) }
        #expect(missing?.exitCode == 69 && missing?.sentence.contains("pushcart serve --data \(path)") == true)
        #expect(!FileManager.default.fileExists(atPath: path))
        let directory = try taken(path)
        #expect(directory.path == path && directory.database == "\(path)/shop.sqlite" && directory.contents == "\(path)/content")
        #expect(try folder.mode("shop") == 0o700)
        #expect(try folder.mode("shop/lock") == 0o600)
    }

    @Test func `a directory without a shop in it is none to a command`() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let failure = #expect(throws: CommandFailure.self) { try DataDirectory.take(path, create: false) }
        #expect(failure?.exitCode == 69)
        #expect(try FileManager.default.contentsOfDirectory(atPath: path) == [])
        #expect(FileManager.default.createFile(atPath: "\(path)/shop.sqlite", contents: Data()))
        #expect(try DataDirectory.take(path, create: false) != nil)
    }

    @Test func `one holds the directory at a time, for as long as it lives`() async throws {
        var first: DataDirectory? = try taken(path)
        #expect(first != nil)
        #expect(try DataDirectory.take(path, create: true) == nil)
        #expect(try DataDirectory.take("\(path)/../shop/", create: true) == nil)
        #expect(try DataDirectory.take("\(folder.path)/other", create: true) != nil)
        first = nil
        try Data().write(to: URL(fileURLWithPath: "\(path)/shop.sqlite"))
        _ = try await TestDirectory.retake(path)
        let busy = DataDirectory.busy(path)
        #expect(busy.exitCode == 75 && busy.sentence.contains(path))
    }

    @Test func `what is in the way is told`() throws {
        let file = try folder.write("", to: "file", mode: 0o644)
        let inside = #expect(throws: CommandFailure.self) { try DataDirectory.take("\(file)/shop", create: true) }
        #expect(inside?.exitCode == 1 && inside?.sentence.contains("cannot be made") == true)
        let itself = #expect(throws: CommandFailure.self) { try DataDirectory.take(file, create: true) }
        #expect(itself?.exitCode == 1 && itself?.sentence.contains("lock cannot be opened") == true)
    }

    @Test func `a path is made absolute and plain`() {
        #expect(DataDirectory.absolute("/a/b/../c/") == "/a/c")
        #expect(DataDirectory.absolute("x/./y") == URL(fileURLWithPath: FileManager.default.currentDirectoryPath).standardizedFileURL.path + "/x/y")
    }

    // MARK: Keys

    @Test func `a secret is made once, for its owner's eyes, and stays`() throws {
        let directory = try taken(path)
        let first = try directory.secret("offers.key")
        #expect(first.count == 32)
        #expect(try directory.secret("offers.key") == first)
        let other = try directory.secret("links.key")
        #expect(other != first)
        #expect(try folder.mode("shop/keys") == 0o700)
        #expect(try folder.mode("shop/keys/offers.key") == 0o600)
        #expect(try folder.names("shop/keys") == ["links.key", "offers.key"], "nothing half written stays behind")
    }

    @Test func `a secret outlives the process that made it`() throws {
        var directory: DataDirectory? = try taken(path)
        let secret = try directory?.secret("offers.key")
        directory = nil
        #expect(try taken(path).secret("offers.key") == secret)
    }

    @Test func `a damaged secret is refused and not replaced`() throws {
        let directory = try taken(path)
        _ = try directory.secret("offers.key")
        try Data([1, 2, 3]).write(to: URL(fileURLWithPath: "\(path)/keys/offers.key"))
        let failure = #expect(throws: CommandFailure.self) { try directory.secret("offers.key") }
        #expect(failure?.sentence.contains("damaged") == true)
        #expect(FileManager.default.contents(atPath: "\(path)/keys/offers.key") == Data([1, 2, 3]))
    }

    @Test func `a stored file replaces the one before whole`() throws {
        let directory = try taken(path)
        try directory.store(Data("first".utf8), "settler-8453.key")
        try directory.store(Data("second".utf8), "settler-8453.key")
        #expect(try folder.text("shop/keys/settler-8453.key") == "second")
        #expect(try folder.mode("shop/keys/settler-8453.key") == 0o600)
        #expect(try folder.names("shop/keys") == ["settler-8453.key"])
    }

    @Test func `keys that cannot be written are told`() throws {
        let directory = try taken(path)
        try FileManager.default.createDirectory(atPath: "\(path)/keys/offers.key", withIntermediateDirectories: true)
        #expect(throws: CommandFailure.self) { try directory.store(Data([1]), "offers.key") }
        #expect(throws: CommandFailure.self) { try directory.store(Data([1]), "no/such/folder.key") }
    }

    // MARK: Control socket

    @Test func `the control socket stands in the directory`() throws {
        _ = try taken(path)
        #expect(try DataDirectory.socketPath(path) == "\(path)/control.sock")
    }

    @Test func `a directory with a long name has a short way to its socket`() throws {
        let long = "\(folder.path)/" + String(repeating: "long-", count: 30)
        let directory = try taken(long)
        let socket = try DataDirectory.socketPath(long)
        #expect(socket.utf8.count < 100 && socket.hasPrefix("/proc/self/fd/") && socket.hasSuffix("/control.sock"))
        // Whatever is made at the short path is in the directory.
        #expect(FileManager.default.createFile(atPath: socket, contents: Data("x".utf8)))
        #expect(try Data(contentsOf: URL(fileURLWithPath: "\(directory.path)/control.sock")) == Data("x".utf8))
        #expect(throws: CommandFailure.self) { try DataDirectory.socketPath(long + "/nothing") }
    }
}
