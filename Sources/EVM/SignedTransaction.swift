/// A signed transaction of type 2 (EIP-1559): the bytes for eth_sendRawTransaction and the hash by which the chain knows them.
public struct SignedTransaction: Hashable, Sendable {
    public let unsigned: EIP1559Transaction
    public let signature: ECDSASignature
    public let sender: EVMAddress
    public let raw: [UInt8]
    public let hash: Bytes32

    init(_ unsigned: EIP1559Transaction, signature: ECDSASignature, sender: EVMAddress) {
        self.unsigned = unsigned
        self.signature = signature
        self.sender = sender
        let seal: [RLPItem] = [.number(signature.parity ? 1 : 0 as UInt64), .number(signature.r), .number(signature.s)]
        raw = [EIP1559Transaction.type] + RLP.encode(.list(unsigned.fields + seal))
        hash = Keccak256.hash(raw)
    }

    /// Reads signed bytes and recovers who signed them. What it accepts encodes to the same bytes again.
    public init(decoding raw: [UInt8]) throws(TransactionError) {
        guard raw.first == EIP1559Transaction.type else { throw .type(raw.first) }
        let item: RLPItem
        do { item = try RLP.decode([UInt8](raw.dropFirst())) } catch { throw .encoding(error) }
        guard case .list(let items) = item, items.count == 12 else { throw .fields }
        guard items[8] == .list([]) else { throw .accessList }
        let fields = TransactionFields(items)
        guard
            let unsigned = EIP1559Transaction(
                chainID: try fields.uint64(0), nonce: try fields.uint64(1),
                maxPriorityFeePerGas: try fields.uint256(2), maxFeePerGas: try fields.uint256(3),
                gasLimit: try fields.uint64(4), to: try fields.address(5), value: try fields.uint256(6), data: try fields.bytes(7))
        else { throw .fields }
        let parity = try fields.uint64(9)
        guard parity <= 1 else { throw .fields }
        let (r, s) = (try fields.word(10), try fields.word(11))
        let signature: ECDSASignature
        do { signature = try ECDSASignature(r: r, s: s, parity: parity == 1) } catch { throw .signature(error) }
        guard let sender = signature.recoverAddress(unsigned.digest) else { throw .sender }
        self.init(unsigned, signature: signature, sender: sender)
    }
}
