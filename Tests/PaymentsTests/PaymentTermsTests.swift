import Domain
import JSON
import Payments
import Storage
import Testing
import X402

@Suite struct PaymentTermsTests {
    static let chains: [UInt64] = [8453, 84_532, 137, 42_161, 43_114, 43_113, 10, 1]

    static func options(_ count: Int = 8) -> [PaymentOption] {
        chains.prefix(count).map { PayDesk.option(chain: $0, v1Name: NetworkNamesV1.name(caip2: "eip155:\($0)")) }
    }

    /// The longest words that a product may have, each of its characters the same.
    static func longest(_ character: Character) -> (inout ProductDraft) -> Void {
        { draft in
            let scalars = character.unicodeScalars.count
            draft.title = String(repeating: character, count: 120 / scalars)
            draft.summary = String(repeating: character, count: 300 / scalars)
            draft.tags = (1...5).map { "\($0)" + String(repeating: "t", count: 31) }
        }
    }

    // MARK: The header

    @Test func `the header of a 402 says what is sold, for how much and to whom`() async throws {
        let desk = try PayDesk(shopName: "Ana's Söngs")
        let product = try await desk.product { $0.tags = ["music"] }
        let required = try desk.required(product, error: "No \"payment\" yet")
        #expect(required.error == "No \"payment\" yet")
        #expect(
            required.resource == [
                "url": "https://shop.example/p/hello", "description": "Words.", "mimeType": "audio/flac", "serviceName": "Ana's Sngs",
                "tags": ["music"],
            ])
        let terms = try #require(required.accepts.first)
        #expect(required.accepts.count == 1)
        #expect(terms.scheme == "exact")
        #expect(terms.network == "eip155:8453")
        #expect(terms.amount == "10000")
        #expect(terms.asset == PayDesk.address(0xA5))
        #expect(terms.payTo == PayDesk.address(0x50))
        #expect(terms.maxTimeoutSeconds == 300)
        #expect(terms.extra["name"] == "USD Coin")
        #expect(terms.extra["version"] == "2")
        #expect(terms.extra["paymentFlow"] == "upfront")
        #expect(terms.extra["sandbox"] == nil)
        #expect(terms.extra["offer"]?.string?.utf8.count == 82)
        let bazaar = try #require(required.extensions?["bazaar"])
        #expect(bazaar["info"]?["input"] == ["type": "http", "method": "GET"])
        #expect(bazaar["info"]?["output"]?["type"] == "audio/flac")
        #expect(bazaar["schema"]?["$schema"] == "https://json-schema.org/draft/2020-12/schema")
    }

    @Test func `practice money says so, and a product without a summary is described by its title`() async throws {
        let desk = try PayDesk(options: [PayDesk.option(chain: 84_532, sandbox: true)], shopName: "日本")
        let product = try await desk.product { $0.summary = "" }
        let required = try desk.required(product)
        #expect(required.accepts.first?.extra["sandbox"] == true)
        #expect(required.resource?["description"] == "Title")
        #expect(required.resource?["serviceName"] == nil)
        #expect(required.resource?["tags"] == nil)
    }

    @Test func `every call has other seals, and everything else stays the same`() async throws {
        let desk = try PayDesk(options: Self.options())
        let product = try await desk.product()
        var seals: Set<String> = []
        var rests: Set<[PaymentRequirements]> = []
        for _ in 0..<20 {
            let accepts = try desk.required(product).accepts
            #expect(accepts.count == 8)
            for terms in accepts { seals.insert(try #require(terms.extra["offer"]?.string)) }
            rests.insert(try accepts.map { try $0.unsealed() })
        }
        #expect(seals.count == 160)
        #expect(rests.count == 1)
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["a", "é", "日", "🎵", "👨‍👩‍👧‍👦", "e\u{301}\u{302}\u{303}", "\"", "\\"] as [Character])
    func `the header stays under 6 KB with the longest product and eight networks`(_ character: Character) async throws {
        let desk = try PayDesk(options: Self.options(), shopName: String(repeating: "n", count: 200))
        let slug = String(repeating: "s", count: 80)
        let product = try await desk.product(slug, price: "9999999.999999", change: Self.longest(character))
        let terms = try #require(desk.offers.terms(product))
        for error in ["payment_required", String(repeating: "e", count: 120)] {
            let header = desk.offers.header(terms, error: error)
            #expect(header.utf8.count < 6 * 1024)
            let required = try PaymentRequired(PaymentHeader.decode(header))
            #expect(required.accepts.count == terms.quotes.count)
            #expect(required.accepts.count == 8)
            for offered in required.accepts { #expect(offered.extra["offer"]?.string?.utf8.count == 82) }
            #expect(required.error == error)
        }
        // What was left out of the header is still payable, and what is in it is sealed for its own terms.
        let last = try #require(try desk.required(product).accepts.last)
        #expect(try await desk.gate().admit(PayDesk.pay(last), for: product).payment?.sealHash != nil)
    }

    @Test(.timeLimit(.minutes(1))) func `of more ways to pay than fit the first are offered`() async throws {
        let desk = try PayDesk(options: Self.options(), origin: "https://" + String(repeating: "o", count: 1_200))
        let product = try await desk.product()
        let terms = try #require(desk.offers.terms(product))
        let header = desk.offers.header(terms, error: "payment_required")
        #expect(header.utf8.count < 6 * 1024)
        let accepts = try PaymentRequired(PaymentHeader.decode(header)).accepts
        #expect((1..<8).contains(accepts.count))
        #expect(accepts.map(\.network) == Self.chains.prefix(accepts.count).map { "eip155:\($0)" })
        for (index, offered) in accepts.enumerated() {
            let admission = try await desk.gate().admit(PayDesk.pay(offered, payer: Int64(index + 1), nonce: Int64(index + 1)), for: product)
            #expect(admission.told == "admitted")
            #expect(admission.payment?.sealHash != nil)
        }
    }

    @Test(.timeLimit(.minutes(1))) func `an address too long for any header is still offered one way to pay`() async throws {
        let desk = try PayDesk(options: Self.options(2), origin: "https://" + String(repeating: "o", count: 6_000))
        let product = try await desk.product()
        #expect(desk.offers.terms(product)?.quotes.count == 1)
    }

    @Test(.timeLimit(.minutes(1))) func `a summary of one endless character is shortened, not looped over`() async throws {
        let desk = try PayDesk(options: Self.options())
        let product = try await desk.product { $0.summary = "e" + String(repeating: "\u{1D165}", count: 299) }
        #expect(product.summary.count <= 2)
        let terms = try #require(desk.offers.terms(product))
        #expect(desk.offers.header(terms, error: "x").utf8.count < 6 * 1024)
    }

    @Test(arguments: [
        #"What \u0001 means"#, #"\u0001"#, #""\u0001""#, #"","offer":"\u0001"#, "\\", #"\""#, #"{"a":"#, "</script>", "\u{2028}",
    ])
    func `a product's words never change the shape of its terms`(_ words: String) async throws {
        let desk = try PayDesk(options: Self.options(2), shopName: words)
        let product = try await desk.product {
            $0.title = words
            $0.summary = words
        }
        let required = try desk.required(product, error: words)
        #expect(required.resource?["description"] == .string(words))
        #expect(required.error == words)
        #expect(required.accepts.count == 2)
        for terms in required.accepts { #expect(terms.extra["offer"]?.string?.utf8.count == 82) }
        let body = try #require(try Self.body(desk, product, error: words, message: words))
        #expect(body["error"] == .string(words))
        #expect(body["message"] == .string(words))
        #expect(body["accepts"]?.array?.first?["description"] == .string(words))
    }

    // MARK: The body

    static func body(_ desk: PayDesk, _ product: Product, error: String = "payment_required", message: String? = nil) throws -> JSONObject? {
        let terms = try #require(desk.offers.terms(product))
        return try JSONValue(parsing: terms.body(error: error, message: message)).object
    }

    @Test func `version 1's body has one entry without a null where its client wants none`() async throws {
        let desk = try PayDesk(options: [PayDesk.option(chain: 137, v1Name: nil)] + Self.options())
        let product = try await desk.product { $0.summary = "" }
        let body = try #require(try Self.body(desk, product, error: "X-PAYMENT header is required"))
        #expect(body.keys == ["x402Version", "error", "accepts"])
        #expect(body["x402Version"] == 1)
        #expect(body["error"] == "X-PAYMENT header is required")
        let accepts = try #require(body["accepts"]?.array)
        #expect(accepts.count == 1)
        let entry = try #require(accepts.first?.object)
        #expect(entry["network"] == "base")
        #expect(entry["scheme"] == "exact")
        #expect(entry["maxAmountRequired"] == "10000")
        #expect(entry["resource"] == "https://shop.example/p/hello")
        #expect(entry["description"] == "Title")
        #expect(entry["mimeType"] == "audio/flac")
        #expect(entry["payTo"] == .string(PayDesk.address(0x50)))
        #expect(entry["asset"] == .string(PayDesk.address(0xA5)))
        #expect(entry["maxTimeoutSeconds"] == 300)
        #expect(entry["extra"]?["name"] == "USD Coin")
        #expect(entry["extra"]?["version"] == "2")
        #expect(entry["extra"]?["offer"] == nil)
        for member in entry.members { #expect(!member.value.isNull) }
        #expect(try PaymentRequiredV1(body).accepts.first?.network == "base")
    }

    @Test func `without a network that version 1 knows the body offers nothing`() async throws {
        let desk = try PayDesk(options: [PayDesk.option(chain: 137, v1Name: nil), PayDesk.option(chain: 1, v1Name: nil)])
        let product = try await desk.product()
        let body = try #require(try Self.body(desk, product, error: "payment_required", message: "Pay first."))
        #expect(body == ["error": "payment_required", "message": "Pay first."])
    }

    // MARK: Offers

    @Test func `terms follow the product, and are kept while it stays the same`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        #expect(try desk.offer(product).amount == "10000")
        let edited = try await desk.edit(product) { $0.price = try Money("0.02", .usd) }
        #expect(try desk.offer(edited).amount == "20000")
        #expect(desk.offers.terms(edited)?.product == edited)
        #expect(desk.offers.terms(edited)?.requirements.map(\.amount) == ["20000"])
        #expect(desk.offers.terms(edited)?.requirements.first?.extra["offer"] == nil)
        #expect(desk.offers.url(edited) == "https://shop.example/p/hello")
    }

    @Test func `a way to pay that does not work now is not offered, and comes back`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        desk.facilitator.set { $0.shortfall = "The chain does not answer." }
        #expect(desk.offers.terms(product) == nil)
        #expect(desk.offers.shortfall(product) == "The chain does not answer.")
        #expect(desk.offers.payable.isEmpty)
        #expect(desk.offers.options.map(\.shortfall) == ["The chain does not answer."])
        desk.facilitator.set { $0.shortfall = nil }
        #expect(desk.offers.terms(product)?.quotes.count == 1)
        #expect(desk.offers.payable == [PayDesk.option()])
        #expect(desk.offers.options.map(\.shortfall) == [nil])
    }

    @Test func `a price is offered only in assets of its currency that can say it exactly`() async throws {
        let euro = try #require(Currency("EUR"))
        let options = [
            PayDesk.option(decimals: 2), PayDesk.option(chain: 1, decimals: 3), PayDesk.option(chain: 10, currency: euro),
            PayDesk.option(chain: 137, decimals: 18),
        ]
        let desk = try PayDesk(options: options)
        let product = try await desk.product(price: "0.001")
        #expect(try desk.required(product).accepts.map(\.network) == ["eip155:1", "eip155:137"])
        let fine = try await desk.product("fine", price: "0.0001")
        #expect(try desk.required(fine).accepts.map(\.amount) == ["100000000000000"])
    }

    @Test func `a price that nothing can say, and a price of nothing, have no terms`() async throws {
        let desk = try PayDesk(options: [PayDesk.option(decimals: 2)])
        let product = try await desk.product(price: "0.001")
        #expect(desk.offers.terms(product) == nil)
        #expect(desk.offers.shortfall(product) == "Nothing that this shop is paid in takes a price of 0.001 USD.")
        let free = try await desk.product("free", price: "0")
        #expect(desk.offers.terms(free) == nil)
    }
}
