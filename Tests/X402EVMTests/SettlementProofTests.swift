import BigInt
import EVM
import Testing
import X402EVM

@Suite struct SettlementProofTests {
    typealias F = ExactFixtures

    static let authorization = F.authorization()
    static let other = F.authorization(from: EVMAddress(hex: "0x857b06519E91e3A54538791bDbb0E22373e36b66")!, nonce: .zero)

    static func used(_ authorization: TransferAuthorization = authorization, at asset: EVMAddress = F.usdc) -> ReceiptLog {
        ReceiptLog(address: asset, topics: [EventTopic.authorizationUsed, authorization.from.word, authorization.nonce], data: [])
    }

    static func transfer(
        _ authorization: TransferAuthorization = authorization, value: BigUInt? = nil, to: EVMAddress? = nil, from: EVMAddress? = nil,
        at asset: EVMAddress = F.usdc
    ) -> ReceiptLog {
        ReceiptLog(
            address: asset, topics: [EventTopic.transfer, (from ?? authorization.from).word, (to ?? authorization.to).word],
            data: Bytes32(value ?? authorization.value)!.bytes)
    }

    static func approval() -> ReceiptLog {
        ReceiptLog(
            address: F.usdc, topics: [EventTopic.hash(signature: "Approval(address,address,uint256)"), .zero, .zero], data: Bytes32(1).bytes)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var logs: [ReceiptLog]
    }

    static let proofs: [Case] = [
        Case(testDescription: "the pair alone", logs: [used(), transfer()]),
        Case(testDescription: "another event between", logs: [used(), approval(), transfer()]),
        Case(testDescription: "another asset's logs between", logs: [used(), used(at: F.shop), transfer(value: 1, at: F.shop), transfer()]),
        Case(testDescription: "second of a batch", logs: [used(other), transfer(other), used(), transfer()]),
        Case(testDescription: "first of a batch", logs: [used(), transfer(), used(other), transfer(other)]),
        Case(testDescription: "used, used, transfer, transfer", logs: [used(other), used(), transfer(other), transfer()]),
        Case(testDescription: "an unrelated transfer before", logs: [transfer(other), used(), transfer()]),
        Case(testDescription: "an unrelated transfer after", logs: [used(), transfer(), transfer(other)]),
    ]

    static let nothing: [Case] = [
        Case(testDescription: "no logs", logs: []),
        Case(testDescription: "no transfer", logs: [used()]),
        Case(testDescription: "no authorization used", logs: [transfer()]),
        Case(testDescription: "the transfer comes before", logs: [transfer(), used()]),
        Case(testDescription: "another asset's pair", logs: [used(at: F.shop), transfer(at: F.shop)]),
        Case(testDescription: "another asset's transfer", logs: [used(), transfer(at: F.shop)]),
        Case(testDescription: "another asset's authorization", logs: [used(at: F.shop), transfer()]),
        Case(testDescription: "one unit less", logs: [used(), transfer(value: 9_999)]),
        Case(testDescription: "one unit more", logs: [used(), transfer(value: 10_001)]),
        Case(testDescription: "to somebody else", logs: [used(), transfer(to: F.usdc)]),
        Case(testDescription: "from somebody else", logs: [used(), transfer(from: F.shop)]),
        Case(testDescription: "another nonce", logs: [used(F.authorization(nonce: .zero)), transfer()]),
        Case(testDescription: "another payer's nonce", logs: [used(F.authorization(from: F.shop)), transfer()]),
        Case(testDescription: "its transfer belongs to another of the batch", logs: [used(other), used(), transfer()]),
        Case(testDescription: "two authorizations and one transfer", logs: [used(F.authorization(nonce: .zero)), used(), transfer()]),
        Case(testDescription: "the next transfer is somebody else's", logs: [used(), transfer(other), transfer()]),
        Case(
            testDescription: "cancelled, not used",
            logs: [
                ReceiptLog(address: F.usdc, topics: [EventTopic.authorizationCanceled, authorization.from.word, authorization.nonce], data: []),
                transfer(),
            ]),
        Case(
            testDescription: "a use with one topic too many",
            logs: [ReceiptLog(address: F.usdc, topics: used().topics + [.zero], data: []), transfer()]),
        Case(
            testDescription: "an ERC-721 transfer",
            logs: [used(), ReceiptLog(address: F.usdc, topics: transfer().topics + [Bytes32(10_000)], data: [])]),
        Case(testDescription: "a transfer without data", logs: [used(), ReceiptLog(address: F.usdc, topics: transfer().topics, data: [])]),
        Case(
            testDescription: "a transfer with data cut short",
            logs: [used(), ReceiptLog(address: F.usdc, topics: transfer().topics, data: [UInt8](transfer().data.dropLast()))]),
        Case(
            testDescription: "logs without topics",
            logs: [ReceiptLog(address: F.usdc, topics: [], data: []), ReceiptLog(address: F.usdc, topics: [], data: [])]),
    ]

    @Test(arguments: proofs) func `the asset's own use and the transfer that follows it are a proof`(_ test: Case) {
        #expect(SettlementProof.holds(test.logs, asset: F.usdc, authorization: Self.authorization))
    }

    @Test(arguments: nothing) func `anything less is none`(_ test: Case) {
        #expect(!SettlementProof.holds(test.logs, asset: F.usdc, authorization: Self.authorization))
    }

    @Test func `two authorizations of one payer for one price are two proofs, each by its own transfer`() {
        let second = F.authorization(nonce: Bytes32(2))
        let whole = [Self.used(), Self.transfer(), Self.used(second), Self.transfer(second)]
        #expect(SettlementProof.holds(whole, asset: F.usdc, authorization: Self.authorization))
        #expect(SettlementProof.holds(whole, asset: F.usdc, authorization: second))
        let half = [Self.used(), Self.used(second), Self.transfer()]
        #expect(SettlementProof.holds(half, asset: F.usdc, authorization: Self.authorization))
        #expect(!SettlementProof.holds(half, asset: F.usdc, authorization: second))
    }
}
