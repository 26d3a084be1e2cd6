/// The address of an account or a contract: 20 bytes. Two spellings of one address are one value.
public struct EVMAddress: Hashable, Sendable {
    /// Big-endian parts, the most significant first.
    private let high, middle: UInt64
    private let low: UInt32

    private init(high: UInt64, middle: UInt64, low: UInt32) {
        (self.high, self.middle, self.low) = (high, middle, low)
    }

    public static let zero = EVMAddress(high: 0, middle: 0, low: 0)

    /// `nil` unless there are exactly 20 bytes.
    public init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 20 else { return nil }
        self.init(
            high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
            middle: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
            low: UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt32.self)))
    }

    /// `nil` unless there are exactly 20 bytes.
    public init?(_ bytes: [UInt8]) {
        guard let address = bytes.withUnsafeBytes({ EVMAddress($0) }) else { return nil }
        self = address
    }

    /// `nil` unless the string is 0x and 40 hexadecimal digits. Any case is taken, whatever EIP-55 says of it: see ``AddressChecksum``.
    public init?(hex: String) {
        let decoded: EVMAddress? = withUnsafeTemporaryAllocation(byteCount: 20, alignment: 8) { buffer in
            Hex.decode(hex, into: buffer) ? EVMAddress(UnsafeRawBufferPointer(buffer)) : nil
        }
        guard let decoded else { return nil }
        self = decoded
    }

    /// The address in the low 20 bytes of a word: of an ABI word or an indexed event topic. `nil` when a byte above them is set.
    public init?(word: Bytes32) {
        guard word.w0 == 0, word.w1 >> 32 == 0 else { return nil }
        self.init(truncating: word)
    }

    /// The low 20 bytes, as an address is cut out of a public key's hash.
    init(truncating word: Bytes32) {
        self.init(high: word.w1 << 32 | word.w2 >> 32, middle: word.w2 << 32 | word.w3 >> 32, low: UInt32(truncatingIfNeeded: word.w3))
    }

    /// The address as an ABI word, left-padded with zeros.
    public var word: Bytes32 {
        Bytes32(0, high >> 32, high << 32 | middle >> 32, middle << 32 | UInt64(low))
    }

    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try word.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[12...])) }
    }

    public var bytes: [UInt8] { withUnsafeBytes { [UInt8]($0) } }

    /// 0x and 40 digits in lower case.
    public var hex: String { withUnsafeBytes { Hex.encode($0) } }

    /// 0x and 40 digits whose case carries the checksum of EIP-55.
    public var checksummed: String {
        let digits = withUnsafeBytes { Hex.encode($0, prefix: false) }
        return Keccak256.hash(utf8: digits).withUnsafeBytes { hash in
            var text = "0x"
            text.reserveCapacity(42)
            for (index, digit) in digits.utf8.enumerated() {
                let nibble = index % 2 == 0 ? hash[index / 2] >> 4 : hash[index / 2] & 0x0f
                let isLetter = digit >= UInt8(ascii: "a")
                text.unicodeScalars.append(Unicode.Scalar(isLetter && nibble >= 8 ? digit - 32 : digit))
            }
            return text
        }
    }
}

extension EVMAddress: CustomStringConvertible {
    public var description: String { checksummed }
}
