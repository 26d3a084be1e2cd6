import AsyncHTTPClient
import BigInt
import Domain
import EVM
import Logging
import Payments
import Storage
import Testing
import X402EVM

@testable import Facilitators

/// A refund wallet beside the settler of a desk, over the same shop file and the same scripted node.
struct RefundBench {
    static let key = PrivateKey(Bytes32([UInt8](repeating: 0x33, count: 32))!)!
    static var wallet: EVMAddress { key.address }
    static let coin: UInt64 = 1_000_000_000_000_000_000

    let desk: ChainDesk
    let refunder: ChainRefunder

    init(
        limit: RefundLimit = RefundLimit(count: 20, amount: AtomicAmount(500_000_000)), policy: FeePolicy = .standard(chainID: 8453)
    ) async throws {
        desk = try await ChainDesk()
        refunder = ChainRefunder(
            option: desk.option, urls: [desk.nodeURL], key: Self.key, policy: policy, limit: limit, http: .shared, reader: desk.reader,
            writer: desk.writer, now: { [clock = desk.clock] in clock.now }, log: .init(label: "test") { [logBook = desk.logBook] _ in logBook })
        desk.chain.set { $0.balances[Self.wallet] = 10_000_000 }
    }

    /// A desk that pays with this wallet.
    var refunds: RefundDesk {
        RefundDesk(
            reader: desk.reader, writer: desk.writer, refunders: [refunder], now: { [clock = desk.clock] in clock.now },
            log: .init(label: "test") { [logBook = desk.logBook] _ in logBook })
    }

    /// A sale of a dollar that settled.
    func sale(nonce: UInt8 = 1) async throws -> Payment {
        let payment = try await desk.claim(desk.authorization(nonce: nonce))
        _ = try await desk.writer.post(paymentID: payment.id, transaction: [UInt8](repeating: nonce, count: 32), at: desk.clock.now)
        return try #require(try desk.reader.payment(id: payment.id))
    }

    func approved(_ payment: Payment, _ amount: UInt64? = nil) async throws -> Refund {
        let outcome = try await desk.writer.requestRefund(
            RefundDraft(paymentID: payment.id, amount: amount.map { AtomicAmount(UInt128($0)) }), approve: true, actor: "test", at: desk.clock.now)
        guard case .done(let refund) = outcome else { throw ChainDesk.Missing() }
        return refund
    }

    func refund(_ id: Int64) throws -> Refund { try #require(try desk.reader.refund(id: id)) }
    func attempts(_ refund: Refund) async throws -> [RefundAttempt] { try await desk.reader.refundAttempts(refundID: refund.id) }

    /// What the node was sent.
    var sent: [SignedTransaction] { desk.chain.get { $0.sent } }

    /// How many different transactions of the refund wallet were mined and moved money.
    var paid: Int {
        desk.chain.get { state in Set(state.sent.filter { $0.sender == Self.wallet }.map(\.hash)).filter { state.receipts[$0] != nil }.count }
    }
}
