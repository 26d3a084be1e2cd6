import Catalogue
import Domain
import Foundation
import GRDB
import HTTPTypes
import HummingbirdTesting
import JSON
import Sealing
import Testing

@testable import HTTPAPI
@testable import Storage

/// Receipts checked with nothing but the receipt.
@Suite struct ReceiptCheckTests {
    private static let units: ReceiptCheck.Units = { network, _ in network.chainID == 84532 ? LedgerUnit(symbol: "USDC", decimals: 6) : nil }

    /// The receipt of the third of five sales.
    private static func receipt(_ prepare: (TestShop) async throws -> Void = { _ in }) async throws -> (shop: TestShop, json: JSONObject) {
        let shop = try TestShop()
        try await shop.sell { $0.repeatable = true }
        for nonce in 1...5 as ClosedRange<UInt8> { try await shop.get("/p/song", shop.pay("song", nonce: nonce)).expect(200) }
        try await prepare(shop)
        let json = try await shop.get("/r/\(shop.payments[2].receiptID)").json()
        return (shop, try #require(json.object))
    }

    private static func judge(_ json: JSONObject, key: [UInt8]? = nil) -> ReceiptCheck.Verdict {
        ReceiptCheck.judge(.object(json), key: key, units: units)
    }

    private static func set(_ json: JSONObject, _ path: [String], _ value: JSONValue?) -> JSONObject {
        var json = json
        guard path.count > 1, let inner = json[path[0]]?.object else {
            json[path[0]] = value
            return json
        }
        json[path[0]] = .object(set(inner, Array(path.dropFirst()), value))
        return json
    }

    @Test func `a receipt is proved by itself, with the shop's key and what is not covered`() async throws {
        let (shop, json) = try await Self.receipt()
        let key = try shop.vault.auditSigningKey.publicKey
        let proven = ReceiptCheck.Proven(
            key: key, shop: TestShop.loopback, uncovered: ["state", "finality", "accessEnded", "claimedAt", "product.url", "content"])
        guard case .proven(let found) = Self.judge(json, key: key) else {
            Issue.record("\(Self.judge(json, key: key))")
            return
        }
        #expect(
            found.key == proven.key && found.shop == proven.shop && Set(found.uncovered) == Set(proven.uncovered), "\(found.uncovered)")
        guard case .wrong(let sentence) = Self.judge(json, key: [UInt8](repeating: 1, count: 32)) else {
            Issue.record("another key is taken")
            return
        }
        #expect(sentence.contains("signed by another key"))
        // Written and read as a file.
        let read = try JSONValue(parsing: JSONValue.object(json).encoded(pretty: true))
        #expect(ReceiptCheck.judge(read, key: key, units: Self.units) == .proven(found))
    }

    @Test func `the proof of a sale holds whatever is sold, called or changed later`() async throws {
        let (_, json) = try await Self.receipt { shop in
            let product = try #require(try await shop.catalogue.product(Slug("song")!))
            let second = try shop.content(Array("second edition".utf8), "second.txt", "text/plain")
            try await shop.edit(product) {
                $0.title = "Another title"
                $0.content = second
            }
        }
        #expect(json["product"]?["title"] == "The song" && json["length"] == 10)
        guard case .proven = Self.judge(json) else {
            Issue.record("\(Self.judge(json))")
            return
        }
    }

    @Test(arguments: [
        ("receipt", "2-000000000000000000000000"), ("receiptURL", "https://other.example/r/1"), ("shop", "https://other.example"),
        ("network", "eip155:8453"), ("payer", "0x0000000000000000000000000000000000000001"), ("payer", "nobody"), ("amountAtomic", "10001"),
        ("amount", "0.10"), ("asset", "EURC"), ("assetAddress", "0x0000000000000000000000000000000000000001"),
        ("payTo", "0x0000000000000000000000000000000000000001"), ("sha256", String(repeating: "0", count: 64)),
        ("transaction", "0x" + String(repeating: "0", count: 64)), ("settledAt", "2027-01-15T08:00:01Z"), ("order", "2027-000004"),
        ("product.slug", "film"), ("product.title", "The film"),
    ]) func `a field that was changed is named`(_ change: (name: String, value: String)) async throws {
        let (_, json) = try await Self.receipt()
        for value in [JSONValue.string(change.value), nil] as [JSONValue?] {
            guard case .wrong(let sentence) = Self.judge(Self.set(json, change.name.split(separator: ".").map(String.init), value)) else {
                Issue.record("\(change.name) is not checked")
                return
            }
            #expect(sentence.contains("“\(change.name)”") || value == nil, "\(sentence)")
        }
    }

