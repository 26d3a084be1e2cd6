import Domain
import GRDB
import Storage
import Testing

/// The write that decides whether signed bytes may be sent.
@Suite struct RefundAttemptTests {
    typealias Shop = TemporaryShop

    @Test func `bytes are stored before they are sent, beside the earlier ones, and what was signed stays as it is`() async throws {
        let shop = try Shop()
        let refund = try await shop.approved(try await shop.refundable())
        #expect(try await shop.attempt(refund, nonce: 4, hash: 1) == .stored)
        #expect(try await shop.attempt(refund, nonce: 4, hash: 2) == .stored)
        let attempts = try await shop.reader.refundAttempts(refundID: refund.id)
        #expect(attempts.map(\.raw) == [[1], [2]] && attempts.allSatisfy { $0.accountNonce == 4 && $0.wallet == Shop.wallet })
        #expect(try await shop.reader.refundAttempts(on: Shop.base) == attempts)
        #expect(try await shop.reader.nextRefundNonce(wallet: Shop.wallet, on: Shop.base) == 5)
        let now = try #require(try shop.reader.refund(id: refund.id))
        #expect(now.state == .sending && now.transaction == Shop.bytes(2, 32) && now.sentAt == Shop.now)
        await #expect(throws: DatabaseError.self) { try await shop.execute("UPDATE refund_attempts SET raw = x'00'") }
        await #expect(throws: DatabaseError.self) { try await shop.execute("DELETE FROM refund_attempts") }
    }

    @Test func `a refund keeps its account nonce and its wallet, and no other refund may have that nonce`() async throws {
        let shop = try Shop()
        let first = try await shop.approved(try await shop.refundable())
        #expect(try await shop.attempt(first, nonce: 4, hash: 1) == .stored)
        #expect(try await shop.attempt(first, nonce: 5, hash: 2) == .busy)
        #expect(try await shop.attempt(first, nonce: 4, hash: 2, wallet: Shop.bytes(9, 20)) == .busy)
        _ = try await shop.writer.settleRefund(id: first.id, transaction: Shop.bytes(1, 32), at: Shop.now)
        let second = try await shop.approved(try await shop.refundable("film", nonce: 2))
        #expect(try await shop.attempt(second, nonce: 4, hash: 3) == .busy)
        #expect(try await shop.attempt(second, nonce: 5, hash: 3) == .stored)
    }

    @Test func `one refund of a chain is under way at a time`() async throws {
        let shop = try Shop()
        let first = try await shop.approved(try await shop.refundable())
        let second = try await shop.approved(try await shop.refundable("film", nonce: 2))
        #expect(try await shop.attempt(first, nonce: 0, hash: 1) == .stored)
        #expect(try await shop.attempt(second, nonce: 1, hash: 2) == .busy)
        _ = try await shop.writer.endRefund(id: first.id, as: .uncertain, at: Shop.now)
        #expect(try await shop.attempt(second, nonce: 1, hash: 2) == .busy)
        _ = try await shop.writer.endRefund(id: first.id, as: .failed, failure: "no", at: Shop.now)
        #expect(try await shop.attempt(second, nonce: 1, hash: 2) == .stored)
    }

    @Test func `what was declined, or whose payment a chain took back, is not sent; what was signed is not declined`() async throws {
        let shop = try Shop()
        let payment = try await shop.refundable()
        let declined = try await shop.approved(payment, 100)
        #expect(told(try await shop.writer.cancelRefund(id: declined.id, actor: "x", at: Shop.now)) == "done: cancelled")
        #expect(try await shop.attempt(declined, hash: 1) == .closed)
        let refund = try await shop.approved(payment, 100)
        try await shop.execute("UPDATE payments SET state = 'uncertain', settled_at = NULL")
        #expect(try await shop.attempt(refund, hash: 1) == .closed)
        try await shop.execute("UPDATE payments SET state = 'settled', settled_at = 1")
        #expect(try await shop.attempt(refund, hash: 1) == .stored)
        #expect(told(try await shop.writer.cancelRefund(id: refund.id, actor: "x", at: Shop.now)) == "stands: sending")
    }

    @Test func `the day's limit counts what was sent, and what failed not`() async throws {
        let shop = try Shop()
        let limit = RefundLimit(count: 2, amount: AtomicAmount(10_000))
        let payment = try await shop.refundable()
        let first = try await shop.approved(payment, 6000)
        #expect(try await shop.attempt(first, nonce: 0, hash: 1, limit: limit) == .stored)
        _ = try await shop.writer.settleRefund(id: first.id, transaction: Shop.bytes(1, 32), at: Shop.now)
        let other = try await shop.refundable("film", nonce: 2)
        let dear = try await shop.approved(other, 4001)
        #expect(try await shop.attempt(dear, nonce: 1, hash: 2, limit: limit) == .limited(until: Shop.now + .seconds(86_400)))
        let cheap = try await shop.approved(payment, 4000)
        #expect(try await shop.attempt(cheap, nonce: 1, hash: 2, limit: limit) == .stored)
        _ = try await shop.writer.endRefund(id: cheap.id, as: .failed, failure: "no", at: Shop.now)
        let third = try await shop.approved(other, 1)
        #expect(try await shop.attempt(third, nonce: 2, hash: 3, limit: limit) == .stored)
        _ = try await shop.writer.settleRefund(id: third.id, transaction: Shop.bytes(3, 32), at: Shop.now)
        #expect(try await shop.attempt(dear, nonce: 3, hash: 4, limit: limit, at: Shop.now + .seconds(86_400)) == .stored)
        let never = try await shop.approved(try await shop.refundable("tape", nonce: 3), 10_000)
        let tight = RefundLimit(count: 2, amount: AtomicAmount(9999))
        _ = try await shop.writer.settleRefund(id: dear.id, transaction: Shop.bytes(4, 32), at: Shop.now)
        #expect(try await shop.attempt(never, nonce: 4, hash: 5, limit: tight) == .beyondLimit)
    }

    @Test func `what failed or is settled stays so, and a network with refunds under way stays in use`() async throws {
        let shop = try Shop()
        let network = ShopNetwork(network: Shop.base, payTo: Shop.shop, node: nil, settlerKey: nil, refundKey: "refund.key")
        try await shop.writer.setNetwork(network, actor: "x", at: Shop.now)
        #expect(try shop.reader.networks() == [network])
        let refund = try await shop.approved(try await shop.refundable())
        #expect(try await shop.writer.removeNetwork(Shop.base, actor: "x", at: Shop.now) == .refunding(refunds: 1))
        _ = try await shop.attempt(refund, hash: 1)
        #expect(told(try await shop.writer.endRefund(id: refund.id, as: .uncertain, at: Shop.now)) == "done: uncertain")
        #expect(told(try await shop.writer.endRefund(id: refund.id, as: .uncertain, at: Shop.now)) == "stands: uncertain")
        #expect(told(try await shop.writer.endRefund(id: refund.id, as: .failed, failure: "gone", at: Shop.now)) == "done: failed")
        let late = try await shop.writer.settleRefund(id: refund.id, transaction: Shop.bytes(1, 32), at: Shop.now)
        #expect(told(late) == "stands: failed")
        #expect(try shop.reader.refund(id: refund.id)?.failure == "gone")
        #expect(try await shop.writer.removeNetwork(Shop.base, actor: "x", at: Shop.now) == .removed)
        #expect(try await shop.reader.ledgerEntries(kind: .refund).isEmpty)
        #expect(try await shop.reader.checkLedger().isClean)
    }
}
