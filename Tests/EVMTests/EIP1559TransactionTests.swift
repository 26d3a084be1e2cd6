import BigInt
import EVM
import Testing

struct EIP1559TransactionTests {
    static func unsigned(_ vector: ReferenceVectors.Transaction) throws -> EIP1559Transaction {
        let priorityFee = try #require(BigUInt(strictDecimal: vector.priorityFee))
        let maxFee = try #require(BigUInt(strictDecimal: vector.maxFee))
        let value = try #require(BigUInt(strictDecimal: vector.value))
        let to = try vector.to.map { try #require(EVMAddress(hex: $0)) }
        let data = try #require(Hex.decode(vector.data))
        return try #require(
            EIP1559Transaction(
                chainID: vector.chainID, nonce: vector.nonce, maxPriorityFeePerGas: priorityFee, maxFeePerGas: maxFee,
                gasLimit: vector.gas, to: to, value: value, data: data))
    }

    @Test("signs as eth-account does, and reads it back", arguments: ReferenceVectors.transactions)
    func reference(vector: ReferenceVectors.Transaction) throws {
        let unsigned = try Self.unsigned(vector)
        let signed = unsigned.signed(by: try #require(PrivateKey(hex: vector.key)))
        #expect(Hex.encode(signed.raw) == vector.raw)
        #expect(signed.hash.hex == vector.hash)
        #expect(signed.sender.checksummed == vector.sender)

        let decoded = try SignedTransaction(decoding: try #require(Hex.decode(vector.raw)))
        #expect(decoded == signed)
        #expect(decoded.unsigned == unsigned)
    }

    @Test("an r that begins with a zero byte is written without it")
    func shortR() throws {
        let raw =
            "0x02f86483014a347d01028252089411111111111111111111111111111111111111118080c0809f97c01d44eb89136340bfca1deb559c3ff845bae7"
            + "b1d2548d9ce2dad4e55299a04381c8131b733277a6d3ce1f8a50b1cf8f23694ad233e018ae5527a1ebdabfd1"
        let decoded = try SignedTransaction(decoding: try #require(Hex.decode(raw)))
        #expect(decoded.hash.hex == "0x70370a1e7a5396585d42269610550afa7cee1b6aa18591ea9f76b8aa9f1fb9af")
        #expect(decoded.sender == ECDSASignatureTests.key.address)
        #expect(decoded.unsigned.signed(by: ECDSASignatureTests.key) == decoded)
    }

    /// A good transaction's twelve fields, with some of them replaced.
    static func raw(replacing fields: [Int: RLPItem], count: Int = 12) throws -> [UInt8] {
        let good = try #require(Hex.decode(ReferenceVectors.transactions[3].raw))
        guard case .list(var items) = try RLP.decode([UInt8](good.dropFirst())) else { throw RLPError.truncated }
        for (index, item) in fields { items[index] = item }
        return [0x02] + RLP.encode(.list([RLPItem](items.prefix(count))))
    }

    @Test(
        "refuses fields out of their range",
        arguments: [
            [0: .bytes([1, 0, 0, 0, 0, 0, 0, 0, 0])], [1: .bytes([0, 1])], [1: .bytes([0])], [2: .bytes([UInt8](repeating: 1, count: 33))],
            [3: .list([])], [4: .bytes([0, 7])], [5: .bytes([1])], [5: .bytes([UInt8](repeating: 1, count: 21))], [6: .list([])],
            [7: .list([])], [9: .bytes([2])], [9: .bytes([27])], [10: .bytes([UInt8](repeating: 1, count: 33))], [11: .bytes([0, 1])],
        ] as [[Int: RLPItem]])
    func refusesFields(fields: [Int: RLPItem]) throws {
        let raw = try Self.raw(replacing: fields)
        #expect(throws: TransactionError.fields) { try SignedTransaction(decoding: raw) }
    }

    @Test("refuses signatures that the chain would refuse")
    func refusesSignatures() throws {
        let n = ECDSASignatureTests.order
        for (fields, error) in [
            ([10: .bytes([])], .rOutOfRange), ([11: .bytes([])], .sOutOfRange), ([10: .number(n)], .rOutOfRange),
            ([11: .number(n)], .sOutOfRange), ([11: .number(n - 1)], .highS),
        ] as [([Int: RLPItem], ECDSASignatureError)] {
            let raw = try Self.raw(replacing: fields)
            #expect(throws: TransactionError.signature(error)) { try SignedTransaction(decoding: raw) }
        }
        let nobody = try Self.raw(replacing: [10: .number(5 as UInt64)])
        #expect(throws: TransactionError.sender) { try SignedTransaction(decoding: nobody) }
    }

    @Test("refuses other types, access lists, missing fields and broken encodings")
    func refusesOthers() throws {
        let good = try Self.raw(replacing: [:])
        #expect(throws: Never.self) { try SignedTransaction(decoding: good) }
        #expect(throws: TransactionError.type(nil)) { try SignedTransaction(decoding: []) }
        #expect(throws: TransactionError.type(0xf8)) { try SignedTransaction(decoding: [0xf8] + good.dropFirst()) }
        #expect(throws: TransactionError.type(0x01)) { try SignedTransaction(decoding: [0x01] + good.dropFirst()) }
        #expect(throws: TransactionError.encoding(.trailingBytes)) { try SignedTransaction(decoding: good + [0]) }
        #expect(throws: TransactionError.encoding(.truncated)) { try SignedTransaction(decoding: good.dropLast()) }
        let unsigned = try Self.raw(replacing: [:], count: 9)
        #expect(throws: TransactionError.fields) { try SignedTransaction(decoding: unsigned) }
        let access = try Self.raw(replacing: [8: .list([.list([])])])
        #expect(throws: TransactionError.accessList) { try SignedTransaction(decoding: access) }
    }

    @Test("a changed field is another sender's")
    func changedField() throws {
        let raw = try Self.raw(replacing: [6: .number(1_234_567 as UInt64)])
        let decoded = try SignedTransaction(decoding: raw)
        #expect(decoded.sender.checksummed != ReferenceVectors.transactions[3].sender)
    }

    @Test("numbers above 256 bits make no transaction")
    func greatNumbers() {
        let great = BigUInt.maxUInt256 + 1
        #expect(EIP1559Transaction(chainID: 1, nonce: 0, maxPriorityFeePerGas: great, maxFeePerGas: 0, gasLimit: 0, to: nil) == nil)
        #expect(EIP1559Transaction(chainID: 1, nonce: 0, maxPriorityFeePerGas: 0, maxFeePerGas: great, gasLimit: 0, to: nil) == nil)
        #expect(EIP1559Transaction(chainID: 1, nonce: 0, maxPriorityFeePerGas: 0, maxFeePerGas: 0, gasLimit: 0, to: nil, value: great) == nil)
    }
}
