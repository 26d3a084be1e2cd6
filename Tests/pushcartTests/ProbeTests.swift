import ArgumentParser
import JSON
import NIOHTTP1
import Synchronization
import Testing
import X402

@testable import pushcart

/// What `pushcart probe` finds at a shop whose answers are spoiled one way at a time.
@Suite struct ProbeTests {
    private static func probe(_ shop: ProbeFakeShop, elapsed: @escaping @Sendable () -> Duration = { .zero }) async throws -> ProbeReport {
        try await BuyNetwork.with { await ProbeRun(asked: shop.url, transport: $0, elapsed: elapsed).report() }
    }

    @Test func `a shop that does everything right passes every check, and is never paid`() async throws {
        let seen = Mutex<[ProbeFakeShop.Asked]>([])
        let shop = try await ProbeFakeShop { asked, _ in seen.withLock { $0.append(asked) } }
        let report = try await Self.probe(shop)
        #expect(report.checks.filter { $0.verdict != .ok } == [])
        #expect(report.isPassed && report.summary.hasSuffix(" ok, 0 warnings, 0 failures, 0 skipped."))
        #expect(Set(report.checks.map(\.name)).count == report.checks.count)
        // No signature of anybody: what goes out as one is zeros or nothing.
        let payments = seen.withLock { $0 }.flatMap { $0.headers[PaymentHeader.signature] + $0.headers[PaymentHeader.signatureV1] }
        #expect(payments.count == 6)
        for payment in payments {
            let signature = (try? PaymentHeader.decode(payment))?["payload"]?["signature"]?.string
            #expect(signature == nil || signature?.dropFirst(2).allSatisfy { $0 == "0" } == true)
        }
    }

    struct Spoiled: Sendable, CustomTestStringConvertible {
        let check: String
        let verdict: ProbeVerdict
        let how: String
        let spoil: ProbeFakeShop.Spoiling

        init(_ check: String, _ verdict: ProbeVerdict, _ how: String, _ spoil: @escaping ProbeFakeShop.Spoiling) {
            (self.check, self.verdict, self.how, self.spoil) = (check, verdict, how, spoil)
        }

        /// Spoils the look at the terms.
        static func look(_ check: String, _ verdict: ProbeVerdict, _ how: String, _ spoil: @escaping @Sendable (inout ProbeFakeShop.Answer) -> Void)
            -> Self
        {
            Spoiled(check, verdict, how) { asked, answer in if asked.isLook { spoil(&answer) } }
        }

        /// Spoils what one target, or one method, is answered.
        static func at(_ check: String, _ verdict: ProbeVerdict, _ how: String, _ mark: String, _ status: Int, _ body: String = "") -> Self {
            Spoiled(check, verdict, how) { asked, answer in
                if asked.method == mark || asked.target.hasSuffix(mark) && mark.hasPrefix("/") {
                    answer.status = status
                    answer.body = body
                }
            }
        }

        var testDescription: String { "\(check): \(how)" }
    }

