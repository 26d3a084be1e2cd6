public import Domain
import Storage
import Telemetry
public import X402

extension Paygate {
    /// Lets a wallet in that bought the product before. What it bought is what our own books say of the product that is asked for; nothing
    /// that a client ever echoed decides it.
    /// - Throws: only when the database breaks; the sign-in may then be used up.
    public func admit(_ proof: WalletProof, for product: Product) async throws -> SignInAdmission {
        try await steps.run("sign-in", []) { step in
            let admission = try await weigh(proof, product)
            switch admission {
            case .admitted(let receipt):
                step.note("outcome", "admitted")
                step.note("payment", "\(receipt.payment.id)")
            case .refused(let error): step.note("outcome", error.reason.rawValue)
            case .unavailable: step.note("outcome", "unavailable")
            }
            return admission
        }
    }

    private func weigh(_ proof: WalletProof, _ product: Product) async throws -> SignInAdmission {
        if let problem = offers.signInRule(product).problem(proof, now: now()) { return .refused(problem) }
        guard let network = Network(caip2: proof.chainID),
            let facilitator = facilitators.first(where: { $0.options.contains { $0.network == network } })
        else { return .refused(WireError(.signInChain, "This shop knows no wallets of that chain; take one of those it offers.")) }
        guard let nonce = offers.judge(nonce: proof.nonce) else {
            return .refused(WireError(.signInNonce, "The nonce is not ours or has expired; ask for a new one."))
        }
        let payment: Payment?
        let wallet: [UInt8]
        switch await facilitator.signer(proof) {
        case .key(let address):
            wallet = address
            payment = try bought(wallet, product, on: nil)
        case .contract(let address):
            wallet = address
            payment = try bought(wallet, product, on: network)
        case .invalid(let error): return .refused(error)
        case .unavailable(let sentence): return .unavailable(sentence)
        }
        guard let payment, let receipt = Receipt(payment, wasOwned: true) else {
            let isRefunded = try [false, true].contains { try reader.wasRefunded(payer: wallet, productID: product.id, sandbox: $0) }
            return .refused(
                WireError(
                    .signInUnpaid,
                    isRefunded
                        ? "What this wallet bought was refunded, and its access has ended; buy it again to have it."
                        : "This wallet has not bought this yet."))
        }
        guard try await writer.useNonce(nonce.bytes, expires: nonce.expires, at: now()) else {
            return .refused(WireError(.signInNonce, "The nonce was used before; ask for a new one."))
        }
        return .admitted(receipt)
    }

    /// Practice money opens nothing in a shop that takes real money.
    private func bought(_ wallet: [UInt8], _ product: Product, on network: Network?) throws -> Payment? {
        let chainID = network?.chainID
        if let payment = try reader.entitled(payer: wallet, productID: product.id, sandbox: false, chainID: chainID) { return payment }
        let options = facilitators.flatMap(\.options)
        guard let practice = options.first, options.allSatisfy(\.sandbox) else { return nil }
        // What was bought for practice at the other door is a sample, paid to that door's own address.
        return try reader.entitled(payer: wallet, productID: product.id, sandbox: true, chainID: chainID, practicePayTo: practice.payTo)
    }
}
