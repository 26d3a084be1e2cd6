import BigInt

/// The RLP fields of a transaction by their place, as typed values.
struct TransactionFields {
    private let items: [RLPItem]

    init(_ items: [RLPItem]) {
        self.items = items
    }

    func bytes(_ index: Int) throws(TransactionError) -> [UInt8] {
        guard case .bytes(let bytes) = items[index] else { throw .fields }
        return bytes
    }

    /// A number: at most 32 bytes and no leading zeros.
    func word(_ index: Int) throws(TransactionError) -> Bytes32 {
        let bytes = try bytes(index)
        guard bytes.count <= 32, bytes.first != 0, let word = Bytes32([UInt8](repeating: 0, count: 32 - bytes.count) + bytes)
        else { throw .fields }
        return word
    }

    func uint256(_ index: Int) throws(TransactionError) -> BigUInt {
        BigUInt(try word(index))
    }

    func uint64(_ index: Int) throws(TransactionError) -> UInt64 {
        let word = try word(index)
        guard word.w0 | word.w1 | word.w2 == 0 else { throw .fields }
        return word.w3
    }

    /// No bytes, as in the creation of a contract, or 20.
    func address(_ index: Int) throws(TransactionError) -> EVMAddress? {
        let bytes = try bytes(index)
        if bytes.isEmpty { return nil }
        guard let address = EVMAddress(bytes) else { throw .fields }
        return address
    }
}
