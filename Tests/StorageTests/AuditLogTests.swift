import Domain
import Foundation
import GRDB
import Storage
import Testing

@Suite struct AuditLogTests {
    typealias Shop = TemporaryShop

    /// A shop with eight entries in its log: a product, six sales, real and practice money in turn, and an edit.
    static func shop() async throws -> Shop {
        let shop = try Shop()
        let product = try await shop.product("hello", repeatable: true)
        for nonce in 1...6 as ClosedRange<UInt8> {
            if nonce.isMultiple(of: 2) {
                _ = try await shop.sold(Shop.claim(product, payer: nonce, nonce: nonce, amount: UInt128(nonce) * 1000))
            } else {
                let claim = Shop.claim(product, payer: nonce, nonce: nonce, amount: UInt128(nonce) * 1000, sandbox: true)
                _ = try await shop.writer.claim(claim, sandboxAllowance: AtomicAmount(1_000_000), sandboxTransaction: Shop.bytes(9, 32))
            }
        }
        var edit = ProductEdit()
        edit.price = try Money("0.02", .usd)
        _ = try await shop.writer.editProduct(slug: product.slug, edit, actor: "local:0", at: Shop.now)
        return shop
    }

    static func verdict(_ shop: Shop, mark: AuditMark? = nil) async throws -> AuditVerdict { try await shop.reader.verifyAudit(mark: mark) }

