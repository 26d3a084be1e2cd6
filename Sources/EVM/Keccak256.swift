/// Keccak-256 as Ethereum uses it: Keccak[c = 512] with the original padding 0x01, not the 0x06 of FIPS 202's SHA3-256.
public enum Keccak256 {
    /// Bytes taken in by one permutation (1088 bits).
    static let rate = 136

    public static func hash(_ bytes: UnsafeRawBufferPointer) -> Bytes32 {
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: KeccakState.laneCount) { lanes in
            let state = lanes.baseAddress!
            state.initialize(repeating: 0, count: KeccakState.laneCount)
            var offset = 0
            while bytes.count - offset >= rate {
                absorb(bytes, from: offset, lanes: rate / 8, into: state)
                KeccakState.permute(state)
                offset += rate
            }
            // The last block, which may be empty: whole lanes, then the rest of the bytes with the padding behind them.
            let wholeLanes = (bytes.count - offset) / 8
            absorb(bytes, from: offset, lanes: wholeLanes, into: state)
            offset += wholeLanes * 8
            var last: UInt64 = 0x01
            for index in stride(from: bytes.count - 1, through: offset, by: -1) {
                last = last << 8 | UInt64(bytes[index])
            }
            state[wholeLanes] ^= last
            state[rate / 8 - 1] ^= 0x80 << 56
            KeccakState.permute(state)
            return Bytes32(state[0].byteSwapped, state[1].byteSwapped, state[2].byteSwapped, state[3].byteSwapped)
        }
    }

    public static func hash(_ bytes: [UInt8]) -> Bytes32 {
        bytes.withUnsafeBytes { hash($0) }
    }

    /// The hash of the string's UTF-8 bytes.
    public static func hash(utf8 string: String) -> Bytes32 {
        var string = string
        return string.withUTF8 { hash(UnsafeRawBufferPointer($0)) }
    }

    /// The hash of `count` bytes that `fill` writes into a buffer on the stack; it has to write exactly that many.
    static func hash(count: Int, _ fill: (inout ByteWriter) -> Void) -> Bytes32 {
        withUnsafeTemporaryAllocation(byteCount: count, alignment: 8) { buffer in
            var writer = ByteWriter(buffer)
            fill(&writer)
            precondition(writer.offset == count)
            return hash(UnsafeRawBufferPointer(buffer))
        }
    }

    @inline(__always)
    private static func absorb(_ bytes: UnsafeRawBufferPointer, from offset: Int, lanes: Int, into state: UnsafeMutablePointer<UInt64>) {
        for lane in 0..<lanes {
            state[lane] ^= UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + lane * 8, as: UInt64.self))
        }
    }
}
