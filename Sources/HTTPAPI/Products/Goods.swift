import Catalogue
import Domain
import Foundation
import HTTPTypes
import Hummingbird
import JSON
import NIOCore

/// Content on its way to a buyer, opened before any money is taken: what cannot be given is not sold.
struct Goods: Sendable {
    let content: Content
    let etag: String
    let mediaType: String
    /// Set where the browser should save and not show.
    let disposition: String?
    /// Made for one request, such as a page that leads to a receipt; a file is the same for all.
    let isPage: Bool
    /// Made instead of the goods, for practice money.
    let isSample: Bool
    private let source: Source

    static let sampleForm = "sample"

    private enum Source: Sendable {
        case memory(ByteBuffer)
        case file(path: String)
    }

    var length: Int64 {
        switch source {
        case .memory(let bytes): Int64(bytes.readableBytes)
        case .file: content.length
        }
    }

    /// Files up to this length are read at once; longer ones are streamed.
    private static let smallLength: Int64 = 64 * 1024

    /// The bytes of a file, as they are.
    /// - Throws: `Problem` when the file is not there.
    init(file content: Content, in contents: ContentStore) throws {
        self.content = content
        etag = "\"sha256-\(content.digest)\""
        mediaType = content.mediaType
        disposition = Self.attachment(content.fileName)
        isPage = false
        isSample = false
        if content.length <= Self.smallLength {
            // Why it cannot be read does not matter to a buyer: it is not sold.
            guard let bytes = try? contents.bytes(content.digest) else { throw Self.missing }
            source = .memory(ByteBuffer(bytes: bytes))
        } else {
            guard contents.holds(content.digest) else { throw Self.missing }
            source = .file(path: contents.path(content.digest))
        }
    }

    /// Text made from content: a form of an article, or a sample.
    init(_ bytes: [UInt8], of content: Content, form: String, mediaType: String) {
        self.content = content
        etag = "\"sha256-\(content.digest)-\(form)\""
        self.mediaType = mediaType
        disposition = nil
        isPage = form == "html"
        isSample = form == Self.sampleForm
        source = .memory(ByteBuffer(bytes: bytes))
    }

    private static let missing = Problem(
        .serviceUnavailable, "The goods are missing from this shop just now. Tell the owner; a payment that was taken gets them when they are back.",
        headers: [.retryAfter: "300"])

    /// `Content-Disposition` with a plain name for old clients and the real one (RFC 6266).
    static func attachment(_ name: String) -> String {
        let plain = String(
            name.unicodeScalars.map {
                $0.isASCII && $0.value >= 0x20 && $0.value < 0x7F && $0 != "\"" && $0 != "\\" && $0 != "%" ? Character($0) : "_"
            })
        let allowed = CharacterSet(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$&+-.^_`|~")
        let encoded = name.addingPercentEncoding(withAllowedCharacters: allowed) ?? plain
        return encoded == name ? "attachment; filename=\"\(plain)\"" : "attachment; filename=\"\(plain)\"; filename*=UTF-8''\(encoded)"
    }

    func headers(_ part: Preconditions.Outcome) -> HTTPFields {
        var headers: HTTPFields = [
            .contentType: mediaType, .eTag: etag, .acceptRanges: "bytes", .cacheControl: "private", .xContentTypeOptions: "nosniff",
        ]
        if let disposition { headers[.contentDisposition] = disposition }
        if case .part(let range) = part { headers[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound)/\(length)" }
        return headers
    }

    /// The whole or one part.
    func body(_ part: Preconditions.Outcome, context: ShopContext) async throws -> ResponseBody {
        let range = if case .part(let range) = part { range } else { Int64(0)...(max(length, 1) - 1) }
        switch source {
        case .memory(let bytes):
            let count = length == 0 ? 0 : range.count
            return ResponseBody(byteBuffer: bytes.getSlice(at: bytes.readerIndex + Int(range.lowerBound), length: count) ?? bytes)
        case .file(let path):
            let file = try await FileIO().loadFile(path: path, range: Int(range.lowerBound)...Int(range.upperBound), context: context)
            let channel = context.channel
            return ResponseBody(contentLength: file.contentLength) { try await file.write(PacedWriter(base: $0, channel: channel)) }
        }
    }
}
