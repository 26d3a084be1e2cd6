import Synchronization

/// Makes the names of requests: twelve characters that fit into a string without memory of its own.
///
/// They are told apart, not secret: a counter behind a mixing function, begun at a random place. A call of the system for each would
/// cost more than all the rest of it.
final class RequestIDs: Sendable {
    private let counter: Atomic<UInt64>

    /// - Parameter seed: where the counter begins; a test gives its own.
    init(seed: UInt64 = .random(in: .min ... .max)) { counter = Atomic(seed) }

    /// Lowercase, without letters that are taken for digits (Crockford's base 32).
    private static let digits = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

    func next() -> String {
        // SplitMix64: every 64-bit number comes once in a round.
        var bits = counter.wrappingAdd(0x9E37_79B9_7F4A_7C15, ordering: .relaxed).newValue
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        bits ^= bits >> 31
        return String(unsafeUninitializedCapacity: 12) { text in
            for index in 0..<12 {
                text[index] = Self.digits[Int(truncatingIfNeeded: bits & 31)]
                bits >>= 5
            }
            return 12
        }
    }

    /// A name that somebody else gave, if it is one that may stand in a header and in a log: 1 to 64 letters, digits, `.`, `_` and `-`.
    static func accepts(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
                default: false
                }
            }
    }
}
