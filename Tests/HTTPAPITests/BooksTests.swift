import Domain
import Foundation
import GRDB
import HTTPTypes
import JSON
import Storage
import Testing

@testable import HTTPAPI

/// The ledger and the audit log over the API.
@Suite struct BooksTests {
    private static func shop() async throws -> TestShop {
        let shop = try TestShop()
        let product = try await shop.sell { $0.repeatable = true }
        for nonce in 1...3 as ClosedRange<UInt8> { try await shop.get("/p/\(product.slug)", shop.pay(product.slug.text, nonce: nonce)).expect(200) }
        return shop
    }

    /// Does something to the file that no trigger and no reference stops.
    private static func tamper(_ shop: TestShop, _ sql: String) throws {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        // The shop may be writing just now.
        configuration.busyMode = .timeout(30)
        let queue = try DatabaseQueue(path: "\(shop.directory)/shop.sqlite", configuration: configuration)
        try queue.write { db in
            for name in try String.fetchAll(db, sql: "SELECT name FROM sqlite_schema WHERE type = 'trigger'") {
                try db.execute(sql: "DROP TRIGGER \(name)")
            }
            try db.execute(sql: sql)
        }
        try queue.close()
    }

    @Test func `a sale is a line, with its accounts, in whole units once the asset is known`() async throws {
        let shop = try await Self.shop()
        let unknown = try await shop.send(.get, "/ledger/entries?limit=1").json()["items"]?.array?.first
        #expect(unknown?["amount"] == nil && unknown?["amountAtomic"]?.string != nil)
        let option = TestShop.option(sandbox: true)
        let asset = LedgerAsset(network: option.network, address: option.asset.address, sandbox: true)
        try await shop.writer.name([(asset: asset, unit: LedgerUnit(symbol: "USDC", decimals: 6))])
        let page = try await shop.send(.get, "/ledger/entries?kind=sale&payment=2").json()
        let line = try #require(page["items"]?.array?.first)
        #expect(page["items"]?.array?.count == 1 && line["payment"] == 2 && line["sandbox"] == true && line["asset"] == "USDC")
        #expect(line["debit"]?["kind"] == "wallet" && line["debit"]?["address"]?.string == TestShop.payTo.lowercased())
        #expect(line["credit"]?["kind"] == "sales" && line["credit"]?["address"] == nil)
        #expect(try await shop.send(.get, "/ledger/entries?kind=gas").json()["items"] == [])
    }

    @Test func `lines and entries are paged without loss`() async throws {
        let shop = try await Self.shop()
        for (path, key, all) in [("/ledger/entries", "id", [3, 2, 1]), ("/audit", "sequence", [])] as [(String, String, [Int64])] {
            var (found, cursor) = ([Int64](), "")
            repeat {
                let page = try await shop.send(.get, "\(path)?limit=2\(cursor)").json()
                found += page["items"]?.array?.compactMap { $0[key]?.int64 } ?? []
                cursor = page["next"]?.string.map { "&cursor=\($0)" } ?? ""
            } while !cursor.isEmpty
            let count = try await shop.reader.events(after: 0, limit: 1000).count
            #expect(found == (all.isEmpty ? (1...Int64(count)).reversed() : all))
        }
    }

    @Test func `balances add up, practice money marked`() async throws {
        let shop = try await Self.shop()
        let items = try #require(try await shop.send(.get, "/ledger/balances").json()["items"]?.array)
        #expect(items.map { $0["account"]?["kind"]?.string } == ["wallet", "sales"])
        #expect(items.allSatisfy { $0["sandbox"] == true } && items[0]["amountAtomic"] == items[1]["amountAtomic"])
        #expect(items[0]["debitsAtomic"] == items[1]["creditsAtomic"] && items[0]["creditsAtomic"] == "0")
        let id = try #require(items[1]["id"]?.int64)
        #expect(try await shop.send(.get, "/ledger/entries?account=\(id)").json()["items"]?.array?.count == 3)
    }

    @Test func `an entry says who did what from where`() async throws {
        let shop = try await Self.shop()
        try await shop.send(.patch, "/products/song", ["price": "7.50"]).expect(200)
        let entry = try #require(try await shop.send(.get, "/audit?kind=product.edited").json()["items"]?.array?.first)
        #expect(entry["details"]?["price"]?["after"] == "7.50 USD" && entry["actor"]?.string?.hasPrefix("key:") == true)
        let order = try #require(try await shop.send(.get, "/audit?actor=payer&limit=1").json()["items"]?.array?.first)
        #expect(order["kind"] == "order.paid" && order["details"]?["payment"] == 3 && order["origin"] == nil)
    }

    @Test func `books that nobody touched are right`() async throws {
        let shop = try await Self.shop()
        let verdict = try await shop.send(.get, "/audit/verify").json()
        #expect(verdict["intact"] == true && verdict["finding"] == nil)
        let mark = try #require(verdict["mark"]?.string)
        #expect(try await shop.send(.get, "/audit/verify?head=\(mark)").json()["intact"] == true)
        let report = try await shop.send(.get, "/ledger/check").json()
        #expect(report["clean"] == true && report["findings"] == [] && report["payments"] == 3 && report["lines"] == 3)
    }

    @Test func `books that somebody touched say what is wrong`() async throws {
        let shop = try await Self.shop()
        let mark = try #require(try await shop.send(.get, "/audit/verify").json()["mark"]?.string)
        try Self.tamper(shop, "UPDATE entries SET amount = 1 WHERE id = 2")
        let verdict = try await shop.send(.get, "/audit/verify").json()
        #expect(verdict["intact"] == false && verdict["finding"] == "changed" && verdict["sentence"]?.string?.contains("was changed") == true)
        let report = try await shop.send(.get, "/ledger/check").json()
        #expect(report["clean"] == false && report["count"] == 1 && report["findings"]?.array?.count == 1)
        let other = String(mark.prefix { $0 != ":" }) + ":" + String(repeating: "0", count: 64)
        try Self.tamper(shop, "DELETE FROM entries; DELETE FROM audit")
        #expect(try await shop.send(.get, "/audit/verify?head=\(other)").json()["finding"] == "cut")
        try await shop.send(.get, "/audit/verify?head=nothing").expectKind(400, "bad-request")
    }

    @Test func `a head is shown once it is signed, and by whose key`() async throws {
        let shop = try await Self.shop()
        try await shop.send(.get, "/audit/head").expectKind(404, "not-found")
        let signed = try #require(await shop.signHead())
        let head = try await shop.send(.get, "/audit/head").json()
        #expect(head["mark"]?.string == signed.head.mark.description && head["key"]?.string == lowercaseHex(signed.key))
        let verdict = try await shop.send(.get, "/audit/verify?head=\(signed.head.mark)").json()
        #expect(verdict["intact"] == true && verdict["heads"] == 1 && verdict["otherKeys"] == 0)
    }

    @Test func `a key for some products sees nothing of the books`() async throws {
        let shop = try await Self.shop()
        for path in ["/ledger/entries", "/ledger/balances", "/ledger/check", "/audit", "/audit/verify", "/audit/head"] {
            try await shop.send(.get, path, as: "owner#1").expectKind(403, "permission-missing")
        }
    }
}
