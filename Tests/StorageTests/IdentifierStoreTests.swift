import Domain
import Storage
import Testing

struct IdentifierStoreTests {
    static let name = PaymentIdentifier("pay_7d5d747be160e280")!

    static func claim(_ product: Product, payer: UInt8 = 1, nonce: UInt8 = 1, amount: UInt128 = 10_000, sandbox: Bool = false) -> Claim {
        let plain = TemporaryShop.claim(product, payer: payer, nonce: nonce, amount: amount, sandbox: sandbox)
        return Claim(
            authorization: plain.authorization, sandbox: sandbox, productID: plain.productID, repeatable: plain.repeatable, content: plain.content,
            protocolVersion: 2, sealHash: nil, token: plain.token, identifier: name, at: plain.at)
    }

    @Test(arguments: [false, true]) func `of 20 authorizations at the same moment under one identifier exactly one is claimed`(
        _ repeatable: Bool
    ) async throws {
        let shop = try TemporaryShop()
        let product = try await shop.product("song", repeatable: repeatable)
        let writer = shop.writer
        let words = try await withThrowingTaskGroup(of: String.self) { group in
            for nonce in 1...20 as ClosedRange<UInt8> { group.addTask { told(try await writer.claim(Self.claim(product, nonce: nonce))).0 } }
            return try await group.reduce(into: [String]()) { $0.append($1) }
        }
        #expect(words.count { $0 == "claimed" } == 1 && words.count { $0 == "identified" } == 19)
        #expect(try await shop.integer("SELECT count(*) FROM payments") == 1)
    }

    @Test func `an identifier names one kind of payment of one payer`() async throws {
        let shop = try TemporaryShop()
        let (song, other) = (try await shop.product("song", repeatable: true), try await shop.product("other", repeatable: true))
        let first = try await shop.sold(Self.claim(song))
        let again = told(try await shop.writer.claim(Self.claim(song, nonce: 2)))
        #expect(again.0 == "identified" && again.1?.id == first.id)
        #expect(told(try await shop.writer.claim(Self.claim(song, nonce: 1))).0 == "known")
        #expect(told(try await shop.writer.claim(Self.claim(other, nonce: 3))).0 == "conflicting")
        #expect(told(try await shop.writer.claim(Self.claim(song, nonce: 4, amount: 20_000))).0 == "conflicting")
        #expect(told(try await shop.writer.claim(Self.claim(song, payer: 2, nonce: 5))).0 == "claimed")
        #expect(try await shop.integer("SELECT count(*) FROM payments") == 2)
    }

    @Test(arguments: [PaymentState.released, .failed]) func `a payment that took no money leaves its identifier free`(_ state: PaymentState)
        async throws
    {
        let shop = try TemporaryShop()
        let song = try await shop.product("song", repeatable: true)
        let first = try await shop.claimed(Self.claim(song))
        if state == .failed {
            _ = try await shop.writer.addAttempt(
                paymentID: first.id, transaction: TemporaryShop.bytes(1, 32), raw: [1], settler: TemporaryShop.bytes(2, 20), accountNonce: 0,
                feeLimit: 1, at: TemporaryShop.now)
        }
        _ = try await shop.writer.end(paymentID: first.id, as: state, reason: nil, at: TemporaryShop.now)
        let second = try await shop.claimed(Self.claim(song, nonce: 2))
        let third = told(try await shop.writer.claim(Self.claim(song, nonce: 3)))
        #expect(third.0 == "identified" && third.1?.id == second.id)
    }

    @Test func `an authorization that is known opens nothing by an identifier`() async throws {
        let shop = try TemporaryShop()
        let song = try await shop.product("song", repeatable: true)
        _ = try await shop.sold(Self.claim(song))
        let plain = try await shop.sold(TemporaryShop.claim(song, nonce: 2))
        let shown = told(try await shop.writer.claim(Self.claim(song, nonce: 2)))
        #expect(shown.0 == "known" && shown.1?.id == plain.id)
    }

    @Test func `an identifier has 16 to 128 letters, digits, hyphens and underscores`() {
        for text in [String(repeating: "a", count: 16), String(repeating: "Z", count: 128), "0-_aZ9-_0-_aZ9-_"] {
            #expect(PaymentIdentifier(text)?.text == text)
        }
        for text in ["", String(repeating: "a", count: 15), String(repeating: "a", count: 129), "0123456789abcde!", "0123456789abcd é", "ééééééééé"] {
            #expect(PaymentIdentifier(text) == nil)
        }
    }
}