    @Test func `a log that nobody touched is intact`() async throws {
        let shop = try await Self.shop()
        let last = try #require(await shop.reader.audit(limit: 1).first)
        #expect(
            try await Self.verdict(shop)
                == .intact(entries: 8, last: AuditMark(sequence: 8, hash: last.hash), heads: 0, otherKeys: 0))
        #expect(try await Self.verdict(Shop()) == .intact(entries: 0, last: nil, heads: 0, otherKeys: 0))
    }

    @Test func `an entry says what was done, by whom and from where, with what was before and after`() async throws {
        let shop = try Shop()
        let product = try await WriteOrigin.with("192.0.2.7") { try await shop.product("hello") }
        var edit = ProductEdit()
        edit.price = try Money("0.02", .usd)
        edit.summary = "Say \"hello\"\n"
        edit.state = .archived
        _ = try await shop.writer.editProduct(slug: product.slug, edit, actor: "person:7", at: Shop.now)
        let events = try await shop.reader.events(after: 0)
        #expect(events.map(\.origin) == ["192.0.2.7", ""])
        #expect(events.map(\.actor) == ["local:0", "person:7"])
        #expect(
            events[1].details.text
                == #"{"price":{"after":"0.02 USD","before":"0.01 USD"},"state":{"after":"archived","before":"published"},"summary":"changed"}"#)
    }

    @Test func `the entry of an order says which payment bought what`() async throws {
        let shop = try Shop()
        shop.writer.origin = "https://shop.example"
        let payment = try await shop.sold(Shop.claim(try await shop.product("hello"), payer: 7))
        let event = try #require(await shop.reader.events(after: 1).first)
        let payer = lowercaseHex(PayerHash.of(payer: payment.authorization.key.payer, receipt: payment.receiptID))
        let details = [
            #""amount":"10000""#, #""asset":"0x\#(lowercaseHex(Shop.usdc))""#, #""length":3"#, #""network":"eip155:8453""#,
            #""payerHash":"\#(payer)""#, #""payment":\#(payment.id)"#, #""product":1"#, #""sandbox":false"#,
            #""sha256":"\#(payment.content)""#, #""shop":"https://shop.example""#, #""slug":"hello""#, #""title":"Title of hello""#,
            #""transaction":"0x\#(lowercaseHex(Shop.bytes(0xCC, 32)))""#,
        ]
        #expect(event.details.text == "{\(details.joined(separator: ","))}")
        #expect(!event.details.text.contains(lowercaseHex(payment.authorization.key.payer)))
    }

    @Test func `a node's address, which may hold a key, is never in the log`() async throws {
        let shop = try Shop()
        for (payTo, url) in [(Shop.shop, "https://node.example/v2/SECRET"), (Shop.usdc, "https://other.example/v2/SECRET")] {
            let network = ShopNetwork(network: Shop.base, payTo: payTo, node: .open(url), settlerKey: "settler.key")
            try await shop.writer.setNetwork(network, actor: "local:0", at: Shop.now)
        }
        let details = try await shop.reader.events(after: 0).map(\.details.text)
        #expect(
            details == [
                #"{"node":"changed","pay_to":{"after":"0x5050505050505050505050505050505050505050","before":null},"settler_key":"changed"}"#,
                #"{"node":"changed","pay_to":{"after":"0xa5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5","before":"0x5050505050505050505050505050505050505050"}}"#,
            ])
    }

    @Test func `what the shop is called, which may be a person's name, is never in the log`() async throws {
        let shop = try Shop()
        let settings = ShopSettings(name: "Ana's cart")
        _ = try await shop.writer.editSettings(settings, of: ShopSettings(), actor: "local:0", at: Shop.now)
        #expect(try await shop.reader.events(after: 0).map(\.details.text) == [#"{"name":"changed"}"#])
    }

    @Test func `entries are listed newest first, by kind and by who`() async throws {
        let shop = try await Self.shop()
        #expect(try await shop.reader.audit(limit: 3).map(\.event.sequence) == [8, 7, 6])
        #expect(try await shop.reader.audit(before: 3).map(\.event.sequence) == [2, 1])
        #expect(try await shop.reader.audit(kind: .orderPaid, limit: 2).map(\.event.sequence) == [7, 6])
        #expect(try await shop.reader.audit(actor: "local:0").map(\.event.kind) == [.productEdited, .productCreated])
        #expect(try await shop.reader.audit(actor: "person:1").isEmpty)
    }

    // MARK: The chain through the writer

    struct Refused: Error {}

    @Test func `a group of which one write throws leaves the chain right`() async throws {
        let shop = try Shop()
        let (release, holder) = await WriterTests.hold(shop.writer)
        let failures = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<30 {
                group.addTask {
                    do {
                        // Throws after the entry was appended, inside the write.
                        let note = WriteNote<ProductCreation>(
                            principal: "x", key: "\(number)", request: Shop.bytes(1, 32), at: Shop.now,
                            answer: { _ in if number == 11 { throw Refused() } else { nil } })
                        _ = try await shop.writer.createProduct(Shop.draft("product-\(number)"), actor: "local:0", at: Shop.now, noting: note)
                        return false
                    } catch { return true }
                }
            }
            release()
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        try await holder.value
        #expect(failures == 1)
        guard case .intact(let entries, _, _, _) = try await Self.verdict(shop) else { Issue.record("the chain is broken"); return }
        #expect(entries == 29)
    }

    @Test func `an account that was made in a write that threw is made again`() async throws {
        let shop = try Shop()
        let product = try await shop.product("hello", repeatable: true)
        let payment = try await shop.claimed(Shop.claim(product))
        // Rolled back after the post: its accounts are gone with it.
        try shop.tamper("CREATE TRIGGER broken AFTER INSERT ON entries BEGIN SELECT RAISE(ABORT, 'broken'); END;")
        await #expect(throws: DatabaseError.self) {
            try await shop.writer.post(paymentID: payment.id, transaction: Shop.bytes(1, 32), at: Shop.now)
        }
        #expect(try await shop.integer("SELECT count(*) FROM accounts") == 0)
        try await shop.execute("DROP TRIGGER broken")
        _ = try await shop.writer.post(paymentID: payment.id, transaction: Shop.bytes(1, 32), at: Shop.now)
        #expect(try await shop.reader.checkLedger().isClean)
        guard case .intact = try await Self.verdict(shop) else { Issue.record("the chain is broken"); return }
    }

    // MARK: The guards

    @Test(arguments: [
        "UPDATE audit SET actor = 'x'", "DELETE FROM audit", "UPDATE entries SET amount = 1", "DELETE FROM entries",
        "UPDATE accounts SET kind = 'gas'",
        "DELETE FROM accounts", "UPDATE assets SET sandbox = 1 - sandbox", "DELETE FROM assets",
    ])
    func `the books are append only`(_ sql: String) async throws {
        let shop = try await Self.shop()
        await #expect(throws: DatabaseError.self) { try await shop.execute(sql) }
    }

    // MARK: Somebody with the file in hand

    private static func finding(_ sql: String) async throws -> AuditVerdict {
        let shop = try await Self.shop()
        try shop.tamper(sql)
        return try await verdict(shop)
    }

    @Test(arguments: [
        "kind = 'product.edited'", "subject = subject + 1", "actor = 'owner'", "origin = '192.0.2.1'", "at = at + 1", "details = ''",
        "hash = randomblob(32)",
    ])
    func `a changed entry is found`(_ change: String) async throws {
        #expect(try await Self.finding("UPDATE audit SET \(change) WHERE sequence = 4") == .broken(.changed(4)))
    }

    @Test(arguments: [
        "kind = 'refund'", "payment_id = 99", "id = 100", "sequence = 8", "debit = credit, credit = debit", "amount = amount + 1", "at = at + 1",
        "asset_id = 3 - asset_id",
    ])
    func `a changed line of the ledger is found`(_ change: String) async throws {
        #expect(try await Self.finding("UPDATE entries SET \(change) WHERE id = 6") == .broken(.changed(7)))
    }

    @Test func `an account that became another is found`() async throws {
        #expect(try await Self.finding("UPDATE accounts SET address = zeroblob(20) WHERE kind = 'wallet'") == .broken(.changed(2)))
        #expect(try await Self.finding("UPDATE assets SET chain_id = 1") == .broken(.changed(2)))
    }

    @Test func `practice money that became real money is found`() async throws {
        #expect(try await Self.finding("UPDATE assets SET sandbox = 1 - sandbox, chain_id = chain_id + 1") == .broken(.changed(2)))
    }

    @Test func `a removed entry is found`() async throws {
        #expect(try await Self.finding("DELETE FROM audit WHERE sequence = 4") == .broken(.removed(4)))
        #expect(try await Self.finding("DELETE FROM audit WHERE sequence = 1") == .broken(.removed(1)))
    }

    @Test func `a removed entry is found though those after it moved up`() async throws {
        #expect(
            try await Self.finding(
                """
                DELETE FROM audit WHERE sequence = 4; DELETE FROM entries WHERE sequence = 4;
                UPDATE audit SET sequence = -(sequence - 1) WHERE sequence > 4; UPDATE audit SET sequence = -sequence WHERE sequence < 0;
                UPDATE entries SET sequence = sequence - 1 WHERE sequence > 4;
                """) == .broken(.removed(4)))
    }

    @Test func `a removed line of the ledger is found`() async throws {
        #expect(try await Self.finding("DELETE FROM entries WHERE id = 3") == .broken(.changed(4)))
        #expect(try await Self.finding("DELETE FROM entries WHERE id = 6") == .broken(.changed(7)))
    }

    private static let copy = "SELECT kind, subject, actor, origin, at, details, hash FROM audit"

    @Test func `an inserted entry is found`() async throws {
        let insert = "INSERT INTO audit(sequence, kind, subject, actor, origin, at, details, hash)"
        #expect(try await Self.finding("\(insert) SELECT 9, * FROM (\(Self.copy) WHERE sequence = 8)") == .broken(.changed(9)))
        #expect(try await Self.finding("\(insert) SELECT 0, * FROM (\(Self.copy) WHERE sequence = 8)") == .broken(.inserted(0)))
    }

    @Test func `an inserted entry is found though those after it moved down`() async throws {
        #expect(
            try await Self.finding(
                """
                UPDATE audit SET sequence = -(sequence + 1) WHERE sequence > 3; UPDATE audit SET sequence = -sequence WHERE sequence < 0;
                UPDATE entries SET sequence = sequence + 1 WHERE sequence > 3;
                INSERT INTO audit(sequence, kind, subject, actor, origin, at, details, hash) SELECT 4, * FROM (\(Self.copy) WHERE sequence = 8);
                """) == .broken(.inserted(4)))
    }

    @Test func `an inserted line of the ledger is found`() async throws {
        let columns = "payment_id, debit, credit, asset_id, amount, at"
        #expect(
            try await Self.finding(
                "INSERT INTO entries(id, sequence, kind, \(columns)) SELECT 7, 7, 'refund', \(columns) FROM entries WHERE id = 6")
                == .broken(.changed(7)))
        #expect(
            try await Self.finding(
                "INSERT INTO entries(id, sequence, kind, \(columns)) SELECT 7, 3, 'refund', \(columns) FROM entries WHERE id = 2")
                == .broken(.lineMisplaced(7)))
    }

    @Test(arguments: [true, false]) func `entries that changed places are found`(_ withLines: Bool) async throws {
        func swap(_ table: String) -> String {
            "UPDATE \(table) SET sequence = -sequence WHERE sequence IN (4, 5); UPDATE \(table) SET sequence = 9 + sequence WHERE sequence < 0;"
        }
        #expect(try await Self.finding(swap("audit") + (withLines ? swap("entries") : "")) == .broken(.reordered(4)))
    }

    @Test func `lines of the ledger that changed places are found`() async throws {
        #expect(
            try await Self.finding(
                "UPDATE entries SET id = -id WHERE id IN (3, 4); UPDATE entries SET id = 7 + id WHERE id < 0;") == .broken(.changed(4)))
    }

    @Test func `a cut end is found by what was noted of it`() async throws {
        let shop = try await Self.shop()
        let entries = try await shop.reader.audit()
        let mark = AuditMark(sequence: 8, hash: entries[0].hash)
        #expect(try await Self.verdict(shop, mark: mark) == .intact(entries: 8, last: mark, heads: 0, otherKeys: 0))
        try shop.tamper("DELETE FROM audit WHERE sequence > 6; DELETE FROM entries WHERE sequence > 6")
        #expect(
            try await Self.verdict(shop)
                == .intact(entries: 6, last: AuditMark(sequence: 6, hash: entries[2].hash), heads: 0, otherKeys: 0))
        #expect(try await Self.verdict(shop, mark: mark) == .broken(.cut(mark, last: 6)))
        _ = try await shop.product("other")
        _ = try await shop.product("another")
        #expect(try await Self.verdict(shop, mark: mark) == .broken(.rewritten(mark)))
    }

    @Test func `a log that was emptied is found by what was noted of it`() async throws {
        let shop = try await Self.shop()
        let mark = AuditMark(sequence: 8, hash: try #require(await shop.reader.audit().first).hash)
        try shop.tamper("DELETE FROM audit; DELETE FROM entries")
        #expect(try await Self.verdict(shop, mark: mark) == .broken(.cut(mark, last: 0)))
    }

    @Test func `a long log is checked in pieces, with its lines`() async throws {
        let shop = try await Self.shop()
        try await withThrowingTaskGroup(of: Void.self) { group in
            let product = try await shop.product("other", repeatable: true)
            for number in 0..<9_000 {
                group.addTask {
                    var claim = Shop.claim(product, sandbox: true)
                    let nonce = Array(withUnsafeBytes(of: number) { $0 }) + Shop.bytes(7, 24)
                    claim = Claim(
                        authorization: Authorization(
                            key: PaymentKey(network: Shop.base, asset: Shop.usdc, payer: Shop.bytes(9, 20), nonce: nonce), payTo: Shop.shop,
                            amount: AtomicAmount(1), validAfter: 0, validBefore: .max, signature: []), sandbox: true, productID: product.id,
                        repeatable: true, content: claim.content, protocolVersion: 2, sealHash: nil, token: claim.token, at: Shop.now)
                    _ = try await shop.writer.claim(
                        claim, sandboxAllowance: AtomicAmount(1_000_000), sandboxTransaction: Shop.bytes(9, 32))
                }
            }
            try await group.waitForAll()
        }
        guard case .intact(9_009, _, _, _) = try await Self.verdict(shop) else { Issue.record("the chain is broken"); return }
        #expect(try await shop.reader.checkLedger().isClean)
        try shop.tamper("UPDATE entries SET amount = 2 WHERE id = 9001")
        #expect(try await Self.verdict(shop) == .broken(.changed(9004)))
    }
}
