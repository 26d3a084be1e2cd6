import Catalogue
import Domain
import Testing

@Suite struct OfferSealerTests {
    static let now = Timestamp(milliseconds: 1_800_000_000_999)
    static let sealer = OfferSealer(key: [UInt8](repeating: 7, count: 32))

    static func option(
        chain: UInt64 = 8453, asset: UInt8 = 1, payTo: UInt8 = 2, sandbox: Bool = false
    ) -> PaymentOption {
        PaymentOption(
            asset: Asset(
                network: Network(chainID: chain)!, address: [UInt8](repeating: asset, count: 20), addressText: "0x01", symbol: "USDC", decimals: 6,
                currency: .usd, domainName: "USD Coin", domainVersion: "2"),
            payTo: [UInt8](repeating: payTo, count: 20), payToText: "0x02", sandbox: sandbox, networkName: "Base", v1Name: "base", explorer: nil)
    }

    static func terms(product: Int64 = 5, route: String = "GET", option: PaymentOption = option(), amount: UInt128 = 10_000) -> OfferSealer.Terms {
        OfferSealer.Terms(productID: product, route: route, option: option, amount: AtomicAmount(amount))
    }

    @Test func `a seal is authentic for its own terms, until 15 minutes later`() {
        let seal = Self.sealer.seal(Self.terms(), at: Self.now)
        #expect(seal.utf8.count == 82)
        guard case .authentic(let expires, let hash) = Self.sealer.judge(seal, Self.terms()) else {
            Issue.record("our own seal is foreign")
            return
        }
        #expect(expires == Timestamp(seconds: Self.now.seconds + 900))
        #expect(hash.count == 32)
        #expect(Self.sealer.judge(seal.uppercased(), Self.terms()) == .authentic(expires: expires, hash: hash))
    }

    @Test func `every seal is another, with another hash`() {
        var seals: Set<String> = []
        var hashes: Set<[UInt8]> = []
        for _ in 0..<200 {
            let seal = Self.sealer.seal(Self.terms(), at: Self.now)
            seals.insert(seal)
            if case .authentic(_, let hash) = Self.sealer.judge(seal, Self.terms()) { hashes.insert(hash) }
        }
        #expect(seals.count == 200)
        #expect(hashes.count == 200)
    }

    @Test func `one bit changed anywhere makes it foreign`() throws {
        let seal = Self.sealer.seal(Self.terms(), at: Self.now)
        let bytes = stride(from: 0, to: 82, by: 2).map { UInt8(seal.dropFirst($0).prefix(2), radix: 16)! }
        for bit in 0..<(41 * 8) {
            var changed = bytes
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(Self.sealer.judge(lowercaseHex(changed), Self.terms()) == .foreign)
        }
    }

    @Test func `it is foreign for anything else that is sold`() {
        let seal = Self.sealer.seal(Self.terms(), at: Self.now)
        let others = [
            Self.terms(product: 6), Self.terms(route: "POST"), Self.terms(route: ""), Self.terms(route: "GET/x"), Self.terms(amount: 10_001),
            Self.terms(amount: 9_999), Self.terms(option: Self.option(chain: 84_532)), Self.terms(option: Self.option(asset: 9)),
            Self.terms(option: Self.option(payTo: 9)), Self.terms(option: Self.option(sandbox: true)), Self.terms(amount: 10_000 + (1 << 64)),
        ]
        for other in others { #expect(Self.sealer.judge(seal, other) == .foreign) }
    }

    @Test func `another shop's seal is foreign`() {
        let other = OfferSealer(key: [UInt8](repeating: 8, count: 32))
        #expect(Self.sealer.judge(other.seal(Self.terms(), at: Self.now), Self.terms()) == .foreign)
    }

    @Test func `other text is foreign`() {
        let seal = Self.sealer.seal(Self.terms(), at: Self.now)
        for text in [
            "", "00", String(seal.dropLast()), seal + "0", seal + "00", "0x" + seal.dropFirst(2), String(repeating: "0", count: 82),
            seal.replacing("0", with: "g"), " " + seal.dropFirst(),
        ] {
            #expect(Self.sealer.judge(text, Self.terms()) == .foreign)
        }
        #expect(Self.sealer.judge("é" + seal.dropFirst(2), Self.terms()) == .foreign)
    }
}

@Suite struct ContentLinkSignerTests {
    static let now = Timestamp(seconds: 1_800_000_000)
    static let signer = ContentLinkSigner(key: [UInt8](repeating: 3, count: 32))
    static let receipt = ReceiptID(paymentID: 42, token: PaymentToken([UInt8](repeating: 4, count: 12))!)