    @Test func `numbers and flags that were changed are named`() async throws {
        let (_, json) = try await Self.receipt()
        for (name, value) in [("length", 11), ("sandbox", false), ("paid", false), ("paid", nil)] as [(String, JSONValue)] {
            guard case .wrong(let sentence) = Self.judge(Self.set(json, [name], value)) else {
                Issue.record("\(name) is not checked")
                return
            }
            #expect(sentence.contains("“\(name)”"))
        }
    }

    @Test(
        arguments: [
            ("entry.sequence", 3, "not in the log"), ("entry.at", 1_800_000_001_000, "settledAt"), ("entry.subject", 4, "order"),
            ("entry.actor", "owner", "hash is another"), ("entry.origin", "192.0.2.0/24", "hash is another"),
            ("entry.kind", "order.refunded", "entry.kind"), ("entry.kind", "product.created", "not that of a sale"),
            ("entry.previous", .string(String(repeating: "0", count: 64)), "hash is another"),
            ("entry.hash", .string(String(repeating: "0", count: 64)), "hash is another"), ("entry.lines", [], "not that of a sale"),
            ("entry.details", "{}", "not the receipt of this sale"), ("path", [], "not in the log"), ("version", 2, "version"),
            ("head.sequence", 3, "not in the log"), ("head.sequence", -9_223_372_036_854_775_808, "head.sequence"),
            ("head.root", .string(String(repeating: "0", count: 64)), "not in the log"),
            ("head.hash", .string(String(repeating: "0", count: 64)), "signature"), ("head.at", 1, "signature"),
            ("head.signature", .string(String(repeating: "0", count: 128)), "signature"),
            ("head.key", .string(String(repeating: "0", count: 64)), "signature"),
        ] as [(String, JSONValue, String)]) func `a proof that was changed proves nothing`(_ change: (name: String, value: JSONValue, word: String))
        async throws
    {
        let (_, json) = try await Self.receipt()
        let path = ["proof"] + change.name.split(separator: ".").map(String.init)
        guard case .wrong(let sentence) = Self.judge(Self.set(json, path, change.value)) else {
            Issue.record("\(change.name) is not checked")
            return
        }
        // An entry's number is under its hash, too.
        #expect(sentence.contains(change.word) || (change.name == "entry.sequence" && sentence.contains("hash is another")), "\(sentence)")
        guard case .wrong = Self.judge(Self.set(json, path, nil)) else {
            Issue.record("\(change.name) is not needed")
            return
        }
    }

    @Test func `the proof of another sale proves nothing of this one`() async throws {
        let (shop, json) = try await Self.receipt()
        let other = try await shop.get("/r/\(shop.payments[3].receiptID)").json()
        guard case .wrong = Self.judge(Self.set(json, ["proof"], other["proof"])) else {
            Issue.record("the proof of another sale is taken")
            return
        }
    }

