import Foundation
import Testing

@Suite("Bad input is answered with a reason, never with the goods")
struct BadInputTests {
    /// A payment spoilt after signing, and what the shop must say.
    private struct Spoilt {
        let name: String
        let header: (String, String)
        var status = 400
        var reason: String? = "invalid_payload"
    }

    private func expect(_ answer: Answer, _ name: String, _ statuses: Set<Int>, _ reason: String?) {
        #expect(statuses.contains(answer.status), "\(name): \(answer.status) \(answer.text.prefix(200))")
        #expect(answer.body.range(of: Shop.song.prefix(64)) == nil, "\(name): the goods")
        #expect(!answer.text.contains("*paid*"), "\(name): the goods")
        if let reason { #expect(answer.reason == reason, "\(name): \(answer.outcome) \(answer.text.prefix(200))") }
        if answer.status == 405 { #expect(answer["Allow"] == "GET, HEAD, OPTIONS", "\(name)") }
        if answer.status == 402 && !answer.body.isEmpty { #expect(answer["PAYMENT-REQUIRED"] != nil, "\(name)") }
    }

    /// A sandbox shop with one good payment that no case may spend; at the end it is taken.
    private func withPayment(_ body: (Shop, Signed) async throws -> Void) async throws {
        try await Scenario.run { scenario in
            let shop = try await Shop.open(scenario)
            let wallet = try await Desk.wallet()
            let signed = try await shop.sign(wallet)
            try await body(shop, signed)
            #expect(try await shop.orders.isEmpty, "a bad payment was taken")
            expectGoods(try await shop.pay(signed))
        }
    }

    @Test("Headers that are no payments")
    func noPayments() async throws {
        try await withPayment { shop, signed in
            let name = "PAYMENT-SIGNATURE"
            let deep = String(repeating: "[", count: 200) + String(repeating: "]", count: 200)
            let text = String(decoding: signed.payload.encoded, as: UTF8.self)
            func encoded(_ text: String) -> (String, String) { (name, Data(text.utf8).base64EncodedString()) }
            var cases = [
                Spoilt(name: "empty", header: (name, "")),
                Spoilt(name: "no base64", header: (name, "this is *not* base64")),
                Spoilt(name: "base64url", header: (name, "eyJ4NDAy_-")),
                Spoilt(name: "cut base64", header: (name, String(signed.value.dropLast(3)))),
                Spoilt(name: "blank in base64", header: (name, signed.value.prefix(40) + " " + signed.value.dropFirst(40))),
                Spoilt(name: "quoted", header: (name, "\"\(signed.value)\"")),
                Spoilt(name: "no JSON", header: encoded("hello")),
                Spoilt(name: "cut JSON", header: encoded(String(text.dropLast()))),
                Spoilt(name: "more after JSON", header: encoded(text + "{}")),
                Spoilt(name: "no object", header: encoded("[\(text)]")),
                Spoilt(name: "null", header: encoded("null")),
                Spoilt(name: "no UTF-8", header: (name, Data([0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D]).base64EncodedString())),
                Spoilt(name: "deep", header: encoded("{\"x402Version\":2,\"x\":\(deep)}")),
                Spoilt(name: "a key twice", header: encoded("{\"x402Version\":2," + text.dropFirst())),
                Spoilt(
                    name: "many nodes", header: encoded("{\"x402Version\":2,\"x\":[\(Array(repeating: "1", count: 4000).joined(separator: ","))]}")),
                Spoilt(name: "lone surrogate", header: encoded("{\"x402Version\":2,\"x\":\"\\ud800\"}")),
                Spoilt(name: "too long", header: (name, String(repeating: "A", count: 17_000)), status: 431, reason: nil),
            ]
            for version: JSON in [1, 3, 0, -2, 2.5, "2", nil] {
                cases.append(
                    Spoilt(
                        name: "version \(version)", header: (name, signed.payload.with("x402Version", version).header), reason: "invalid_x402_version"
                    ))
            }
            for field in [
                "payload", "accepted", "payload.authorization", "payload.signature", "payload.authorization.from", "payload.authorization.nonce",
            ] {
                cases.append(Spoilt(name: "no \(field)", header: (name, signed.payload.with(field, nil).header)))
                cases.append(Spoilt(name: "\(field) null", header: (name, signed.payload.with(field, .null).header)))
                cases.append(Spoilt(name: "\(field) a list", header: (name, signed.payload.with(field, []).header)))
            }
            for spoilt in cases {
                expect(try await shop.get("/p/song", [spoilt.header]), spoilt.name, [spoilt.status], spoilt.reason)
            }
            expect(try await shop.get("/p/song", [("X-PAYMENT", signed.value)]), "version 2 in X-PAYMENT", [400], "invalid_x402_version")
            let v1: JSON = ["x402Version": 1, "scheme": "exact", "network": "base-sepolia", "payload": signed.payload["payload"]]
            expect(try await shop.get("/p/song", [(name, v1.header)]), "version 1 in PAYMENT-SIGNATURE", [400], "invalid_x402_version")
            expect(try await shop.get("/p/song", [signed.header, ("X-PAYMENT", v1.header)]), "both headers", [400], nil)
            expect(try await shop.get("/p/song", [signed.header, signed.header]), "the header twice", [400], nil)
            expect(try await shop.get("/p/song", [(name, signed.value + ", " + signed.value)]), "two in one header", [400], "invalid_payload")
            let large = (0..<5).map { ("X-\($0)", String(repeating: "a", count: 15_000)) }
            expect(try await shop.get("/p/song", large + [signed.header]), "headers over 64 KB", [400, 431], nil)
            expect(try await shop.get("/p/song", (0..<400).map { ("X-\($0)", "a") } + [signed.header]), "400 headers", [400, 431], nil)
            expect(
                try await shop.get("/p/song?" + String(repeating: "q", count: 70_000), [signed.header]), "an address of 70 KB", [400, 414, 431], nil)
        }
    }

    @Test("Numbers that are not plain decimal digits within 256 bits, and other fields that are not what they should be")
    func oddFields() async throws {
        try await withPayment { shop, signed in
            let beyond = "115792089237316195423570985008687907853269984665640564039457584007913129639936"
            let odd: [JSON] = [
                "+10000", "-10000", " 10000", "10000 ", "1e4", "1E4", "10000.0", "0x2710", "010000", "00", "", "１００００", "١٠٠٠٠", "१००००", "10_000",
                "10,000", "ten", "1\u{0}0", "NaN", "Infinity", .text(beyond), .text(beyond + "000"), 10_000, 10_000.5, true, nil, ["10000"],
            ]
            for field in ["value", "validAfter", "validBefore"] {
                for number in odd {
                    let payload = signed.payload.with("payload.authorization.\(field)", number)
                    expect(try await shop.get("/p/song", [("PAYMENT-SIGNATURE", payload.header)]), "\(field) \(number)", [400], "invalid_payload")
                }
            }
            for number in odd {
                let payload = signed.payload.with("accepted.amount", number)
                expect(try await shop.get("/p/song", [("PAYMENT-SIGNATURE", payload.header)]), "accepted.amount \(number)", [400, 402], nil)
            }
            let hex = String(repeating: "ab", count: 32)
            let fields: [(String, JSON)] = [
                ("nonce", .text("0x" + hex.dropLast(2))), ("nonce", .text("0x" + hex + "00")), ("nonce", .text(hex)),
                ("nonce", .text("0x" + hex.dropLast() + "g")),
                ("nonce", .text("0x" + hex.dropLast() + "１")), ("nonce", .text("0X" + hex)), ("from", "0x1234"), ("from", "vitalik.eth"),
                ("from", .text(String((signed.authorization["from"].text ?? "").dropFirst(2)))), ("to", ""), ("to", .text("0x" + hex)),
            ]
            for (field, value) in fields {
                let payload = signed.payload.with("payload.authorization.\(field)", value)
                expect(try await shop.get("/p/song", [("PAYMENT-SIGNATURE", payload.header)]), "\(field) \(value)", [400], "invalid_payload")
            }
            let signatures: [JSON] = ["", "0x", "0x0", "0xzz", "1b", .text("0x" + String(repeating: "00", count: 4097))]
            for value in signatures {
                let payload = signed.payload.with("payload.signature", value)
                expect(
                    try await shop.get("/p/song", [("PAYMENT-SIGNATURE", payload.header)]), "signature \(value.text?.prefix(8) ?? "")", [400],
                    "invalid_payload")
            }
            for length in [1, 63, 64, 65, 66, 4000] {
                let payload = signed.payload.with("payload.signature", .text("0x" + String(repeating: "00", count: length)))
                expect(
                    try await shop.get("/p/song", [("PAYMENT-SIGNATURE", payload.header)]), "\(length) bytes of nothing as signature", [402],
                    "invalid_exact_evm_payload_signature")
            }
        }
    }

    @Test("Payments that are signed, but not for this")
    func notForThis() async throws {
        try await withPayment { shop, signed in
            let url = shop.url("song")
            let key = try await Desk.wallet().key
            let other = try await Desk.wallet().address
            let reasons = (
                network: "invalid_network", asset: "invalid_payment_requirements", scheme: "unsupported_scheme",
                to: "invalid_exact_evm_payload_recipient_mismatch", value: "invalid_exact_evm_payload_authorization_value_mismatch",
                after: "invalid_exact_evm_payload_authorization_valid_after", before: "invalid_exact_evm_payload_authorization_valid_before",
                signature: "invalid_exact_evm_payload_signature"
            )
            let options: [([String], String)] = [
                (["--to", other], reasons.to), (["--value", "9999"], reasons.value), (["--value", "10001"], reasons.value),
                (["--value", "0"], reasons.value),
                (["--value", "340282366920938463463374607431768221455"], reasons.value),
                (["--value", "340282366920938463463374607431768221456"], reasons.value),
                (["--value", "115792089237316195423570985008687907853269984665640564039457584007913129639935"], reasons.value),
                (["--value", "9999", "--set", "accepted.amount=\"9999\""], reasons.value),
                (["--valid-before=-10"], reasons.before), (["--valid-before=+2"], reasons.before), (["--valid-before=+700000"], reasons.before),
                (["--valid-before", "18446744073709551616"], reasons.before), (["--valid-before", "0"], reasons.before),
                (["--valid-after=+600", "--valid-before=+900"], reasons.after), (["--valid-after", "18446744073709551616"], reasons.after),
                (["--from", other], reasons.signature), (["--chain-id", "8453"], reasons.signature), (["--name", "USD Coin"], reasons.signature),
                (["--version", "1"], reasons.signature), (["--asset", other], reasons.signature), (["--high-s"], reasons.signature),
                (["--pad", "1"], reasons.signature),
                (["--set", "payload.authorization.value=\"10001\"", "--set", "accepted.amount=\"10001\""], reasons.value),
                (["--set", "accepted.payTo=\"\(other)\""], reasons.to), (["--set", "accepted.asset=\"\(other)\""], reasons.asset),
                (["--set", "accepted.asset=\"\""], reasons.asset), (["--set", "accepted.scheme=\"upto\""], reasons.scheme),
                (["--set", "accepted.scheme=\"\""], reasons.scheme), (["--set", "accepted.scheme=\"Exact\""], reasons.scheme),
                (["--set", "accepted.network=\"eip155:1\""], reasons.network), (["--set", "accepted.network=\"base-sepolia\""], reasons.network),
                (["--set", "accepted.network=\"eip155:084532\""], reasons.network),
                (["--set", "accepted.network=\"eip155:99999999999999999999\""], reasons.network),
                (["--set", "accepted.network=\"solana:84532\""], reasons.network),
                (["--protocol", "1", "--to", other], reasons.to), (["--protocol", "1", "--value", "1"], reasons.value),
                (["--protocol", "1", "--valid-before=-10"], reasons.before), (["--protocol", "1", "--set", "network=\"base\""], reasons.network),
                (["--protocol", "1", "--set", "network=\"eip155:84532\""], reasons.network),
                (["--protocol", "1", "--set", "scheme=\"upto\""], reasons.scheme),
                (["--protocol", "1", "--from", other], reasons.signature),
            ]
            for (options, reason) in options {
                let answer = try await shop.pay(try await Desk.sign(url, key, options))
                expect(answer, options.joined(separator: " "), [402], reason)
                #expect(answer.outcome["success"] == false, "\(options)")
                #expect(answer.json["message"].text?.isEmpty == false, "\(options): no sentence")
            }
            // Made for another product of the same price: the seal is not this product's, which alone refuses nothing; it is one payment.
            let hello = try await Desk.sign(shop.url("hello"), key)
            expect(try await shop.get("/p/nothing", [hello.header]), "no such product", [404], nil)
            _ = signed
        }
    }

    @Test("Addresses that are not exactly the product's lead nowhere, whatever is paid")
    func oddAddresses() async throws {
        try await withPayment { shop, signed in
            let targets = [
                "/p/%73ong", "/p/son%67", "/p/song%2f", "/p/song%2F", "/p%2fsong", "/%70/song", "/p/song;x=1", "/p;x/song", "//p/song", "/p//song",
                "/p/song//",
                "/p/./song", "/./p/song", "/p/../p/song", "/p/x/../song", "/p/song/", "/p/song/.", "/p/song/..", "/p/SONG", "/p/Song", "/P/song",
                "/p/song%00",
                "/p/song%20", "/p/song.", "/p/song.bin", "/p/", "/p", "/p/*", "/p/%", "/p/%zz", "/p/so\u{301}ng", "/p/-song", "/p/song\\",
                "/p/" + String(repeating: "a", count: 300),
                "/r/", "/r/x", "/r/../p/song", "/sandbox/p/song/..",
            ]
            for target in targets {
                for headers in [[], [signed.header]] {
                    let answer = try await shop.get(target, headers)
                    expect(answer, target, [400, 404], nil)
                    #expect(answer["PAYMENT-REQUIRED"] == nil, "\(target) offers something")
                }
            }
            #expect(try await shop.get("/p/song?x=1&slug=hello").status == 402)
            let absolute = try await shop.get("http://elsewhere.example/p/song")
            #expect([400, 402, 404].contains(absolute.status))
            let header = JSON(
                header: try await shop.get("/p/song", [("X-Forwarded-Host", "evil.example"), ("Forwarded", "host=evil.example")])["PAYMENT-REQUIRED"])
            #expect(header["resource"]["url"].text == shop.url("song"), "the offer believes a header")
        }
    }

    @Test("Other methods sell nothing: 405 says which do, HEAD shows the terms, OPTIONS lets pages of other origins pay")
    func otherMethods() async throws {
        try await withPayment { shop, signed in
            for method in ["POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "FOO", "get", "PROPFIND"] {
                for headers in [[], [signed.header]] {
                    let answer = try await Web.request(shop.port, method, "/p/song", headers, body: method == "POST" ? Data("{}".utf8) : nil)
                    expect(answer, method, ["FOO", "get", "PROPFIND"].contains(method) ? [400, 404, 405] : [405], nil)
                }
            }
            for headers in [[], [signed.header]] {
                let head = try await Web.request(shop.port, "HEAD", "/p/song", headers)
                #expect(head.status == 402 && head["PAYMENT-REQUIRED"] != nil && head["Cache-Control"] == "no-store")
                let options = try await Web.request(
                    shop.port, "OPTIONS", "/p/song", headers + [("Origin", "https://page.example"), ("Access-Control-Request-Method", "GET")])
                #expect(options.status == 204 && options["PAYMENT-REQUIRED"] == nil)
                let allowed = Set((options["Access-Control-Allow-Headers"] ?? "").components(separatedBy: ", "))
                #expect(
                    allowed.isSuperset(of: ["PAYMENT-SIGNATURE", "X-PAYMENT", "Access-Control-Expose-Headers", "Content-Type", "Idempotency-Key"]))
            }
            let exposed = try await shop.get("/p/song", [("Origin", "https://page.example")])
            #expect(exposed["Access-Control-Allow-Origin"] == "*")
            for name in ["PAYMENT-REQUIRED", "PAYMENT-RESPONSE", "X-PAYMENT-RESPONSE"] {
                #expect(exposed["Access-Control-Expose-Headers"]?.contains(name) == true)
            }
        }
    }

    @Test("Requests that are no HTTP are refused or dropped, and the shop goes on")
    func noHTTP() async throws {
        try await withPayment { shop, _ in
            let requests = [
                "hello\r\n\r\n", "GET\r\n\r\n", "GET /p/song\r\n\r\n", "GET /p/song HTTP/9.9\r\n\r\n", "GET /p/song HTTP/1.1\r\nA B: c\r\n\r\n",
                "GET /p/song HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", "GET /p/song HTTP/1.1\r\nHost: a\r\nContent-Length: 1e9\r\n\r\n",
                "GET /p/song HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "GET /p/\u{1}song HTTP/1.1\r\nHost: a\r\n\r\n",
                "POST /p/song HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n",
                "GET * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "GET  HTTP/1.1\r\n\r\n", "\u{16}\u{3}\u{1}\r\n\r\n",
            ]
            for request in requests {
                // Dropping the connection is an answer too.
                guard let answer = try? await Web.raw(shop.port, Data(request.utf8), timeout: .seconds(3)) else { continue }
                expect(answer, request.debugDescription, [400, 402, 404, 405, 413, 431, 505], nil)
            }
            let health = try await shop.get("/healthz")
            #expect(health.status == 200)
        }
    }
}
