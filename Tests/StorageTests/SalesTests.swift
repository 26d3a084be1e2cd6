import Domain
import GRDB
import Storage
import Testing

@Suite struct SalesTests {
    typealias Shop = TemporaryShop

    @Test func `sales are listed from the newest in pages`() async throws {
        let shop = try Shop()
        let product = try await shop.product("hello", repeatable: true)
        for nonce in 1...5 as ClosedRange<UInt8> { _ = try await shop.sold(Shop.claim(product, nonce: nonce)) }
        let first = try await shop.reader.sales(limit: 3)
        #expect(first.map(\.order.id) == [5, 4, 3])
        #expect(first.map(\.payment.authorization.key.nonce.first) == [5, 4, 3])
        #expect(try await shop.reader.sales(before: first.last?.order.id).map(\.order.id) == [2, 1])
        #expect(try await shop.reader.sale(orderID: 6) == nil)
    }

    @Test func `a sale keeps the edition that was sold`() async throws {
        let shop = try Shop()
        let product = try await shop.product("hello")
        let payment = try await shop.sold(Shop.claim(product))
        var edit = ProductEdit()
        edit.content = Shop.content(2)
        edit.title = "New"
        _ = try await shop.writer.editProduct(slug: product.slug, edit, actor: "a", at: Shop.now)
        let sale = try await shop.sale(of: payment)
        #expect(sale.order.content == Shop.content(1).digest)
        #expect(sale.title == "New")
    }

    @Test func `totals keep networks, assets and practice money apart`() async throws {
        let shop = try Shop()
        let product = try await shop.product("hello", repeatable: true)
        let polygon = try #require(Network(chainID: 137))
        _ = try await shop.sold(Shop.claim(product, nonce: 1, amount: 10_000))
        _ = try await shop.sold(Shop.claim(product, nonce: 2, amount: 5))
        _ = try await shop.sold(Shop.claim(product, nonce: 3, amount: 7, network: polygon))
        _ = try await shop.sold(Shop.claim(product, nonce: 4, amount: 11, asset: Shop.bytes(9, 20)))
        _ = try await shop.writer.claim(
            Shop.claim(product, nonce: 5, amount: 13, sandbox: true), sandboxAllowance: AtomicAmount(100), sandboxTransaction: Shop.bytes(1, 32))
        _ = try await shop.claimed(Shop.claim(product, nonce: 6, amount: 17))
        let totals = try await shop.reader.salesTotals()
        func amount(_ network: Network, _ asset: [UInt8], sandbox: Bool = false) -> [String] {
            totals.filter { $0.network == network && $0.asset == asset && $0.sandbox == sandbox }.map { "\($0.amount) in \($0.count)" }
        }
        #expect(amount(Shop.base, Shop.usdc) == ["10005 in 2"])
        #expect(amount(polygon, Shop.usdc) == ["7 in 1"])
        #expect(amount(Shop.base, Shop.bytes(9, 20)) == ["11 in 1"])
        #expect(amount(Shop.base, Shop.usdc, sandbox: true) == ["13 in 1"])
        #expect(totals.count == 4)
    }

    @Test func `totals count from a moment on`() async throws {
        let shop = try Shop()
        let product = try await shop.product("hello", repeatable: true)
        _ = try await shop.sold(Shop.claim(product, nonce: 1), at: Shop.now)
        _ = try await shop.sold(Shop.claim(product, nonce: 2), at: Shop.now + .seconds(1))
        #expect(try await shop.reader.salesTotals(since: Shop.now).map(\.count) == [2])
        #expect(try await shop.reader.salesTotals(since: Shop.now + .milliseconds(1)).map(\.count) == [1])
        #expect(try await shop.reader.salesTotals(since: Shop.now + .seconds(2)).isEmpty)
    }

    @Test(
        arguments: [
            [UInt128(Int64.max), 1], [UInt128(Int64.max), UInt128(Int64.max), UInt128(Int64.max)], [UInt128(Int64.max) + 1, 1],
            [6_000_000_000_000_000_000, 6_000_000_000_000_000_000], [UInt128(UInt64.max), UInt128(UInt64.max), 5],
            [UInt128.max / 2, UInt128.max / 2, 1], [1 << 32, (1 << 32) - 1, (1 << 63) + 1],
        ] as [[UInt128]])
    func `totals beyond a signed 64-bit integer are exact`(_ amounts: [UInt128]) async throws {
        let shop = try Shop()
        let product = try await shop.product("hello", repeatable: true)
        for (nonce, amount) in amounts.enumerated() { _ = try await shop.sold(Shop.claim(product, nonce: UInt8(nonce), amount: amount)) }
        let totals = try await shop.reader.salesTotals()
        #expect(totals.map(\.amount.units) == [amounts.reduce(0, +)])
        #expect(totals.map(\.count) == [Int64(amounts.count)])
    }

    @Test(arguments: ["9x", "", "١"]) func `an amount that is no number is told as corrupt`(_ text: String) async throws {
        let shop = try Shop()
        let payment = try await shop.sold(Shop.claim(try await shop.product("hello")))
        try await shop.execute("UPDATE payments SET amount = '\(text)'")
        #expect(throws: StorageError.self) { try shop.reader.payment(id: payment.id) }
        await #expect(throws: StorageError.self) { try await shop.reader.sales() }
    }

    @Test func `events are read after a sequence number, in order, and those of tomorrow are passed over`() async throws {
        let shop = try Shop()
        for slug in ["a", "b", "c"] { _ = try await shop.product(slug) }
        try await shop.execute(
            "INSERT INTO audit(kind, subject, actor, origin, at, details, hash) VALUES ('tomorrow', 1, 'x', '', 0, '', zeroblob(32))")
        #expect(try await shop.reader.events(after: 0).map(\.sequence) == [1, 2, 3])
        #expect(try await shop.reader.events(after: 1, limit: 1).map(\.sequence) == [2])
        #expect(try await shop.reader.events(after: 4).isEmpty)
    }
}
