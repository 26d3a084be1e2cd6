import AsyncHTTPClient
import NIOCore

/// Brings the goods of an answer to where they go, and takes up again where a connection broke.
struct BuyDownload: Sendable {
    let transport: any BuyTransport
    let clock: BuyClock
    let note: @Sendable (String) -> Void

    struct Saved: Hashable, Sendable {
        /// Nil for a stream.
        let file: String?
        let bytes: Int64
    }

    /// How often it is tried without a single byte more.
    static let retries = 4

    /// - Parameters:
    ///   - url: what `response` answered.
    ///   - links: of the answer; with a link to the content it can be resumed.
    ///   - tag: tells the parts of different purchases apart.
    /// - Throws: `CommandFailure` with exit code 75 when the goods are not whole.
    func save(_ response: HTTPClientResponse, of url: BuyURL, links: BuyLinks, to destination: BuyDestination, tag: String) async throws -> Saved {
        let sink = try destination.open(tag: tag)
        let name = BuyFilename.suggested(
            disposition: response.header("Content-Disposition"), url: url, mediaType: response.header("Content-Type"))
        let whole = response.header("Content-Length").flatMap { Int64($0) }
        var problem = try await copy(response, to: sink)
        var failures = 0
        while let clause = problem {
            let before = sink.count
            guard let link = links.content else {
                throw CommandFailure.tryAgain("The goods broke off after \(BuyText.size(before)): \(clause). Run the same command again.")
            }
            guard failures < Self.retries else {
                throw CommandFailure.tryAgain("The goods broke off again and again: \(clause). Run the same command again.")
            }
            note("The download broke off after \(BuyText.size(before)) (\(clause)); resuming…")
            try await clock.sleep(.seconds(1 << failures))
            problem = try await resume(link, as: response.header("ETag"), whole: whole, to: sink)
            failures = sink.count > before ? 0 : failures + 1
        }
        return Saved(file: try destination.finish(sink, name: name), bytes: sink.count)
    }

    /// Copies the body.
    /// - Returns: nil when it came whole, else what broke.
    private func copy(_ response: HTTPClientResponse, to sink: BuySink) async throws(CommandFailure) -> String? {
        var chunks = response.body.makeAsyncIterator()
        while true {
            let chunk: ByteBuffer?
            do { chunk = try await chunks.next() } catch { return BuyNetwork.clause(error) }
            guard let chunk else { return nil }
            try sink.write(chunk)
        }
    }

    /// Asks for what is missing.
    /// - Returns: nil when it is whole now, else what broke.
    private func resume(_ link: BuyURL, as tag: String?, whole: Int64?, to sink: BuySink) async throws(CommandFailure) -> String? {
        var headers: [(name: String, value: String)] = []
        if sink.count > 0 {
            headers.append(("Range", "bytes=\(sink.count)-"))
            // Only a strong tag promises the same bytes.
            if let tag, tag.hasPrefix("\"") { headers.append(("If-Range", tag)) }
        }
        let response: HTTPClientResponse
        do { response = try await transport.get(link, headers) } catch { return error.clause }
        switch response.code {
        case 206:
            let range = response.header("Content-Range").flatMap(ContentRange.init)
            guard let range, range.first == sink.count, whole == nil || range.whole == nil || range.whole == whole else {
                return "the shop sent another part than was asked for"
            }
            return try await copy(response, to: sink)
        case 200:
            guard sink.restart() else {
                throw .tryAgain("The goods broke off, and what was written cannot be taken back; run the same command again.")
            }
            return try await copy(response, to: sink)
        default: return "the shop answered \(response.code)"
        }
    }
}

/// `bytes 5-9/10` (RFC 9110, section 14.4).
struct ContentRange: Hashable {
    let first: Int64
    let whole: Int64?

    init?(_ text: String) {
        guard text.hasPrefix("bytes ") else { return nil }
        let parts = text.dropFirst(6).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let dash = parts[0].firstIndex(of: "-"), let first = Int64(parts[0][..<dash]) else { return nil }
        self.first = first
        whole = Int64(parts[1])
    }
}