    static let spoiled: [Spoiled] = [
        .look("answer", .failure, "cut") { $0.isCut = true },
        .look("status", .failure, "free") { $0.status = 200 },
        .look("status", .failure, "elsewhere") {
            $0.status = 301; $0.set("Location", "/p/other")
        },
        .look("status", .failure, "broken") { $0.status = 500 },
        .look("payment-required", .failure, "missing") { $0.set(PaymentHeader.required, nil) },
        .look("base64", .failure, "raw JSON") { $0.set(PaymentHeader.required, "{}") },
        .look("json", .failure, "a list") { $0.set(PaymentHeader.required, Base64.encode(Array("[]".utf8))) },
        .look("x402-version", .failure, "1") { $0.offer { $0["x402Version"] = 1 } },
        .look("x402-version", .failure, "as text") { $0.offer { $0["x402Version"] = "2" } },
        .look("resource-url", .failure, "another") { $0.offer { $0["resource"] = ["url": "http://127.0.0.1:1/p/song"] } },
        .look("resource-url", .failure, "none") { $0.offer { $0["resource"] = nil } },
        .look("accepts", .failure, "empty") { $0.offer { $0["accepts"] = [] } },
        .look("accepts", .failure, "no scheme") { $0.way { $0["scheme"] = nil } },
        .look("network", .failure, "a name") { $0.way { $0["network"] = "base" } },
        .look("network", .warning, "an unknown chain") { $0.way { $0["network"] = "eip155:999" } },
        .look("amount", .failure, "a number") { $0.way { $0["amount"] = 10000 } },
        .look("amount", .failure, "decimals") { $0.way { $0["amount"] = "0.01" } },
        .look("amount", .failure, "nothing") { $0.way { $0["amount"] = "0" } },
        .look("pay-to", .failure, "short") { $0.way { $0["payTo"] = "0x12" } },
        .look("pay-to", .failure, "a wrong checksum") { $0.way { $0["payTo"] = "0x209693bc6afc0C5328bA36FaF03C514EF312287C" } },
        .look("pay-to", .failure, "zero") { $0.way { $0["payTo"] = .string("0x" + String(repeating: "0", count: 40)) } },
        .look("asset", .failure, "a name") { $0.way { $0["asset"] = "USDC" } },
        .look("asset", .warning, "another token") { $0.way { $0["asset"] = .string(BuyFixture.baseUSDC) } },
        .look("timeout", .failure, "text") { $0.way { $0["maxTimeoutSeconds"] = "300" } },
        .look("timeout", .warning, "a day") { $0.way { $0["maxTimeoutSeconds"] = 86400 } },
        .look("extra", .failure, "missing") { $0.way { $0["extra"] = [:] } },
        .look("extra", .failure, "another name") { $0.way { $0["extra"] = ["name": "USD Coin", "version": "2"] } },
        .look("bazaar", .warning, "missing") { $0.offer { $0["extensions"] = nil } },
        .look("bazaar", .warning, "without a method") { $0.offer { $0["extensions"] = ["bazaar": ["info": ["input": ["type": "http"]]]] } },
        .look("offer-size", .failure, "long") { $0.offer { $0["note"] = .string(String(repeating: "n", count: 5000)) } },
        .look("header-size", .failure, "long") { $0.set("X-Long", String(repeating: "n", count: 16_000)) },
        .look("v1-body", .warning, "none") { $0.body = "{}" },
        .look("v1-body", .failure, "CAIP-2") { $0.wayV1 { $0["network"] = "eip155:84532" } },
        .look("v1-body", .failure, "null description") { $0.wayV1 { $0["description"] = JSONValue.null } },
        .look("v1-body", .failure, "no type") { $0.wayV1 { $0["mimeType"] = nil } },
        .look("v1-body", .failure, "no name") { $0.wayV1 { $0["extra"] = ["version": "2"] } },
        .look("v1-body", .failure, "another address") { $0.wayV1 { $0["resource"] = "http://127.0.0.1:1/p/song" } },
        .look("content-type", .warning, "a page") { $0.set("Content-Type", "text/html; charset=utf-8") },
        .look("no-store", .warning, "kept") { $0.set("Cache-Control", "max-age=60") },
        .look("vary", .warning, "missing") { $0.set("Vary", nil) },
        .look("cors", .failure, "one header hidden") { $0.set("Access-Control-Expose-Headers", "PAYMENT-REQUIRED") },
        .look("cors", .failure, "closed") { $0.set("Access-Control-Allow-Origin", nil) },
        .at("head", .warning, "refused", "HEAD", 405),
        Spoiled("head", .warning, "without the offer") { asked, answer in if asked.method == "HEAD" { answer.set(PaymentHeader.required, nil) } },
        .at("preflight", .failure, "asked to pay", "OPTIONS", 402),
        .at("preflight", .warning, "200", "OPTIONS", 200),
        Spoiled("preflight", .failure, "no signature") { asked, answer in
            if asked.method == "OPTIONS" { answer.set("Access-Control-Allow-Headers", "X-PAYMENT") }
        },
        .at("well-known", .warning, "missing", "/.well-known/x402", 404),
        .at("well-known", .warning, "others only", "/.well-known/x402", 200, #"{"resources":["https://shop.example/"]}"#),
        .at("well-known", .failure, "a page", "/.well-known/x402", 200, "<html>"),
        .at("discovery", .warning, "missing", "/discovery/resources?limit=500&offset=0", 404),
        .at("discovery", .warning, "others only", "/discovery/resources?limit=500&offset=0", 200, #"{"items":[]}"#),
        .at("discovery", .failure, "no list", "/discovery/resources?limit=500&offset=0", 200, "{}"),
        paid("garbage-payment", 500) { $0 == "bm8gcGF5bWVudA==" }, paid("garbage-payment", 200) { $0 == "bm8gcGF5bWVudA==" },
        paid("oversized-payment", 502) { $0.utf8.count == 20_000 }, paid("deep-payment", 500) { (4000..<12_000).contains($0.utf8.count) },
        paid("wrong-network", 200) { (try? PaymentHeader.decode($0))?["accepted"]?["network"] == "eip155:999999999" },
        Spoiled("oversized-payment", .warning, "cut") { asked, answer in
            answer.isCut = asked.headers.first(name: PaymentHeader.signature)?.utf8.count == 20_000
        },
        Spoiled("two-payments", .failure, "500") { asked, answer in
            if asked.headers.contains(name: PaymentHeader.signatureV1) { answer.status = 500 }
        },
        goods("path-encoded-slash", "/p%2Fsong"), goods("path-parameter", "/p/song;x=1"), goods("path-double-slash", "/p//song"),
        goods("path-trailing-slash", "/p/song/"), .at("path-trailing-slash", .warning, "a page", "/p/song/", 200, "<html>"),
        .at("post", .failure, "500", "POST", 500), .at("post", .warning, "200", "POST", 200),
    ]

    private static func paid(_ check: String, _ status: Int, _ isIt: @escaping @Sendable (String) -> Bool) -> Spoiled {
        Spoiled(check, .failure, "\(status)") { asked, answer in
            if let payment = asked.headers.first(name: PaymentHeader.signature), isIt(payment) { answer.status = status }
        }
    }

    private static func goods(_ check: String, _ target: String) -> Spoiled {
        Spoiled(check, .failure, "gives the goods") { asked, answer in
            guard asked.target == target else { return }
            answer.status = 200
            answer.set("Content-Type", "audio/flac")
        }
    }

    @Test(arguments: spoiled) func `each check finds what it is for`(_ spoiled: Spoiled) async throws {
        let report = try await Self.probe(try await ProbeFakeShop(spoiled.spoil))
        let check = try #require(report.checks.first { $0.name == spoiled.check })
        #expect(check.verdict == spoiled.verdict, "\(check.why)")
        #expect(check.advice != nil && check.why.hasSuffix("."))
        #expect(report.isPassed == !report.checks.contains { $0.verdict == .failure })
    }

    @Test func `every check of the list is spoiled by some test`() async throws {
        let names = try await Self.probe(try await ProbeFakeShop()).checks.map(\.name)
        #expect(Set(names) == Set(Self.spoiled.map(\.check)))
    }

    @Test func `an offer that is for POST answers POST with 402`() async throws {
        let shop = try await ProbeFakeShop { asked, answer in
            if asked.isLook { answer.offer { $0["extensions"] = ["bazaar": ["info": ["input": ["type": "http", "method": "POST"]]]] } }
        }
        let check = try #require(try await Self.probe(shop).checks.first { $0.name == "post" })
        #expect(check.verdict == .failure && check.why.contains("405"))
    }

    @Test func `an offer of practice money need not be listed`() async throws {
        let shop = try await ProbeFakeShop { asked, answer in
            if asked.isLook { answer.way { $0["extra"] = ["name": "USDC", "version": "2", "sandbox": true] } }
            if asked.target == "/.well-known/x402" { answer.body = #"{"resources":[]}"# }
        }
        #expect(try await Self.probe(shop).checks.first { $0.name == "well-known" }?.verdict == .skipped)
    }

    @Test func `a slow shop gets a report in time`() async throws {
        let rounds = Mutex(0)
        let report = try await Self.probe(try await ProbeFakeShop()) {
            rounds.withLock { rounds in
                rounds += 1
                return .seconds(rounds * 20)
            }
        }
        #expect(report.checks.contains { $0.name == "post" && $0.verdict == .skipped })
        #expect(report.count(.failure) == 0)
    }

    @Test func `what a shop says does not reach the terminal as it is`() async throws {
        let shop = try await ProbeFakeShop { asked, answer in
            if asked.isLook { answer.way { $0["network"] = "\u{1B}[31mred\u{202E}" } }
        }
        let report = try await Self.probe(shop)
        #expect(report.text.contains("red") && !report.text.contains("\u{1B}") && !report.text.contains("\u{202E}"))
    }

    @Test func `the report is a table, advice and one line, or JSON`() async throws {
        let report = try await Self.probe(try await ProbeFakeShop { asked, answer in if asked.isLook { answer.set("Vary", nil) } })
        let lines = report.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        #expect(lines.first?.hasPrefix("CHECK ") == true && lines.first?.contains("VERDICT  WHY") == true)
        #expect(lines.contains { $0.hasPrefix("vary ") && $0.contains(" warning ") })
        #expect(lines.contains { $0.hasPrefix("vary   Where people see") })
        #expect(lines.last == report.summary && report.summary.contains("1 warning, 0 failures"))
        #expect(report.json["passed"] == true && report.json["checks"]?.array?.count == report.checks.count)
        #expect(report.json["checks"]?.array?.first { $0["name"] == "vary" }?["verdict"] == "warning")
    }

    @Test func `an address that is none is wrong usage, and help has an example`() throws {
        for url in ["ftp://shop.example/", "shop", "http://a@b/"] {
            #expect(throws: (any Error).self) { try ProbeCommand.parse([url]) }
        }
        #expect(ProbeCommand.helpMessage().contains("pushcart probe https://shop.example/p/song --json"))
        #expect(BuyURL("http://127.0.0.1:1/")?.isLoopback == true && BuyURL("http://127.0.0.1.example/")?.isLoopback == false)
        #expect(BuyURL("https://shop.example/p/song")?.at("/p%2Fsong")?.description == "https://shop.example/p%2Fsong")
        #expect(BuyURL("https://shop.example/")?.at("p") == nil)
    }
}
