import Domain
import Testing

@Suite struct MoneySumTests {
    private func money(_ text: String, _ currency: Currency = .usd) throws -> Money { try Money(text, currency) }

    @Test(arguments: [
        ("0", "0", "0.00"), ("0.01", "0.02", "0.03"), ("1", "0.000001", "1.000001"), ("0.999999", "0.000001", "1.00"), ("9.5", "0.5", "10.00"),
    ])
    func `a sum is exact, and taking away again gives what was before`(_ case: (String, String, String)) throws {
        let sum = try #require(try money(`case`.0).adding(try money(`case`.1)))
        #expect(sum.amountText == `case`.2)
        #expect(try sum.subtracting(money(`case`.1)) == money(`case`.0))
    }

    @Test func `two currencies, less than nothing and what cannot be written are no sum`() throws {
        let euro = try money("1", try #require(Currency("EUR")))
        #expect(try money("1").adding(euro) == nil && money("1").subtracting(euro) == nil && !money("1").isAtMost(euro))
        #expect(try money("1").subtracting(money("1.01")) == nil)
        let largest = try money("9999999999999999999999999999")
        #expect(largest.adding(largest) == nil)
        #expect(try !largest.isAtMost(money("1")) && money("1").isAtMost(largest))
        #expect(try !money("0.000000000000000001").isAtMost(largest))
    }

    @Test func `an amount stands for as much of the currency`() throws {
        let asset = Asset(
            network: Network(chainID: 1)!, address: [UInt8](repeating: 1, count: 20), addressText: "", symbol: "X", decimals: 6, currency: .usd,
            domainName: "", domainVersion: "")
        #expect(Money.of(AtomicAmount(10_500), asset)?.amountText == "0.0105")
        #expect(Money.of(AtomicAmount(.max), asset) == nil)
    }
}
