import Domain
import EVM
import JSON
import Testing
import X402

@testable import pushcart

struct BuyJudgeTests {
    private let judge: BuyJudge

    init() throws { judge = try BuyJudge(asked: BuyFixture.asked, maximum: Money("1.00", .usd)) }

    private func refusal(_ offer: JSONObject) throws -> String {
        let offer = try BuyFixture.read(offer)
        return try #require(throws: CommandFailure.self) { try judge.choose(offer) }.sentence
    }

    @Test("An honest offer is accepted with what is known of the chain")
    func honest() throws {
        let terms = try judge.choose(try BuyFixture.read(BuyFixture.offer([BuyFixture.way()])))
        #expect(terms.price == "0.01 USDC (practice money) on Base Sepolia")
        #expect(terms.payTo.checksummed == BuyFixture.payTo)
        #expect(terms.window == 300)
        #expect(terms.version == 2)
    }

    @Test("Whatever is not as it must be is refused, and said")
    func refused() throws {
        let table: [(way: JSONObject, sign: String)] = [
            (BuyFixture.way(["scheme": "upto"]), "scheme “upto”"), (BuyFixture.way(["network": "eip155:11155111"]), "not known here"),
            (BuyFixture.way(["network": "eip155:084532"]), "not known here"), (BuyFixture.way(["network": "solana:84532"]), "not known here"),
            (BuyFixture.way(["asset": .string(BuyFixture.payTo)]), "not USDC on Base Sepolia"),
            (BuyFixture.way(["asset": .string(BuyFixture.baseUSDC)]), "not USDC on Base Sepolia"),
            (BuyFixture.way(extra: ["name": "USD Coin"]), "the name of the token"),
            (BuyFixture.way(extra: ["version": "1"]), "the version of the token"),
            (BuyFixture.way(extra: ["version": 2]), "the version of the token"),
            (BuyFixture.way(extra: ["decimals": 18]), "the decimals of the token"),
            (BuyFixture.way(extra: ["decimals": "6"]), "the decimals of the token"),
            (BuyFixture.way(extra: ["symbol": "CENT"]), "the symbol of the token"),
            (BuyFixture.way(["amount": "1000001"]), "more than --max-price 1.00"), (BuyFixture.way(["amount": "01"]), "no whole number"),
            (BuyFixture.way(["amount": "-1"]), "no whole number"), (BuyFixture.way(["amount": "1e4"]), "no whole number"),
            (BuyFixture.way(["amount": "0.01"]), "no whole number"), (BuyFixture.way(["amount": "١٠"]), "no whole number"),
            (BuyFixture.way(["amount": .string("1" + String(repeating: "0", count: 90))]), "no whole number"),
            (BuyFixture.way(extra: ["paymentFlow": "escrow"]), "payment flow"),
            (BuyFixture.way(extra: ["assetTransferMethod": "permit2"]), "transfer method"),
            (BuyFixture.way(["maxTimeoutSeconds": 0]), "maxTimeoutSeconds"), (BuyFixture.way(["maxTimeoutSeconds": -5]), "maxTimeoutSeconds"),
            (BuyFixture.way(["maxTimeoutSeconds": "300"]), "maxTimeoutSeconds"),
            (BuyFixture.way(["payTo": "0x0000000000000000000000000000000000000000"]), "zero address"),
            (BuyFixture.way(["payTo": "shop.eth"]), "no address"),
            (
                BuyFixture.way(["network": "eip155:8453", "asset": .string(BuyFixture.baseUSDC)], extra: ["name": "USD Coin"]),
                "Base is a network of real money"
            ),
        ]
        for row in table {
            let sentence = try refusal(BuyFixture.offer([row.way]))
            #expect(sentence.contains(row.sign), "\(sentence)")
            #expect(sentence.hasPrefix("Nothing was paid"))
        }
    }

    @Test(
        "An offer for another address is refused, however alike it looks",
        arguments: [
            "http://127.0.0.1.evil.example:8402/p/hello", "http://127.0.0.1:8402/p/other", "https://127.0.0.1:8402/p/hello",
            "http://127.0.0.1:8402@evil.example/p/hello", "http://127.0.0.1:8402/p/hello?x=1", "/p/hello", "http://127.0.0.1:8402/p/hell\u{043E}", "",
        ])
    func otherAddress(_ url: String) throws {
        let sentence = try refusal(BuyFixture.offer([BuyFixture.way()], url: url))
        #expect(sentence.contains("is for") || sentence.contains("does not say"), "\(sentence)")
    }

