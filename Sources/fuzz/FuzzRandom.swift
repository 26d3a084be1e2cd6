import BigInt
import EVM

/// Random numbers that a seed determines (SplitMix64), and what is made of them.
struct FuzzRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// The numbers of one case of a target: any case can be run alone.
    init(seed: UInt64, target: String, number: UInt64) {
        let name = target.utf8.reduce(UInt64(14_695_981_039_346_656_037)) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
        var start = FuzzRandom(seed: seed ^ name)
        self.init(seed: start.next() &+ number &* 0xD1B5_4A32_D192_ED03)
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    /// From 0 to below `limit`.
    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(max(1, limit))) }
    mutating func chance(_ one: Int) -> Bool { below(one) == 0 }
    mutating func pick<Value>(_ values: [Value]) -> Value { values[below(values.count)] }

    /// A length that is mostly small and now and then at the edges where encodings change.
    mutating func length(_ limit: Int) -> Int {
        chance(4) ? min(limit, pick([0, 1, 31, 32, 33, 55, 56, 57, 64, 65, 135, 136, 137, 255, 256, 257, 1024])) : below(min(limit, 48) + 1)
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count < count { withUnsafeBytes(of: next()) { bytes += $0.prefix(count - bytes.count) } }
        return bytes
    }

    mutating func word() -> Bytes32 { Bytes32(number256()) ?? .zero }

    mutating func word32() -> Bytes32 { Bytes32(bytes(32)) ?? .zero }

    /// A number of at most 256 bits, often near a power of two.
    mutating func number256() -> BigUInt {
        switch below(4) {
        case 0: return BigUInt(next() >> UInt64(below(64)))
        case 1:
            let power = BigUInt(1) << below(257)
            return min(chance(2) ? power : power - 1, .maxUInt256)
        default: return BigUInt(word32())
        }
    }

    mutating func address() -> EVMAddress { EVMAddress(bytes(20)) ?? .zero }

    mutating func text(_ limit: Int = 40) -> String {
        let characters = Array("abcXYZ019 -_./%\\\"\u{7}\u{0}{}[]:,~éß漢🙂\u{301}\u{2028}\u{FEFF}")
        return String((0..<below(limit + 1)).map { _ in chance(8) ? Character(Unicode.Scalar(UInt32(below(0xD7FF))) ?? "?") : pick(characters) })
    }

    /// A few changes to bytes: flipped, replaced, removed, doubled, swapped, cut.
    mutating func mutated(_ original: [UInt8]) -> [UInt8] {
        var bytes = original
        for _ in 0...below(4) {
            guard !bytes.isEmpty else { return self.bytes(below(8)) }
            let place = below(bytes.count)
            switch below(9) {
            case 0: bytes[place] ^= 1 << UInt8(below(8))
            case 1: bytes[place] = pick([0, 1, 0x7F, 0x80, 0xB7, 0xB8, 0xBF, 0xC0, 0xF7, 0xF8, 0xFF, 0x22, 0x5C, 0x30, 0x2D, 0x7B, 0x5B])
            case 2: bytes.remove(at: place)
            case 3: bytes.insert(UInt8(truncatingIfNeeded: next()), at: place)
            case 4:
                let end = min(bytes.count, place + 1 + below(16))
                bytes.insert(contentsOf: bytes[place..<end], at: below(bytes.count))
            case 5: bytes.removeSubrange(place..<min(bytes.count, place + 1 + below(16)))
            case 6: bytes.removeLast(bytes.count - place)
            case 7: bytes.swapAt(place, below(bytes.count))
            default: bytes += self.bytes(below(4))
            }
        }
        return bytes
    }
}
