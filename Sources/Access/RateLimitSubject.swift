public import Domain

/// Whose doing is counted.
public enum RateLimitSubject: Hashable, Sendable {
    case key(id: Int64)
    case person(id: Int64)
    /// A payer's address, as small letters on the wire.
    case wallet([UInt8])
    case address(AddressClass)

    public static func address(_ address: InternetAddress) -> RateLimitSubject { .address(AddressClass(address)) }
}
