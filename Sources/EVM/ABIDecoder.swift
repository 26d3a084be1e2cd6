public import BigInt

/// Reads arguments or return data, in order, without ever looking outside the given bytes. Stricter than Solidity: unused high bytes
/// and padding must be zero. Bytes behind what is read are left alone, as Solidity leaves them.
public struct ABIDecoder: Sendable {
    private let data: ArraySlice<UInt8>
    /// Where the next word of the head is, counted from the start of the data.
    private var position = 0

    public init(_ data: [UInt8]) {
        self.data = data[...]
    }

    /// The arguments behind the selector of call data; `nil` when they belong to another function.
    public init?(callData: [UInt8], of selector: FunctionSelector) {
        guard FunctionSelector(callData: callData) == selector else { return nil }
        data = callData.dropFirst(4)
    }

    public mutating func bytes32() throws(ABIError) -> Bytes32 {
        let word = try word(at: position)
        position += 32
        return word
    }

    public mutating func uint256() throws(ABIError) -> BigUInt {
        BigUInt(try bytes32())
    }

    /// An unsigned type of at most 64 bits, such as uint8.
    public mutating func uint64() throws(ABIError) -> UInt64 {
        let word = try bytes32()
        guard word.w0 | word.w1 | word.w2 == 0 else { throw .outOfRange }
        return word.w3
    }

    public mutating func address() throws(ABIError) -> EVMAddress {
        guard let address = EVMAddress(word: try bytes32()) else { throw .outOfRange }
        return address
    }

    public mutating func bool() throws(ABIError) -> Bool {
        switch try uint64() {
        case 0: false
        case 1: true
        default: throw .outOfRange
        }
    }

    public mutating func bytes() throws(ABIError) -> [UInt8] {
        let start = try length(try bytes32())
        let count = try length(try word(at: start))
        let padded = (count + 31) / 32 * 32
        // `start` and `count` are both at most the length of the data, so the sum cannot overflow.
        guard start + 32 + padded <= data.count else { throw .truncated }
        let first = data.startIndex + start + 32
        guard data[first + count..<first + padded].allSatisfy({ $0 == 0 }) else { throw .padding }
        return [UInt8](data[first..<first + count])
    }

    public mutating func string() throws(ABIError) -> String {
        guard let string = String(validating: try bytes(), as: UTF8.self) else { throw .notUTF8 }
        return string
    }

    private func word(at offset: Int) throws(ABIError) -> Bytes32 {
        guard offset <= data.count - 32 else { throw .truncated }
        return data.withUnsafeBytes { Bytes32(loading: $0, at: offset) }
    }

    /// An offset or a length: none can be greater than the data.
    private func length(_ word: Bytes32) throws(ABIError) -> Int {
        guard word.w0 | word.w1 | word.w2 == 0, word.w3 <= UInt64(data.count) else { throw .truncated }
        return Int(word.w3)
    }
}
