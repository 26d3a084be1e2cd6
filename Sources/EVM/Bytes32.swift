/// 32 bytes: a hash, a nonce, one word of ABI data. Held as four integers, so it lives in registers and never on the heap.
public struct Bytes32: Hashable, Sendable {
    /// Big-endian parts, the most significant first.
    let w0, w1, w2, w3: UInt64

    init(_ w0: UInt64, _ w1: UInt64, _ w2: UInt64, _ w3: UInt64) {
        (self.w0, self.w1, self.w2, self.w3) = (w0, w1, w2, w3)
    }

    public static let zero = Bytes32(0, 0, 0, 0)

    /// `nil` unless there are exactly 32 bytes.
    public init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 32 else { return nil }
        self.init(loading: bytes, at: 0)
    }

    /// `nil` unless there are exactly 32 bytes.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self = bytes.withUnsafeBytes { Bytes32(loading: $0, at: 0) }
    }

    /// `nil` unless the string is 0x and 64 hexadecimal digits of any case.
    public init?(hex: String) {
        let decoded: Bytes32? = withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { buffer in
            Hex.decode(hex, into: buffer) ? Bytes32(UnsafeRawBufferPointer(buffer)) : nil
        }
        guard let decoded else { return nil }
        self = decoded
    }

    /// The 32 bytes from `offset` on, which the caller has checked to be there.
    init(loading bytes: UnsafeRawBufferPointer, at offset: Int) {
        func part(_ index: Int) -> UInt64 {
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset + index * 8, as: UInt64.self))
        }
        self.init(part(0), part(1), part(2), part(3))
    }

    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try Swift.withUnsafeBytes(of: (w0.bigEndian, w1.bigEndian, w2.bigEndian, w3.bigEndian), body)
    }

    public var bytes: [UInt8] { withUnsafeBytes { [UInt8]($0) } }

    /// 0x and 64 digits in lower case.
    public var hex: String { withUnsafeBytes { Hex.encode($0) } }

    public var isZero: Bool { w0 | w1 | w2 | w3 == 0 }
}

extension Bytes32: Comparable {
    /// The order of the big-endian integers.
    public static func < (left: Bytes32, right: Bytes32) -> Bool {
        (left.w0, left.w1, left.w2, left.w3) < (right.w0, right.w1, right.w2, right.w3)
    }
}

extension Bytes32: CustomStringConvertible {
    public var description: String { hex }
}
