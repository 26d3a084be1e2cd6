public import BigInt

/// Encodes the arguments of one call, in order: static ones as words in the head, dynamic ones as an offset there and their
/// content in the tail (ABI specification, "Formal Specification of the Encoding").
public struct ABIEncoder: Sendable {
    private var head: [UInt8]
    private var tail: [UInt8] = []
    /// Bytes before the head, from which no offset counts.
    private let preamble: Int
    /// Where in the head an offset belongs, and what it is relative to the tail: the length of the head is known only at the end.
    private var offsets: [(position: Int, inTail: Int)] = []

    /// Without a selector the result is a bare argument list, as constructors and signatures wrap it.
    public init(_ selector: FunctionSelector? = nil) {
        head = []
        head.reserveCapacity(4 + 9 * 32)
        if let selector { head += selector.bytes }
        preamble = head.count
    }

    public mutating func append(_ word: Bytes32) {
        word.withUnsafeBytes { head.append(contentsOf: $0) }
    }

    public mutating func append(_ address: EVMAddress) {
        append(address.word)
    }

    /// uint256, and any smaller unsigned type. The number must fit 256 bits: check what came from outside before.
    public mutating func append(_ value: BigUInt) {
        guard let word = Bytes32(value) else { preconditionFailure("a number of more than 256 bits") }
        append(word)
    }

    public mutating func append(_ value: UInt64) {
        append(Bytes32(value))
    }

    public mutating func append(_ value: Bool) {
        append(Bytes32(value ? 1 : 0))
    }

    /// Dynamic `bytes`: length, content, zeros up to a whole word.
    public mutating func append(_ bytes: [UInt8]) {
        offsets.append((head.count, tail.count))
        append(Bytes32.zero)
        Bytes32(UInt64(bytes.count)).withUnsafeBytes { tail.append(contentsOf: $0) }
        tail += bytes
        tail += [UInt8](repeating: 0, count: (32 - bytes.count % 32) % 32)
    }

    /// Dynamic `string`: its UTF-8 as bytes.
    public mutating func append(_ string: String) {
        append([UInt8](string.utf8))
    }

    public var encoded: [UInt8] {
        var result = head
        for offset in offsets {
            let word = Bytes32(UInt64(head.count - preamble + offset.inTail))
            word.withUnsafeBytes { result.replaceSubrange(offset.position..<offset.position + 32, with: $0) }
        }
        return result + tail
    }
}
