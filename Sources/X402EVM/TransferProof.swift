public import BigInt
public import EVM

/// The only proof that a plain transfer (ERC-20) was carried out: the asset's `Transfer` from, to and of exactly that, in a receipt that
/// says success.
public enum TransferProof {
    public static func holds(_ logs: [ReceiptLog], asset: EVMAddress, from: EVMAddress, to: EVMAddress, value: BigUInt) -> Bool {
        logs.contains { log in
            log.address == asset && log.topics == [EventTopic.transfer, from.word, to.word]
                && (try? ABIDecoder.uint256(log.data)) == value  // data that is no number is no proof
        }
    }
}
