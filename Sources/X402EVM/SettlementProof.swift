import BigInt
public import EVM

/// A log of a mined transaction, as a receipt has it.
public struct ReceiptLog: Hashable, Sendable {
    public let address: EVMAddress
    public let topics: [Bytes32]
    public let data: [UInt8]

    public init(address: EVMAddress, topics: [Bytes32], data: [UInt8]) {
        self.address = address
        self.topics = topics
        self.data = data
    }
}

/// The only proof of a settlement: the asset's `AuthorizationUsed(payer, nonce)` and the `Transfer` that follows it, each log counted once.
/// (A token that does not revert on reuse emits neither; a status of success proves nothing.)
public enum SettlementProof {
    public static func holds(_ logs: [ReceiptLog], asset: EVMAddress, authorization: TransferAuthorization) -> Bool {
        var spent: Set<Int> = []
        for (index, log) in logs.enumerated() where log.address == asset && log.topics.first == EventTopic.authorizationUsed {
            let transfer = logs.indices.first { $0 > index && !spent.contains($0) && logs[$0].address == asset && isTransfer(logs[$0]) }
            guard let transfer else { continue }
            spent.insert(transfer)
            guard log.topics == [EventTopic.authorizationUsed, authorization.from.word, authorization.nonce] else { continue }
            return matches(logs[transfer], authorization)
        }
        return false
    }

    private static func isTransfer(_ log: ReceiptLog) -> Bool { log.topics.count == 3 && log.topics[0] == EventTopic.transfer }

    private static func matches(_ log: ReceiptLog, _ authorization: TransferAuthorization) -> Bool {
        log.topics[1] == authorization.from.word && log.topics[2] == authorization.to.word
            && (try? ABIDecoder.uint256(log.data)) == authorization.value  // data that is no number is no proof
    }
}
