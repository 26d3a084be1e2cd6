import Domain
import EVM
import Glibc
import JSON
import X402

/// What a buyer says: progress on standard error for people, the result on standard output for people or for programs.
struct BuyReport: Sendable {
    /// The result is one line of JSON and there is no progress.
    let isJSON: Bool
    /// Standard output carries the goods; the result goes to standard error.
    let isStreaming: Bool
    let out: @Sendable (String) -> Void
    let err: @Sendable (String) -> Void

    init(
        isJSON: Bool, isStreaming: Bool, out: @escaping @Sendable (String) -> Void = { line($0, to: 1) },
        err: @escaping @Sendable (String) -> Void = { line($0, to: 2) }
    ) {
        (self.isJSON, self.isStreaming, self.out, self.err) = (isJSON, isStreaming, out, err)
    }

    /// Progress for people.
    func note(_ text: String) { if !isJSON { err(text) } }

    /// The goods cost nothing.
    func free(_ saved: BuyDownload.Saved) {
        guard isJSON else { return result("\(Self.saved(saved)); it was free, nothing was paid") }
        result(Self.json(saved, paid: false, payment: nil, transaction: nil, receipt: nil))
    }

    /// The goods are paid and here.
    func bought(_ saved: BuyDownload.Saved, with payment: StoredPayment, settlement: SettlementResponse?, receipt: BuyURL?) {
        let isOwned = settlement?.other["extra"]?["alreadyOwned"]?.bool == true
        let transaction = settlement.map { BuyText.plain($0.transaction, limit: 100) }.flatMap { $0.isEmpty ? nil : $0 }
        guard isJSON else {
            result(Self.saved(saved))
            result(isOwned ? "It was yours already: nothing was paid this time" : "Paid \(payment.price)")
            if let transaction { result("Transaction \(transaction)") }
            if let receipt { result("Receipt \(receipt)") }
            return
        }
        result(Self.json(saved, paid: true, isOwned: isOwned, payment: payment, transaction: transaction, receipt: receipt))
    }

    private func result(_ text: String) { isStreaming ? err(text) : out(text) }

    private static func saved(_ saved: BuyDownload.Saved) -> String {
        saved.file.map { "Saved \($0) (\(BuyText.size(saved.bytes)))" } ?? "Wrote \(BuyText.size(saved.bytes))"
    }

    private static func json(
        _ saved: BuyDownload.Saved, paid: Bool, isOwned: Bool = false, payment: StoredPayment?, transaction: String?, receipt: BuyURL?
    ) -> String {
        func text(_ value: String?) -> JSONValue { value.map(JSONValue.string) ?? .null }
        let json: JSONValue = [
            "paid": .bool(paid), "alreadyOwned": .bool(isOwned), "amount": text(payment.map { $0.asset.decimal($0.amount) }),
            "asset": text(payment?.asset.symbol),
            "network": text(payment?.network.description), "payer": text(payment?.payer.checksummed), "transaction": text(transaction),
            "file": text(saved.file), "sandbox": .bool(payment?.sandbox ?? false), "receipt": text(receipt?.description),
        ]
        return json.text
    }
}

private func line(_ text: String, to file: Int32) {
    // Whoever closed the output does not want to know.
    _ = Array("\(text)\n".utf8).withUnsafeBytes { PrivateFile.writeAll($0, to: file) }
}
