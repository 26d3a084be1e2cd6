import BigInt
import Domain
import EVM
import JSON
import X402EVM

/// A mined transaction, as far as settlements and refunds need it.
struct TransactionReceipt: Sendable {
    let succeeded: Bool
    let logs: [ReceiptLog]
    /// What it cost in fees, in wei.
    let fee: UInt64
    /// Where it stands; nil where the node does not say.
    let block: ChainBlock?

    /// Nil for null and for anything that is not a whole receipt.
    init?(_ json: JSONValue) {
        guard let status = json["status"]?.quantity, let entries = json["logs"]?.array else { return nil }
        var logs: [ReceiptLog] = []
        for entry in entries {
            guard let log = ReceiptLog(json: entry) else { return nil }
            logs.append(log)
        }
        succeeded = status == 1
        block = ChainBlock(number: json["blockNumber"], hash: json["blockHash"])
        self.logs = logs
        let price = json["effectiveGasPrice"]?.string.flatMap { BigUInt(hexQuantity: $0) } ?? 0
        fee = UInt64(exactly: price * BigUInt(json["gasUsed"]?.quantity ?? 0)) ?? .max
    }
}

extension ChainBlock {
    /// From a node's words; nil unless they are a number and 32 bytes.
    init?(number: JSONValue?, hash: JSONValue?) {
        guard let number = number?.quantity, number < 1 << 62, let hash = hash?.data, hash.count == 32 else { return nil }
        self.init(number: number, hash: hash)
    }
}

extension ReceiptLog {
    init?(json: JSONValue) {
        guard let address = json["address"]?.string.flatMap(EVMAddress.init(hex:)), let data = json["data"]?.data else { return nil }
        let topics = (json["topics"]?.array ?? []).compactMap { $0.string.flatMap(Bytes32.init(hex:)) }
        self.init(address: address, topics: topics, data: data)
    }
}
