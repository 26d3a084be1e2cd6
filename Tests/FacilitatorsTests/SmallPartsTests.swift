import Domain
import EVM
import Foundation
import JSON
import Synchronization
import Testing
import X402EVM

@testable import Facilitators

// MARK: Limits of fees

@Suite struct FeePolicyTests {
    private static let coin: UInt128 = 1_000_000_000_000_000_000

    /// Fee in thousandths of a coin; price of the sale in atomic units.
    static let rows: [(coinPrice: UInt64, loss: UInt64, amount: UInt64, decimals: Int, milliCoins: UInt64, isWorth: Bool)] = [
        // A coin of 5,000: a thousandth costs 5.
        (5000, 0, 5_000_000, 6, 1, true), (5000, 0, 4_999_999, 6, 1, false), (5000, 1, 4_000_000, 6, 1, true), (5000, 1, 3_999_999, 6, 1, false),
        (5000, 5, 1, 6, 1, true), (5000, 1, 10_000, 6, 0, true), (0, 0, 1, 6, 1_000_000, true), (1, 0, 0, 6, 0, true), (1, 0, 0, 6, 1, false),
        (60, 1, 10_000, 6, 16, true), (60, 1, 10_000, 6, 17, false), (5000, 0, 5, 0, 1, true), (5000, 0, 4, 0, 1, false),
        (5000, 0, 5_000_000_000_000_000_000, 18, 1, true), (5000, 0, 4_999_999_999_999_999_999, 18, 1, false), (.max, 0, 5, 6, 1_000_000, false),
    ]

    @Test(arguments: rows) func `a sale is worth its fee up to the loss that the owner bears`(
        _ row: (coinPrice: UInt64, loss: UInt64, amount: UInt64, decimals: Int, milliCoins: UInt64, isWorth: Bool)
    ) {
        let policy = FeePolicy(capPerSettlement: .max, dailyBudget: nil, coinPrice: row.coinPrice, maximumLoss: row.loss)
        let fee = UInt128(row.milliCoins) * Self.coin / 1000
        #expect(policy.isWorth(AtomicAmount(UInt128(row.amount)), decimals: row.decimals, fee: fee) == row.isWorth)
    }

    @Test func `a fee beyond all numbers is worth nothing, decimals beyond all numbers anything`() {
        let policy = FeePolicy(capPerSettlement: .max, dailyBudget: nil, coinPrice: 5000, maximumLoss: 1)
        #expect(!policy.isWorth(AtomicAmount(1_000_000), decimals: 6, fee: .max))
        #expect(policy.isWorth(AtomicAmount(1), decimals: 60, fee: Self.coin))
    }

    @Test func `test coins are free, real ones limited by day`() {
        for chain in [84532, 43113] as [UInt64] {
            #expect(FeePolicy.standard(chainID: chain).dailyBudget == nil && FeePolicy.standard(chainID: chain).coinPrice == 0)
        }
        for chain in [1, 10, 137, 8453, 42161, 43114, 999] as [UInt64] {
            let policy = FeePolicy.standard(chainID: chain)
            #expect(policy.coinPrice > 0 && policy.maximumLoss == 1)
            #expect(policy.dailyBudget.map { $0 > policy.capPerSettlement } == true)
            // The cap of one settlement is worth ten dollars at most, but for a coin of a dollar.
            #expect(policy.capPerSettlement * UInt128(policy.coinPrice) <= 10 * Self.coin || chain == 137)
        }
    }
}

@Suite struct FeeLedgerTests {
    private static let noon = Timestamp(seconds: 1_800_014_400)

    @Test func `fees count for a day and are forgotten by the hour`() {
        let ledger = FeeLedger()
        #expect(ledger.spent(at: Self.noon) == 0)
        ledger.add(5, at: Self.noon)
        ledger.add(7, at: Self.noon + .seconds(3600))
        #expect(ledger.spent(at: Self.noon + .seconds(3600)) == 12)
        #expect(ledger.spent(at: Self.noon + .seconds(23 * 3600)) == 12)
        #expect(ledger.spent(at: Self.noon + .seconds(24 * 3600)) == 7)
        #expect(ledger.spent(at: Self.noon + .seconds(25 * 3600)) == 0)
        ledger.add(1, at: Self.noon + .seconds(48 * 3600))
        #expect(ledger.spent(at: Self.noon) == 1, "what is past a day is gone for good")
    }

    @Test func `what a transaction did not cost is given back, and never more than was counted`() {
        let ledger = FeeLedger()
        ledger.add(10, at: Self.noon)
        ledger.giveBack(4, at: Self.noon)
        #expect(ledger.spent(at: Self.noon) == 6)
        ledger.giveBack(100, at: Self.noon)
        #expect(ledger.spent(at: Self.noon) == 0)
        ledger.giveBack(100, at: Self.noon + .seconds(3600))
        #expect(ledger.spent(at: Self.noon + .seconds(3600)) == 0)
    }
}

