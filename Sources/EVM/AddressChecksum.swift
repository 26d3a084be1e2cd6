/// What the letters of a written address say about it (EIP-55). A wrong one is worth a warning: a digit may be mistyped.
public enum AddressChecksum: Hashable, Sendable {
    /// All letters are of one case, or there are none: nothing is claimed.
    case absent
    case correct
    case wrong

    /// `nil` when the text is no address at all.
    public init?(of text: String) {
        guard let address = EVMAddress(hex: text) else { return nil }
        let digits = text.utf8.dropFirst(2)
        let hasUpper = digits.contains { (UInt8(ascii: "A")...UInt8(ascii: "F")).contains($0) }
        let hasLower = digits.contains { (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0) }
        if text == address.checksummed {
            self = .correct
        } else {
            self = hasUpper && hasLower ? .wrong : .absent
        }
    }
}

extension EVMAddress {
    /// Whether the text is an address spelled exactly as EIP-55 has it. An address in one case only is valid too, but makes no claim.
    public static func hasValidChecksum(_ text: String) -> Bool {
        AddressChecksum(of: text) == .correct
    }
}
