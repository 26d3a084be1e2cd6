import Domain
import Testing

@Suite struct AtomicAmountTests {
    @Test(arguments: ["0", "1", "10", "10000", "18446744073709551616", "340282366920938463463374607431768211455"])
    func `plain digits are read and written the same`(_ text: String) {
        #expect(AtomicAmount(wire: text)?.description == text)
    }

    @Test(arguments: [
        "", "-1", "+1", " 1", "1 ", "1.0", "1e6", "1E6", "0x1", "00", "01", "1_000", "1,000", "１", "١", "1\u{301}", "\u{0}", "1\n",
        "340282366920938463463374607431768211456", "999999999999999999999999999999999999999",
        "1000000000000000000000000000000000000000", "115792089237316195423570985008687907853269984665640564039457584007913129639935",
    ])
    func `signs, blanks, exponents, other digits, leading zeros and more than 128 bits are refused`(_ text: String) {
        #expect(AtomicAmount(wire: text) == nil)
    }

    @Test func `amounts are ordered by their units`() {
        #expect(AtomicAmount(9) < AtomicAmount(10))
        #expect(!(AtomicAmount(10) < AtomicAmount(10)))
    }

    @Test(arguments: [
        ("10000", 6, "0.01"), ("0", 6, "0.00"), ("1", 6, "0.000001"), ("1500000", 6, "1.50"), ("1000000000", 6, "1000.00"), ("7", 0, "7.00"),
        ("340282366920938463463374607431768211455", 18, "340282366920938463463.374607431768211455"),
    ])
    func `an asset writes its amounts for people and for machines`(_ units: String, _ decimals: Int, _ text: String) throws {
        let asset = Asset(
            network: try #require(Network(chainID: 8453)), address: [UInt8](repeating: 1, count: 20), addressText: "0x01", symbol: "USDC",
            decimals: decimals, currency: .usd, domainName: "USD Coin", domainVersion: "2")
        let amount = try #require(AtomicAmount(wire: units))
        #expect(asset.decimal(amount) == text)
        #expect(asset.text(amount) == "\(text) USDC")
    }
}
