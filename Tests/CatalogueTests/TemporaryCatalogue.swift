import Catalogue
import Domain
import Foundation
import Storage
import Synchronization
import Testing

/// A real shop file and content store in a directory of their own.
final class TemporaryCatalogue: Sendable {
    let directory: String
    let database: ShopDatabase
    let contents: ContentStore
    let catalogue: Catalogue
    let clock = Clock()

    /// A wall clock that stands still until it is moved.
    final class Clock: Sendable {
        private let moment = Mutex(TemporaryCatalogue.start)
        var now: Timestamp { moment.withLock { $0 } }
        func advance(_ span: Duration) { moment.withLock { $0 = $0 + span } }
    }

    static let start = Timestamp(seconds: 1_800_000_000)

    init() throws {
        directory = NSTemporaryDirectory() + "pushcart-catalogue-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        database = try ShopDatabase(path: "\(directory)/shop.sqlite")
        contents = try ContentStore(directory: "\(directory)/content")
        catalogue = Catalogue(reader: database.reader, writer: database.writer, contents: contents) { [clock] in clock.now }
    }

    /// Takes in bytes in pieces.
    func keep(_ bytes: [UInt8], pieces: Int = 1) throws -> Content {
        var incoming = try contents.receive()
        let size = max(1, (bytes.count + pieces - 1) / pieces)
        for start in stride(from: 0, to: bytes.count, by: size) {
            try bytes[start..<min(start + size, bytes.count)].withUnsafeBytes { try incoming.append($0) }
        }
        let (digest, length) = try contents.keep(incoming)
        return Content(digest: digest, length: length, mediaType: "text/markdown", fileName: "text.md")
    }

    static func draft(_ slug: String, price: String = "0.01", content: Content) throws -> ProductDraft {
        ProductDraft(
            slug: try #require(Slug(slug)), title: "Title", summary: "", kind: .article, price: try Money(price, .usd), tags: [], repeatable: false,
            state: .published, content: content)
    }

    func add(_ slug: String, price: String = "0.01", markdown: String = "# Hello") async throws -> Product {
        guard
            case .created(let product) = try await catalogue.add(
                Self.draft(slug, price: price, content: keep(Array(markdown.utf8))), actor: "local:0")
        else { throw Taken() }
        return product
    }

    struct Taken: Error {}

    deinit {
        try? database.close()
        try? FileManager.default.removeItem(atPath: directory)
    }
}