@Suite struct LookUpLimitTests {
    @Test func `a bucket allows as many as it holds at once and refuses the next`() {
        // Two refill half a second after the first was taken at the earliest.
        let limit = LookUpLimit(perSecond: 2)
        #expect([limit.allows(), limit.allows(), limit.allows()] == [true, true, false])
    }
}

// MARK: What a node says

@Suite struct ChainStateTests {
    private static func state(_ block: String, _ tip: String, _ balance: String) throws -> ChainState {
        func answer(_ text: String) throws -> Result<JSONValue, RPCRefusal> {
            text == "refused"
                ? .failure(RPCRefusal(code: -32601, message: "no such method", data: nil, url: "http://a")) : .success(try JSONValue(parsing: text))
        }
        return try ChainState([answer(block), answer(tip), answer(balance)])
    }

    @Test func `fees and balance are read, and room is left for rising fees`() throws {
        let state = try Self.state(#"{"baseFeePerGas":"0x64"}"#, #""0x7""#, #""0xde0b6b3a7640000""#)
        #expect(state.baseFee == 100 && state.tip == 7 && state.balance == 1_000_000_000_000_000_000)
        #expect(state.maximumFeePerGas == 207 && state.likelyFeePerGas == 107)
    }

    @Test(arguments: ["refused", "null", #""x""#, "7"]) func `a node without a suggestion gets a tip that moves with the base fee`(_ tip: String)
        throws
    {
        #expect(try Self.state(#"{"baseFeePerGas":"0x3b9aca00"}"#, tip, #""0x0""#).tip == 100_000_000)
        #expect(try Self.state(#"{"baseFeePerGas":"0x1"}"#, tip, #""0x0""#).tip == 1_000_000)
    }

    @Test func `a tip beyond reason is bounded, so that nothing overflows`() throws {
        let most = String(repeating: "f", count: 32)
        let state = try Self.state(#"{"baseFeePerGas":"0x1"}"#, "\"0x\(most)\"", "\"0x\(most)\"")
        #expect(state.tip == UInt128(1) << 100 && state.balance == .max && state.maximumFeePerGas == 2 + UInt128(1) << 100)
    }

    static let silent: [(block: String, balance: String)] = [
        ("null", #""0x1""#), ("{}", #""0x1""#), (#"{"baseFeePerGas":7}"#, #""0x1""#),
        (#"{"baseFeePerGas":"0x10000000000000000000000000"}"#, #""0x1""#),
        (#"{"baseFeePerGas":"0x1"}"#, "null"), (#"{"baseFeePerGas":"0x1"}"#, #""0x100000000000000000000000000000000""#), ("refused", #""0x1""#),
        (#"{"baseFeePerGas":"0x1"}"#, "refused"),
    ]

    @Test(arguments: silent) func `a node that does not tell fees or balance counts as silent`(_ row: (block: String, balance: String)) {
        #expect(throws: RPCSilence.self) { try Self.state(row.block, #""0x1""#, row.balance) }
    }

    @Test func `three answers are needed`() {
        #expect(throws: RPCSilence.self) { try ChainState([]) }
    }
}

@Suite struct TransactionReceiptTests {
    @Test func `a whole receipt is read`() throws {
        let address = "0x" + String(repeating: "a", count: 40)
        let topic = "0x" + String(repeating: "b", count: 64)
        let receipt = try #require(
            TransactionReceipt([
                "status": "0x1", "gasUsed": "0xc350", "effectiveGasPrice": "0x77359400",
                "logs": [["address": .string(address), "topics": [.string(topic), "odd"], "data": "0x01ff"]],
            ]))
        #expect(receipt.succeeded && receipt.fee == 100_000_000_000_000)
        #expect(
            receipt.logs == [
                ReceiptLog(address: try #require(EVMAddress(hex: address)), topics: [try #require(Bytes32(hex: topic))], data: [1, 255])
            ])
    }

    @Test func `a reverted one did not succeed, and its fee counts all the same`() throws {
        let receipt = try #require(TransactionReceipt(["status": "0x0", "logs": [], "gasUsed": "0x2", "effectiveGasPrice": "0x3"]))
        #expect(!receipt.succeeded && receipt.fee == 6 && receipt.logs.isEmpty)
        #expect(try #require(TransactionReceipt(["status": "0x1", "logs": []])).fee == 0)
        let most: JSONValue = ["status": "0x1", "logs": [], "gasUsed": "0xffffffffffffffff", "effectiveGasPrice": "0xffffffffffffffff"]
        #expect(try #require(TransactionReceipt(most)).fee == .max)
    }

    static let partial: [JSONValue] = [
        nil, [], "0x1", [:], ["status": "0x1"], ["logs": []], ["status": 1, "logs": []], ["status": "0x1", "logs": [:]],
        ["status": "0x1", "logs": [["address": "0x1", "topics": [], "data": "0x"]]],
        ["status": "0x1", "logs": [["address": "0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "topics": []]]],
        ["status": "0x1", "logs": [["address": "0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "topics": [], "data": "0xz"]]],
    ]

    @Test(arguments: partial) func `null and half a receipt are none`(_ json: JSONValue) {
        #expect(TransactionReceipt(json) == nil)
    }
}
