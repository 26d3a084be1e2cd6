/// Appends words to a buffer whose size the caller has counted beforehand.
struct ByteWriter {
    private let buffer: UnsafeMutableRawBufferPointer
    private(set) var offset = 0

    init(_ buffer: UnsafeMutableRawBufferPointer) {
        self.buffer = buffer
    }

    mutating func append(_ byte: UInt8) {
        buffer[offset] = byte
        offset += 1
    }

    mutating func append(_ word: Bytes32) {
        word.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: buffer[offset..<offset + 32]).copyMemory(from: $0) }
        offset += 32
    }
}
