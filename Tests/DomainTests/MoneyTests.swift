import Domain
import Testing

@Suite struct MoneyTests {
    @Test(arguments: [
        ("0.01", "0.01", "1", 2), ("5", "5.00", "5", 0), ("12.5", "12.50", "125", 1), ("0", "0.00", "0", 0), ("0.00", "0.00", "0", 0),
        ("10.10", "10.10", "101", 1), ("1000000", "1000000.00", "1000000", 0), ("0.0000001", "0.0000001", "1", 7),
        ("1.230000000000000000000000000", "1.23", "123", 2), ("0.000000000000000001", "0.000000000000000001", "1", 18),
        ("10000000000000000000000000000", "10000000000000000000000000000.00", "10000000000000000000000000000", 0),
    ])
    func `a decimal string is read exactly and written with two decimals at least`(
        _ text: String, _ written: String, _ coefficient: String, _ scale: Int
    ) throws {
        let money = try Money(text, .usd)
        #expect(money.amountText == written)
        #expect(String(money.coefficient) == coefficient)
        #expect(money.scale == scale)
        #expect(money.description == "\(written) USD")
        #expect(try Money(written, .usd) == money)
        #expect(money.isZero == (coefficient == "0"))
    }

    @Test(arguments: [
        "", " ", "-1", "+1", "- 1", " 1", "1 ", "1 000", "1,000", "1,5", "1e2", "1E2", "0x10", ".", ".5", "5.", "1.2.3", "1..2", "01", "00.1", "00",
        "١٢", "１.５", "५", "1.٥", "½", "1.5\u{301}", "1\u{0}", "1\n", "NaN", "inf", "1_000", "$1", "1.-5", "1.+5", "1. 5", "--1",
    ])
    func `what is not digits with at most one point is no price`(_ text: String) {
        #expect(throws: MoneyError.notADecimal(text)) { try Money(text, .usd) }
    }

    @Test(arguments: ["0.0000000000000000001", "1.1234567890123456789"]) func `more than 18 decimals are refused`(_ text: String) {
        #expect(throws: MoneyError.tooManyDecimals(text, allowed: 18)) { try Money(text, .usd) }
    }

    @Test(arguments: [
        "10000000000000000000000000001", "99999999999999999999999999999.99", "340282366920938463463374607431768211456",
        String(repeating: "9", count: 39), String(repeating: "9", count: 40), "1" + String(repeating: "0", count: 5000),
        "99999999999.999999999999999999", "10000000000.000000000000000001",
    ])
    func `a number that does not fit is too large, however long`(_ text: String) {
        #expect(throws: MoneyError.tooLarge(text)) { try Money(text, .usd) }
    }

    @Test(arguments: [
        ("0.01", 6, "10000"), ("1", 6, "1000000"), ("0.000001", 6, "1"), ("0", 6, "0"), ("5", 0, "5"), ("1.5", 18, "1500000000000000000"),
        ("1", 0, "1"), ("0.10", 1, "1"),
    ])
    func `a price is written in an asset's smallest unit exactly`(_ text: String, _ decimals: Int, _ units: String) throws {
        #expect(try Money(text, .usd).atomic(decimals: decimals).description == units)
    }

    @Test(arguments: [("0.0000001", 6), ("0.001", 2), ("0.5", 0)])
    func `an asset coarser than the price cannot say it`(_ text: String, _ decimals: Int) throws {
        let money = try Money(text, .usd)
        #expect(throws: MoneyError.tooManyDecimals(money.amountText, allowed: decimals)) { try money.atomic(decimals: decimals) }
    }

    @Test func `a price that overflows in an asset's unit is too large, and the largest that fits is exact`() throws {
        let money = try Money("10000000000000000000000000000", .usd)
        #expect(throws: MoneyError.tooLarge(money.amountText)) { try money.atomic(decimals: 18) }
        #expect(try money.atomic(decimals: 10) == AtomicAmount(money.coefficient * 10_000_000_000))
    }

    @Test func `one value has one text, and another currency is another price`() throws {
        #expect(try Money("1.50", .usd) == Money("1.5", .usd))
        let euro = try #require(Currency("EUR"))
        #expect(try Money("1.50", .usd) != Money("1.50", euro))
        #expect(try Money("1.50", .usd) != Money("1.05", .usd))
    }

    @Test(arguments: ["USD", "EUR", "JPY", "ZZZ"]) func `three capital letters are a currency`(_ code: String) {
        #expect(Currency(code)?.code == code)
        #expect(Currency(code)?.description == code)
    }

    @Test(arguments: ["", "US", "usd", "USDC", "U D", "US1", "ÄBC", "ＵＳＤ", "US\u{301}"]) func `anything else is no currency`(_ code: String) {
        #expect(Currency(code) == nil)
    }

    @Test(arguments: [
        (MoneyError.notADecimal("1e2"), "“1e2” is not a price; write digits and one point, such as 0.01."),
        (.tooManyDecimals("0.001", allowed: 2), "“0.001” has more decimals than the 2 that can be paid."),
        (.tooLarge("9"), "“9” is too large a price."),
        (.tooLarge(String(repeating: "9", count: 5000)), "“\(String(repeating: "9", count: 40))” is too large a price."),
    ])
    func `an error is one short sentence`(_ error: MoneyError, _ sentence: String) {
        #expect(error.description == sentence)
    }
}
