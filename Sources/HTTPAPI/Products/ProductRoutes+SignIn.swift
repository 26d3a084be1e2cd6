import Access
import Domain
import HTTPTypes
import Hummingbird
import Payments
import X402

/// The goods for a wallet that bought them before (extension sign-in-with-x).
extension ProductRoutes {
    /// The sign-in of a request; nil when there is none.
    /// - Parameter hasPayment: whether a payment came along: nobody could tell what a buyer means who shows both.
    static func signIn(_ headers: HTTPFields, beside hasPayment: Bool) throws(Problem) -> WalletProof? {
        let shown = headers[values: .signInWithX]
        guard let header = shown.first else { return nil }
        guard shown.count == 1, !hasPayment else {
            throw Problem(.badRequest, "Send either a payment or one \(SignInExtension.header) header.", headers: crossOrigin)
        }
        do { return try WalletProof(header: header) } catch {
            throw Problem(.badRequest, "\(error.reason): \(error.sentence)", headers: crossOrigin)
        }
    }

    func signedIn(_ proof: WalletProof, _ product: Product, _ request: Request, _ context: ShopContext) async throws -> Response {
        // A draft is nobody's business.
        guard product.state != .draft else { throw Problem.notFound }
        // As with payments: each check may cost a signature and a look at the chain.
        try shop.take(.payments, request, context)
        switch try await shop.gate.admit(proof, for: product) {
        case .admitted(let receipt): return try await fulfil(receipt, product, nil, request, context, version: nil)
        case .refused(let error):
            // As the reference implementation has it: who may not go in is asked to pay. What is off sale has no terms to offer.
            guard product.state == .published else { throw Problem.notFound }
            return try unpaid(product, error: error.reason.rawValue, message: error.sentence)
        case .unavailable(let sentence):
            throw Problem(.serviceUnavailable, sentence, headers: Self.crossOrigin.adding(.retryAfter, "5"))
        }
    }
}
