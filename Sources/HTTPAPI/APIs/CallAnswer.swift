import AsyncHTTPClient
import Domain
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import Payments
import Synchronization

/// A service's answer to a call, on its way to the buyer and to the shelf. It is read once: given, kept for the buyer, or dropped. What
/// nobody did anything with is kept.
final class CallAnswer: Sendable {
    private let source: Source
    private let isTaken = Mutex(false)

    var head: StoredAnswer.Head { source.head }
    var length: Int? { source.length }

    init(_ response: HTTPClientResponse, for payment: Payment, until end: ContinuousClock.Instant, _ shop: Shop) {
        let head = StoredAnswer.Head(status: Int(response.status.code), fields: CallHeaders.response(response.headers))
        source = Source(
            payment: payment, head: head, length: Self.length(response), body: response.body,
            slot: shop.answers.begin(payment.id, head), end: end, shop: shop)
    }

    /// What the body will have, where that is said; nothing where a status means that there is none.
    static func length(_ response: HTTPClientResponse) -> Int? {
        response.status == .noContent || response.status == .notModified
            ? 0 : response.headers.first(name: "Content-Length").flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil }
    }

    deinit {
        guard take() else { return }
        let source = source
        Task { await source.keep() }
    }

    private func take() -> Bool {
        isTaken.withLock { isTaken in
            defer { isTaken = true }
            return !isTaken
        }
    }

    /// Gives it to the buyer.
    /// - Parameter receipt: nil for a call that is paid later.
    func body(_ receipt: Receipt?, _ context: ShopContext) -> ResponseBody {
        let channel = context.channel
        return ResponseBody(contentLength: source.length) { [self] writer in
            guard take() else { return }
            try await source.give(PacedWriter(base: writer, channel: channel), receipt)
        }
    }

    /// Reads it for a buyer who cannot have it yet.
    func keep() {
        guard take() else { return }
        let source = source
        Task { await source.keep() }
    }

    /// It may not be given.
    func drop() {
        guard take() else { return }
        source.slot.lose()
        let source = source
        Task { await source.shop.gate.loseCall(source.payment.id) }
    }

    private struct Source: Sendable {
        let payment: Payment
        let head: StoredAnswer.Head
        let length: Int?
        let body: HTTPClientResponse.Body
        let slot: AnswerSlot
        let end: ContinuousClock.Instant
        let shop: Shop

        struct TooLong: Error, CustomStringConvertible { let description = "the answer took longer than it may" }

        @concurrent func give(_ writer: PacedWriter, _ receipt: Receipt?) async throws {
            var writer = writer
            /// Why the buyer gets no more; what is short enough is read on and kept.
            var gone: (any Error)?
            do {
                for try await piece in body {
                    guard ContinuousClock.now < end else { throw TooLong() }
                    slot.append(piece)
                    if gone == nil {
                        do { try await writer.write(piece) } catch { gone = error }
                    }
                    if gone != nil {
                        slot.owe()
                        guard slot.isWhole else { break }
                    }
                }
            } catch {
                await lost(error)
                throw error
            }
            if let gone {
                await keepWhole()
                throw gone
            }
            _ = slot.finish(isOwed: false)
            shop.deliveries.answered(payment)
            if let receipt { shop.deliveries.delivered(receipt) }
            try await writer.finish(nil)
        }

        func keep() async {
            slot.owe()
            do {
                for try await piece in body {
                    guard ContinuousClock.now < end else { throw TooLong() }
                    slot.append(piece)
                    guard slot.isWhole else { break }
                }
            } catch { return await lost(error) }
            await keepWhole()
        }

        private func keepWhole() async {
            guard let expires = slot.finish(isOwed: true) else { return await lost(nil) }
            do { try await shop.gate.keepCall(payment.id, until: expires) } catch {
                shop.log.error("that an answer is kept could not be stored: \(error)", metadata: ["payment": "\(payment.id)"])
            }
        }

        private func lost(_ error: (any Error)?) async {
            slot.lose()
            shop.log.warning(
                "an answer broke off or is too long to be kept: \(error.map { "\($0)" } ?? "too long")", metadata: ["payment": "\(payment.id)"])
            await shop.gate.loseCall(payment.id)
        }
    }
}
