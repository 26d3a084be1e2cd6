import Domain
import Hummingbird
import NIOCore
import Payments

/// Gives an answer from the shelf.
struct StoredBody {
    let stored: StoredAnswer
    let receipt: Receipt?
    let shop: Shop

    func body(_ context: ShopContext) async throws -> ResponseBody {
        let (receipt, shop, channel, range) = (receipt, shop, context.channel, stored.body)
        let done: @Sendable () -> Void = {
            guard let receipt else { return }
            shop.answers.given(receipt.payment.id)
            shop.deliveries.answered(receipt.payment)
            shop.deliveries.delivered(receipt)
        }
        guard !range.isEmpty else {
            done()
            return ResponseBody()
        }
        let file = try await FileIO().loadFile(path: stored.path, range: Int(range.lowerBound)...Int(range.upperBound - 1), context: context)
        return ResponseBody(contentLength: range.count) { writer in
            try await file.write(PacedWriter(base: writer, channel: channel))
            done()
        }
    }
}
