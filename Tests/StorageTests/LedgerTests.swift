import Domain
import GRDB
import Storage
import Testing

@Suite struct LedgerTests {
    typealias Shop = TemporaryShop

    @Test func `a sale is one line, from sales into the wallet that was paid`() async throws {
        let shop = try Shop()
        let payment = try await shop.sold(Shop.claim(try await shop.product("hello")))
        let lines = try await shop.reader.ledgerEntries()
        let asset = LedgerAsset(network: Shop.base, address: Shop.usdc, sandbox: false)
        #expect(
            lines.map(\.movement) == [
                LedgerMovement(
                    .sale, paymentID: payment.id, debit: LedgerAccount(.wallet, of: asset, address: Shop.shop),
                    credit: LedgerAccount(.sales, of: asset), amount: AtomicAmount(10_000))
            ])
        #expect(lines[0].sequence == 2 && lines[0].at == Shop.now && lines[0].unit == nil)
    }

    @Test func `a payment that was posted twice, or given back, or failed, is no second line and no line`() async throws {
        let shop = try Shop()
        let product = try await shop.product("hello", repeatable: true)
        let payment = try await shop.sold(Shop.claim(product))
        _ = try await shop.writer.post(paymentID: payment.id, transaction: Shop.bytes(1, 32), at: Shop.now)
        let released = try await shop.claimed(Shop.claim(product, nonce: 2))
        _ = try await shop.writer.end(paymentID: released.id, as: .released, reason: nil, at: Shop.now)
        _ = try await shop.claimed(Shop.claim(product, nonce: 2))
        #expect(try await shop.reader.ledgerEntries().count == 1)
        #expect(try await shop.reader.checkLedger().isClean)
    }

    @Test func `practice money without funds leaves nothing in the books`() async throws {
        let shop = try Shop()
        let claim = Shop.claim(try await shop.product("hello"), sandbox: true)
        let outcome = try await shop.writer.claim(claim, sandboxAllowance: AtomicAmount(1), sandboxTransaction: Shop.bytes(1, 32))
        #expect(told(outcome).0 == "insufficientFunds")
        #expect(try await shop.reader.ledgerEntries().isEmpty)
        #expect(try await shop.events() == [.productCreated])
    }

    @Test func `practice and real money are never in one sum, though network and contract are the same`() async throws {
        let shop = try Shop()
        let product = try await shop.product("hello", repeatable: true)
        _ = try await shop.sold(Shop.claim(product, nonce: 1, amount: 5))
        let practice = Shop.claim(product, nonce: 2, amount: 7, sandbox: true)
        _ = try await shop.writer.claim(practice, sandboxAllowance: AtomicAmount(100), sandboxTransaction: Shop.bytes(1, 32))
        let balances = try await shop.reader.ledgerBalances()
        #expect(
            balances.map { "\($0.account.kind) \($0.account.asset.sandbox) \($0.amount)" } == [
                "wallet false 5", "sales false 5", "wallet true 7", "sales true 7",
            ])
        // Not even by hand: a line's accounts are both of its asset, and an asset is one or the other.
        await #expect(throws: DatabaseError.self) {
            try await shop.execute(
                "INSERT INTO entries(sequence, kind, debit, credit, asset_id, amount, at) VALUES (1, 'payout', 1, 4, 1, 1, 0)")
        }
    }

    @Test func `what a chain charged is a line as soon as it is known, once`() async throws {
        let shop = try Shop()
        let payment = try await SettlementStoreTests.payment(shop, .settling)
        #expect(try await shop.writer.closeAttempt(transaction: Shop.bytes(0xAA, 32), feePaid: 0, reverted: false, at: Shop.now) == 1_000)
        #expect(try await shop.reader.ledgerEntries().isEmpty)
        for fee in [UInt64.max, 7] {
            _ = try await shop.writer.closeAttempt(transaction: Shop.bytes(0xAA, 32), feePaid: fee, reverted: true, at: Shop.now)
        }
        let lines = try await shop.reader.ledgerEntries(kind: .gas)
        let coin = LedgerAsset.coin(of: Shop.base)
        #expect(
            lines.map(\.movement) == [
                LedgerMovement(
                    .gas, paymentID: payment.id, debit: LedgerAccount(.gas, of: coin),
                    credit: LedgerAccount(.settler, of: coin, address: Shop.bytes(8, 20)), amount: AtomicAmount(UInt128(UInt64.max)))
            ])
        let settler = try #require(await shop.reader.ledgerBalances().first { $0.account.kind == .settler })
        #expect(settler.isNegative && settler.amount == AtomicAmount(UInt128(UInt64.max)))
        #expect(try await shop.events().last == .gasPaid)
        #expect(try await shop.reader.checkLedger().isClean)
    }

    @Test func `money that came without a claim is listed as what it is`() async throws {
        let shop = try Shop()
        let authorization = Shop.claim(try await shop.product("hello"), amount: .max).authorization
        for _ in 0..<2 { try await shop.writer.noteUnmatchedIncome(authorization, at: Shop.now) }
        let lines = try await shop.reader.ledgerEntries(kind: .foreign)
        #expect(lines.map(\.movement) == [.foreign(authorization)])
        #expect(try await shop.reader.checkLedger().isClean)
        guard case .intact = try await shop.reader.verifyAudit() else { Issue.record("the chain is broken"); return }
    }

    @Test func `amounts with eighteen decimals are summed exactly`() async throws {
        let shop = try Shop()
        let product = try await shop.product("hello", repeatable: true)
        let amounts: [UInt128] = [UInt128(Int64.max), UInt128(Int64.max) + 1, 1_234_567_890_123_456_789_012_345_678]
        for (nonce, amount) in amounts.enumerated() { _ = try await shop.sold(Shop.claim(product, nonce: UInt8(nonce), amount: amount)) }
        #expect(try await shop.reader.ledgerBalances().map(\.amount.units) == [amounts.reduce(0, +), amounts.reduce(0, +)])
    }

    @Test func `a sum beyond 128 bits is an error and not a wrong number`() async throws {
        let shop = try Shop()
        let product = try await shop.product("hello", repeatable: true)
        for nonce in 1...2 as ClosedRange<UInt8> { _ = try await shop.sold(Shop.claim(product, nonce: nonce, amount: .max)) }
        await #expect(throws: StorageError.self) { try await shop.reader.ledgerBalances() }
    }

    @Test func `an asset is written as the shop's configuration says`() async throws {
        let shop = try Shop()
        _ = try await shop.sold(Shop.claim(try await shop.product("hello")))
        let asset = LedgerAsset(network: Shop.base, address: Shop.usdc, sandbox: false)
        for decimals in [5, 6] { try await shop.writer.name([(asset: asset, unit: LedgerUnit(symbol: "USDC", decimals: decimals))]) }
        let line = try #require(await shop.reader.ledgerEntries().first)
        #expect(line.unit.map { $0.text(line.movement.amount) } == "0.01 USDC")
        #expect(try await shop.reader.ledgerBalances().allSatisfy { $0.unit == LedgerUnit(symbol: "USDC", decimals: 6) })
    }

    @Test func `lines are listed newest first, by kind, account and payment`() async throws {
        let shop = try await AuditLogTests.shop()
        #expect(try await shop.reader.ledgerEntries().map(\.id) == [6, 5, 4, 3, 2, 1])
        #expect(try await shop.reader.ledgerEntries(before: 4, limit: 2).map(\.id) == [3, 2])
        #expect(try await shop.reader.ledgerEntries(kind: .sale, limit: 1).map(\.id) == [6])
        #expect(try await shop.reader.ledgerEntries(kind: .refund).isEmpty)
        #expect(try await shop.reader.ledgerEntries(paymentID: 2).map(\.id) == [2])
        let practice = try #require(await shop.reader.ledgerBalances().first { $0.account.asset.sandbox && $0.account.kind == .wallet })
        #expect(try await shop.reader.ledgerEntries(account: practice.accountID).map(\.id) == [5, 3, 1])
    }

    // MARK: What the schema refuses

    private static let columns = "sequence, kind, payment_id, debit, credit, asset_id, amount, at, reverses"

    @Test(arguments: [
        // A second sale of a payment; the same account twice; nothing; less than nothing; a fraction; a reversal of nothing; gas of nobody.
        "2, 'sale', 1, 1, 2, 1, 5, 0, NULL", "2, 'refund', 1, 1, 1, 1, 5, 0, NULL", "2, 'refund', 1, 1, 2, 1, 0, 0, NULL",
        "2, 'refund', 1, 1, 2, 1, -5, 0, NULL", "2, 'refund', 1, 1, 2, 1, 0.5, 0, NULL", "2, 'reversal', 1, 2, 1, 1, 5, 0, NULL",
        "2, 'gas', NULL, 2, 1, 1, 5, 0, NULL",
        // An audit entry, a payment, a kind and an account that do not exist; accounts of another asset; a refund that takes back.
        "99, 'refund', 1, 1, 2, 1, 5, 0, NULL", "2, 'refund', 99, 1, 2, 1, 5, 0, NULL", "2, 'gift', 1, 1, 2, 1, 5, 0, NULL",
        "2, 'refund', 1, 1, 99, 1, 5, 0, NULL", "2, 'refund', 1, 1, 2, 2, 5, 0, NULL", "2, 'refund', 1, 1, 2, 1, 5, 0, 1",
    ])
    func `the schema itself refuses a wrong line`(_ values: String) async throws {
        let shop = try await AuditLogTests.shop()
        await #expect(throws: DatabaseError.self) { try await shop.execute("INSERT INTO entries(\(Self.columns)) VALUES (\(values))") }
    }

    @Test func `a sale is reversed once, and may come true again once for each reversal`() async throws {
        let shop = try await AuditLogTests.shop()
        func insert(_ values: String) async throws { try await shop.execute("INSERT INTO entries(\(Self.columns)) VALUES (\(values))") }
        try await insert("2, 'reversal', 1, 2, 1, 1, 1000, 0, 1")
        await #expect(throws: DatabaseError.self) { try await insert("2, 'reversal', 1, 2, 1, 1, 1000, 0, 1") }
        try await insert("2, 'sale', 1, 1, 2, 1, 1000, 0, 7")
        await #expect(throws: DatabaseError.self) { try await insert("2, 'sale', 1, 1, 2, 1, 1000, 0, 7") }
        #expect(try await shop.reader.checkLedger().isClean)
    }
}