    @Test("An offer without a resource is refused")
    func noResource() throws {
        var offer = BuyFixture.offer([BuyFixture.way()])
        offer["resource"] = nil
        #expect(try refusal(offer).contains("does not say which address it is for"))
    }

    @Test("The same address in another spelling is the same")
    func spelling() throws {
        _ = try judge.choose(try BuyFixture.read(BuyFixture.offer([BuyFixture.way()], url: "HTTP://127.0.0.1:8402/x/../p/%68ello")))
    }

    @Test("The price may reach the limit")
    func limit() throws {
        #expect(try judge.choose(try BuyFixture.read(BuyFixture.offer([BuyFixture.way(["amount": "1000000"])]))).amount.units == 1_000_000)
    }

    @Test("A longer window is cut to an hour")
    func window() throws {
        #expect(try judge.choose(try BuyFixture.read(BuyFixture.offer([BuyFixture.way(["maxTimeoutSeconds": 604_800])]))).window == 3600)
    }

    @Test("The first acceptable way is taken, in whatever letters its token is written")
    func first() throws {
        let ways = [
            BuyFixture.way(["scheme": "upto"]), BuyFixture.way(["amount": "20000", "asset": .string(BuyFixture.baseSepoliaUSDC.lowercased())]),
            BuyFixture.way(),
        ]
        #expect(try judge.choose(try BuyFixture.read(BuyFixture.offer(ways))).amount.units == 20_000)
    }

    @Test("Every way that cannot be taken is explained")
    func everyReason() throws {
        let sentence = try refusal(BuyFixture.offer([BuyFixture.way(["scheme": "upto"]), BuyFixture.way(["amount": "2000000"])]))
        #expect(sentence.contains("upto"))
        #expect(sentence.contains("2.00 USDC"))
        #expect(try refusal(BuyFixture.offer([])).contains("no way to pay"))
    }

    @Test("Real money is no practice money, and is called so nowhere")
    func realMoney() throws {
        let way = BuyFixture.way(
            ["network": "eip155:8453", "asset": .string(BuyFixture.baseUSDC)], extra: ["name": "USD Coin", "sandbox": false])
        let terms = try judge.choose(try BuyFixture.read(BuyFixture.offer([way])))
        #expect(!terms.sandbox)
        #expect(terms.price == "0.01 USDC on Base")
    }
}

struct BuyOfferTests {
    @Test("Version 1 is read from the body, and judged by the same rules")
    func versionOne() throws {
        let body = JSONValue.object(BuyFixture.offerV1()).encoded()
        let offer = try BuyOffer(header: nil, body: body)
        let judge = try BuyJudge(asked: BuyFixture.asked, maximum: Money("1.00", .usd))
        let terms = try judge.choose(offer)
        #expect(terms.version == 1)
        #expect(terms.network.description == "eip155:84532")
        #expect(terms.requirements == nil)
        for change: JSONObject in [["network": "base-mainnet"], ["resource": "http://other/p/hello"], ["maxAmountRequired": "9000000"]] {
            let spoilt = try BuyOffer(header: "", body: JSONValue.object(BuyFixture.offerV1(change)).encoded())
            #expect(throws: CommandFailure.self) { try judge.choose(spoilt) }
        }
    }

    @Test("The header of version 2 comes before the body of version 1")
    func headerFirst() throws {
        let header = PaymentHeader.encode(BuyFixture.offer([BuyFixture.way()]))
        #expect(try BuyOffer(header: header, body: JSONValue.object(BuyFixture.offerV1()).encoded()).version == 2)
        #expect(throws: WireError.self) { try BuyOffer(header: "%%%", body: JSONValue.object(BuyFixture.offerV1()).encoded()) }
    }

    @Test("A 402 without an offer is none", arguments: ["", "<html>", "{}", "[]", #"{"x402Version":2,"accepts":[]}"#])
    func none(_ body: String) { #expect(throws: WireError.self) { try BuyOffer(header: nil, body: Array(body.utf8)) } }
}