    /// The signature in a path, and the path before it.
    static func signature(_ signer: ContentLinkSigner = signer, _ receipt: ReceiptID = receipt) throws -> String {
        let path = signer.path(receipt, at: now)
        let start = "/r/\(receipt)/content?expires=\(now.seconds + 86_400)&signature="
        #expect(path.hasPrefix(start))
        return String(path.dropFirst(start.count))
    }

    @Test(arguments: [(0, true), (86_399, true), (86_400, false), (90_000, false)]) func `a link is good for 24 hours`(_ after: Int64, _ isGood: Bool)
        throws
    {
        let signature = try Self.signature()
        #expect(signature.utf8.count == 64)
        let moment = Timestamp(seconds: Self.now.seconds + after)
        #expect(Self.signer.judge(Self.receipt, expires: Self.now.seconds + 86_400, signature: signature, at: moment) == (isGood ? .good : .foreign))
    }

    @Test func `a link is for its receipt and its time only`() throws {
        let signature = try Self.signature()
        let expires = Self.now.seconds + 86_400
        let other = ReceiptID(paymentID: 43, token: Self.receipt.token)
        let stranger = ReceiptID(paymentID: 42, token: try #require(PaymentToken([UInt8](repeating: 5, count: 12))))
        #expect(Self.signer.judge(other, expires: expires, signature: signature, at: Self.now) == .foreign)
        #expect(Self.signer.judge(stranger, expires: expires, signature: signature, at: Self.now) == .foreign)
        #expect(Self.signer.judge(Self.receipt, expires: expires + 1, signature: signature, at: Self.now) == .foreign)
        #expect(Self.signer.judge(Self.receipt, expires: .max, signature: signature, at: Self.now) == .foreign)
        #expect(
            ContentLinkSigner(key: [UInt8](repeating: 9, count: 32)).judge(Self.receipt, expires: expires, signature: signature, at: Self.now)
                == .foreign)
        #expect(Self.signer.judge(Self.receipt, expires: expires, signature: signature.uppercased(), at: Self.now) == .good)
    }

    @Test func `a signature that is changed, cut or no hexadecimal is refused`() throws {
        let signature = try Self.signature()
        let expires = Self.now.seconds + 86_400
        var wrong = ["", "0", String(signature.dropLast()), String(signature.dropLast(2)), signature + "00", String(repeating: "z", count: 64), "é"]
        for index in 0..<64 {
            var digits = Array(signature)
            digits[index] = digits[index] == "0" ? "1" : "0"
            wrong.append(String(digits))
        }
        for text in wrong { #expect(Self.signer.judge(Self.receipt, expires: expires, signature: text, at: Self.now) == .foreign) }
    }

    @Test func `links of before a revocation are known as revoked, and new ones are good, each time again`() throws {
        let series = LinkSeries()
        let signer = ContentLinkSigner(key: [UInt8](repeating: 2, count: 32), series: series)
        let expires = Self.now.seconds + 86_400
        func signature(_ path: String) throws -> String { String(try #require(path.split(separator: "=").last)) }
        let first = signer.path(Self.receipt, at: Self.now)
        series.set(1, paymentID: Self.receipt.paymentID)
        let second = signer.path(Self.receipt, at: Self.now)
        #expect(second.contains("&series=1&"))
        #expect(signer.judge(Self.receipt, expires: expires, signature: try signature(first), at: Self.now) == .revoked)
        #expect(signer.judge(Self.receipt, expires: expires, series: 1, signature: try signature(second), at: Self.now) == .good)
        // A link's series is under its signature.
        #expect(signer.judge(Self.receipt, expires: expires, series: 1, signature: try signature(first), at: Self.now) == .foreign)
        series.set(2, paymentID: Self.receipt.paymentID)
        #expect(signer.judge(Self.receipt, expires: expires, series: 1, signature: try signature(second), at: Self.now) == .revoked)
        let other = ReceiptID(paymentID: 43, token: Self.receipt.token)
        #expect(!signer.path(other, at: Self.now).contains("series"))
    }
}
