/// An ISO 4217 code, three capital ASCII letters.
public struct Currency: Hashable, Sendable, CustomStringConvertible {
    public let code: String

    /// Nil unless `code` is three letters A to Z.
    public init?(_ code: String) {
        guard code.utf8.count == 3, code.utf8.allSatisfy({ $0 >= 0x41 && $0 <= 0x5A }) else { return nil }
        self.code = code
    }

    private init(known code: String) { self.code = code }
    public static let usd = Currency(known: "USD")
    public var description: String { code }
}

/// An exact amount of a currency: `coefficient` times ten to the minus `scale`. Prices may be finer than a cent.
///
/// The text form keeps two decimals at least and drops further trailing zeros, so one value has one text.
public struct Money: Hashable, Sendable, CustomStringConvertible {
    public let coefficient: UInt128
    public let scale: Int
    public let currency: Currency

    /// The most decimals that a price may have.
    public static let maximumScale = 18

    /// Reads a decimal string such as `0.01`, `5` or `12.5`.
    /// - Throws: `MoneyError` for a sign, exponent, blank, digit that is not ASCII, leading zero, bare point, more than 18 decimals or a number that does not fit.
    public init(_ text: String, _ currency: Currency) throws(MoneyError) {
        let bytes = Array(text.utf8)
        guard !bytes.isEmpty else { throw .notADecimal(text) }
        let parts = bytes.split(separator: 0x2E, maxSplits: 1, omittingEmptySubsequences: false)
        let whole = parts[0]
        var fraction = parts.count == 2 ? parts[1][...] : []
        guard !whole.isEmpty, whole.count == 1 || whole.first != 0x30, parts.count == 1 || !fraction.isEmpty,
            (whole + fraction).allSatisfy({ $0 >= 0x30 && $0 <= 0x39 })
        else { throw .notADecimal(text) }
        while fraction.last == 0x30 { fraction.removeLast() }
        guard fraction.count <= Self.maximumScale else { throw .tooManyDecimals(text, allowed: Self.maximumScale) }
        let digits = Array((whole + fraction).drop { $0 == 0x30 })
        guard let coefficient = digits.isEmpty ? 0 : StrictDigits.parse(digits), coefficient <= Self.maximumCoefficient else {
            throw .tooLarge(text)
        }
        self.coefficient = coefficient
        self.scale = fraction.count
        self.currency = currency
    }

    private static let maximumCoefficient = UInt128(10_000_000_000_000_000_000) * 1_000_000_000

    /// The same value in an asset's smallest unit, where one whole unit of the asset stands for one of the currency.
    /// - Throws: `MoneyError.tooManyDecimals` when the asset is coarser than the price, `.tooLarge` when it does not fit.
    public func atomic(decimals: Int) throws(MoneyError) -> AtomicAmount {
        guard scale <= decimals else { throw .tooManyDecimals(amountText, allowed: decimals) }
        var units = coefficient
        for _ in scale..<decimals {
            let (next, overflow) = units.multipliedReportingOverflow(by: 10)
            guard !overflow else { throw .tooLarge(amountText) }
            units = next
        }
        return AtomicAmount(units)
    }

    public var isZero: Bool { coefficient == 0 }

    /// The number without its currency, such as `0.01`.
    public var amountText: String { decimalText(coefficient, scale: scale, atLeast: 2) }

    /// Number and currency, such as `0.01 USD`.
    public var description: String { "\(amountText) \(currency)" }
}

public enum MoneyError: Error, Hashable, CustomStringConvertible {
    case notADecimal(String)
    case tooManyDecimals(String, allowed: Int)
    case tooLarge(String)

    public var description: String {
        switch self {
        case .notADecimal(let text): "“\(text.prefix(40))” is not a price; write digits and one point, such as 0.01."
        case .tooManyDecimals(let text, let allowed): "“\(text.prefix(40))” has more decimals than the \(allowed) that can be paid."
        case .tooLarge(let text): "“\(text.prefix(40))” is too large a price."
        }
    }
}

/// Writes `coefficient` × 10^-`scale` with at least `atLeast` decimals and no needless zeros after them.
func decimalText(_ coefficient: UInt128, scale: Int, atLeast: Int) -> String {
    var digits = String(coefficient)
    if digits.utf8.count <= scale { digits = String(repeating: "0", count: scale - digits.utf8.count + 1) + digits }
    let whole = digits.dropLast(scale)
    var fraction = String(digits.suffix(scale))
    while fraction.count > atLeast, fraction.last == "0" { fraction.removeLast() }
    while fraction.count < atLeast { fraction.append("0") }
    return fraction.isEmpty ? String(whole) : "\(whole).\(fraction)"
}
