import BigInt
import EVM
import JSON
import X402EVM

/// A mined transaction, as far as a settlement needs it.
struct TransactionReceipt: Sendable {
    let succeeded: Bool
    let logs: [ReceiptLog]
    /// What it cost in fees, in wei.
    let fee: UInt64

    /// Nil for null and for anything that is not a whole receipt.
    init?(_ json: JSONValue) {
        guard let status = json["status"]?.quantity, let entries = json["logs"]?.array else { return nil }
        var logs: [ReceiptLog] = []
        for entry in entries {
            guard let log = ReceiptLog(json: entry) else { return nil }
            logs.append(log)
        }
        succeeded = status == 1
        self.logs = logs
        let price = json["effectiveGasPrice"]?.string.flatMap { BigUInt(hexQuantity: $0) } ?? 0
        fee = UInt64(exactly: price * BigUInt(json["gasUsed"]?.quantity ?? 0)) ?? .max
    }
}

extension ReceiptLog {
    init?(json: JSONValue) {
        guard let address = json["address"]?.string.flatMap(EVMAddress.init(hex:)), let data = json["data"]?.data else { return nil }
        let topics = (json["topics"]?.array ?? []).compactMap { $0.string.flatMap(Bytes32.init(hex:)) }
        self.init(address: address, topics: topics, data: data)
    }
}