    @Test func `facts and entry changed together show by the hash`() async throws {
        let (_, json) = try await Self.receipt()
        let details = try #require(json["proof"]?["entry"]?["details"]?.string)
        var forged = Self.set(json, ["proof", "entry", "details"], .string(details.replacing(#""title":"The song""#, with: #""title":"The film""#)))
        forged = Self.set(forged, ["product", "title"], "The film")
        #expect(Self.judge(forged) == .wrong("The entry of the shop's log in this receipt was changed: its hash is another one."))
    }

    @Test func `a sale of before says less, and what it says is proved`() async throws {
        let (shop, json) = try await Self.receipt()
        let sale = try #require(try await shop.reader.saleProof(paymentID: 3))
        // An entry as it was written before entries named the goods, alone in its log.
        let details =
            #"{"amount":"10000","asset":"0x036cbd53842c5426634e7929541ec2318f3dcf7e","network":"eip155:84532","payment":3,"product":1,"sandbox":true}"#
        let event = Event(sequence: 1, kind: .orderPaid, subject: 3, actor: "payer", at: sale.event.at, details: EventDetails(text: details))
        var hash = AuditHash(
            after: AuditHash.origin, sequence: 1, kind: "order.paid", subject: 3, actor: "payer", origin: "", at: sale.event.at.milliseconds,
            details: details)
        let (line, movement) = (sale.lines[0], sale.lines[0].movement)
        hash.add(
            entry: line.id, kind: "sale", paymentID: 3, debit: AuditHash.bytes(of: movement.debit), credit: AuditHash.bytes(of: movement.credit),
            amount: movement.amount, at: line.at.milliseconds, reverses: 0)
        let bytes = hash.finish()
        let head = AuditHead(sequence: 1, hash: bytes, root: AuditTree.leaf(bytes), at: sale.event.at)
        let key = try shop.vault.auditSigningKey
        let old = SaleProof(
            previous: AuditHash.origin, event: event, lines: [line], hash: bytes, path: [],
            head: SignedAuditHead(head: head, signature: try key.sign(head.signedBytes), key: key.publicKey))
        guard case .proven(let proven) = Self.judge(Self.set(json, ["proof"], .object(ReceiptProofJSON.write(old)))) else {
            Issue.record("\(Self.judge(Self.set(json, ["proof"], .object(ReceiptProofJSON.write(old)))))")
            return
        }
        #expect(proven.shop == nil)
        #expect(Set(proven.uncovered).isSuperset(of: ["receipt", "payer", "sha256", "length", "transaction", "shop", "product.title"]))
        #expect(Set(proven.uncovered).isDisjoint(with: ["order", "amountAtomic", "settledAt", "network", "payTo", "assetAddress"]))
    }

    @Test func `what is not proved yet says when to ask again, and what is none says so`() async throws {
        let (shop, json) = try await Self.receipt()
        try await shop.get("/p/song", shop.pay("song", nonce: 9)).expect(200)
        let fresh = try await shop.get("/r/\(try #require(try shop.payments.last).receiptID)").json()
        #expect(fresh["proof"] == nil && fresh["proofAfter"] == "2027-01-15T08:00:05Z")
        guard case .unproven(let sentence) = ReceiptCheck.judge(fresh, key: nil, units: Self.units) else {
            Issue.record("proved without a proof")
            return
        }
        #expect(sentence.contains("again after 2027-01-15T08:00:05Z"))
        shop.clock.advance(.seconds(5))
        #expect(try await shop.get("/r/\(shop.payments[5].receiptID)").json()["proof"] != nil)
        for other in [[], "x", ["receipt": "x"], [:]] as [JSONValue] {
            #expect(ReceiptCheck.judge(other, key: nil, units: Self.units) == .wrong("This is no receipt of a Pushcart shop."))
        }
        #expect(json["proof"] != nil)
    }

    @Test func `the keys of the log and its newest head are where machines find them`() async throws {
        let (shop, json) = try await Self.receipt()
        let published = try await shop.get("/.well-known/pushcart-audit.json")
        published.expect(200)
        let key = lowercaseHex(try shop.vault.auditSigningKey.publicKey)
        let told = try published.json()
        #expect(told["keys"] == [.string(key)] && told["head"] == json["proof"]?["head"] && told["algorithm"] == "Ed25519")
    }

    @Test func `people save the same document from the page`() async throws {
        let (shop, json) = try await Self.receipt()
        let path = "/r/\(try shop.payments[2].receiptID)"
        try await shop.get(path, Browser.headers).expect(200, has: ["href=\"\(path)/receipt.json\""])
        let saved = try await shop.get("\(path)/receipt.json", Browser.headers)
        saved.expect(200)
        #expect(saved.headers[.contentDisposition]?.hasPrefix("attachment; filename=\"receipt-3-") == true)
        #expect(try saved.json()["proof"] == json["proof"])
    }
}
