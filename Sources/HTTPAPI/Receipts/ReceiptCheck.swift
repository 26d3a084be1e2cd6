public import Domain
import Foundation
public import JSON
import Storage

/// Checks a receipt with nothing but the receipt: that the shop's log says what the receipt says, that the entry is in the log, and that the
/// head of the log is signed.
public struct ReceiptCheck: Sendable {
    public enum Verdict: Hashable, Sendable {
        case proven(Proven)
        /// What is wrong, in a sentence.
        case wrong(String)
        /// Nothing is wrong, and nothing is proved yet: what to do.
        case unproven(String)
    }

    public struct Proven: Hashable, Sendable {
        /// By which the head is signed, 32 bytes.
        public let key: [UInt8]
        /// The shop's address as the log says it; nil in sales from before it did.
        public let shop: String?
        /// What the receipt says besides, which the proof does not cover.
        public let uncovered: [String]
    }

    /// How an asset is written, where that is known without the shop.
    public typealias Units = @Sendable (Network, _ asset: [UInt8]) -> LedgerUnit?

    private let receipt: JSONObject
    private let units: Units
    private var covered: Set<String> = ["proof"]

    /// - Parameter key: the shop's public key, if it is known, 32 bytes.
    public static func judge(_ document: JSONValue, key: [UInt8]?, units: @escaping Units) -> Verdict {
        guard let receipt = document.object, let id = receipt["receipt"]?.string.flatMap({ ReceiptID($0) }) else {
            return .wrong("This is no receipt of a Pushcart shop.")
        }
        guard let proof = receipt["proof"]?.object else {
            guard receipt["paid"]?.bool == true else {
                return .unproven("The payment of this receipt is not settled, so that there is nothing to prove.")
            }
            return .unproven(
                "This receipt is not under a signed head of the shop's log yet; fetch it again after \(receipt["proofAfter"]?.string ?? "a moment").")
        }
        let sale: SaleProof
        do { sale = try ReceiptProofJSON.read(proof) } catch {
            return .wrong("The proof cannot be read: “proof.\(error.name)” is missing or damaged.")
        }
        var check = ReceiptCheck(receipt: receipt, units: units)
        if let sentence = check.problem(id, sale) { return .wrong(sentence) }
        guard sale.isHashRight else { return .wrong("The entry of the shop's log in this receipt was changed: its hash is another one.") }
        guard sale.isIncluded else {
            return .wrong("The entry is not in the log that the signed head covers: the path, the entry's hash or the head's root was changed.")
        }
        guard sale.head.isSigned else {
            return .wrong("The signature under the head of the shop's log is wrong: head, signature or key was changed.")
        }
        if let key, key != sale.head.key {
            return .wrong("The receipt is signed by another key, \(lowercaseHex(sale.head.key)), than the one given.")
        }
        let said = check.details(sale)?["shop"]?.string
        return .proven(Proven(key: sale.head.key, shop: said, uncovered: check.uncovered))
    }

    private init(receipt: JSONObject, units: @escaping Units) {
        self.receipt = receipt
        self.units = units
    }

    private func details(_ sale: SaleProof) -> JSONObject? {
        (try? JSONValue(parsing: Array(sale.event.details.text.utf8)))?.object  // what is no JSON says nothing
    }

    /// All that the receipt says and the proof does not bind, by name.
    private var uncovered: [String] {
        receipt.members.flatMap { member -> [String] in
            guard member.key == "product", let product = member.value.object else { return covered.contains(member.key) ? [] : [member.key] }
            return product.keys.map { "product.\($0)" }.filter { !covered.contains($0) }
        }
    }

    /// The first field that is not what the entry says, in a sentence.
    private mutating func problem(_ id: ReceiptID, _ sale: SaleProof) -> String? {
        guard sale.event.kind == .orderPaid, sale.lines.count == 1, let line = sale.lines.first, line.movement.kind == .sale,
            let details = details(sale)
        else { return "The proof is not that of a sale." }
        guard details["payment"]?.int64 == id.paymentID, line.movement.paymentID == id.paymentID else {
            return "“receipt” is not the receipt of this sale: the shop's log names payment \(details["payment"]?.int64 ?? 0)."
        }
        if let hash = details["payerHash"]?.string {
            guard let payer = receipt["payer"]?.string, let bytes = hexBytes(payer.dropFirst(2)),
                lowercaseHex(PayerHash.of(payer: bytes, receipt: id)) == hash
            else { return "“payer” or “receipt” is not the one of this sale: together they do not make the hash that the shop's log names." }
            covered.formUnion(["payer", "receipt"])
        }
        let product = receipt["product"]?.object
        let origin = details["shop"]?.string
        let expected: [(name: String, found: JSONValue?, said: JSONValue?)] = [
            ("paid", receipt["paid"], true), ("sandbox", receipt["sandbox"], details["sandbox"]),
            ("network", receipt["network"], details["network"]), ("amountAtomic", receipt["amountAtomic"], details["amount"]),
            ("assetAddress", receipt["assetAddress"], details["asset"]),
            ("payTo", receipt["payTo"], .string("0x" + lowercaseHex(line.movement.debit.address))),
            ("sha256", receipt["sha256"], details["sha256"]), ("length", receipt["length"], details["length"]),
            ("transaction", receipt["transaction"], details["transaction"]), ("settledAt", receipt["settledAt"], .string(sale.event.at.iso8601)),
            ("order", receipt["order"], .string(Order.number(id: sale.event.subject, at: sale.event.at))),
            ("product.slug", product?["slug"], details["slug"]), ("product.title", product?["title"], details["title"]),
            ("shop", receipt["shop"], details["shop"]), ("receiptURL", receipt["receiptURL"], origin.map { .string("\($0)/r/\(id)") }),
        ]
        for (name, found, said) in expected {
            guard let said else { continue }
            guard found == said else { return Self.differs(name, said) }
            covered.insert(name)
        }
        return unitProblem(line.movement)
    }

    /// The amount in whole units and the asset's name, where it is a known one.
    private mutating func unitProblem(_ movement: LedgerMovement) -> String? {
        guard let unit = units(movement.debit.asset.network, movement.debit.asset.address) else { return nil }
        guard receipt["asset"] == .string(unit.symbol) else { return Self.differs("asset", .string(unit.symbol)) }
        let amount = JSONValue.string(unit.decimal(movement.amount))
        guard receipt["amount"] == amount else { return Self.differs("amount", amount) }
        covered.formUnion(["asset", "amount"])
        return nil
    }

    private static func differs(_ name: String, _ said: JSONValue) -> String {
        "“\(name)” is not what the shop's log says of this sale, which is \(String(decoding: said.encoded(), as: UTF8.self).prefix(200))."
    }
}
