/// Keccak-f[1600] (FIPS 202, section 3): the 25 lanes as named values, so that the compiler keeps them in registers. Lane n is (x, y) with n = x + 5y.
struct KeccakState {
    static let laneCount = 25

    var l0, l1, l2, l3, l4: UInt64
    var l5, l6, l7, l8, l9: UInt64
    var l10, l11, l12, l13, l14: UInt64
    var l15, l16, l17, l18, l19: UInt64
    var l20, l21, l22, l23, l24: UInt64

    /// All 24 rounds, in place.
    static func permute(_ lanes: UnsafeMutablePointer<UInt64>) {
        var state = KeccakState(
            l0: lanes[0], l1: lanes[1], l2: lanes[2], l3: lanes[3], l4: lanes[4],
            l5: lanes[5], l6: lanes[6], l7: lanes[7], l8: lanes[8], l9: lanes[9],
            l10: lanes[10], l11: lanes[11], l12: lanes[12], l13: lanes[13], l14: lanes[14],
            l15: lanes[15], l16: lanes[16], l17: lanes[17], l18: lanes[18], l19: lanes[19],
            l20: lanes[20], l21: lanes[21], l22: lanes[22], l23: lanes[23], l24: lanes[24])
        // Two rounds a turn spare the moves between the old and the new lanes.
        for index in stride(from: 0, to: 24, by: 2) {
            state = state.round(roundConstants[index]).round(roundConstants[index &+ 1])
        }
        (lanes[0], lanes[1], lanes[2], lanes[3], lanes[4]) = (state.l0, state.l1, state.l2, state.l3, state.l4)
        (lanes[5], lanes[6], lanes[7], lanes[8], lanes[9]) = (state.l5, state.l6, state.l7, state.l8, state.l9)
        (lanes[10], lanes[11], lanes[12], lanes[13], lanes[14]) = (state.l10, state.l11, state.l12, state.l13, state.l14)
        (lanes[15], lanes[16], lanes[17], lanes[18], lanes[19]) = (state.l15, state.l16, state.l17, state.l18, state.l19)
        (lanes[20], lanes[21], lanes[22], lanes[23], lanes[24]) = (state.l20, state.l21, state.l22, state.l23, state.l24)
    }

    /// θ gives the column sums `d`; ρ and π pick the rotated lanes of each new row, on which χ works; ι adds the constant.
    @inline(__always)
    private func round(_ constant: UInt64) -> KeccakState {
        let c0 = l0 ^ l5 ^ l10 ^ l15 ^ l20
        let c1 = l1 ^ l6 ^ l11 ^ l16 ^ l21
        let c2 = l2 ^ l7 ^ l12 ^ l17 ^ l22
        let c3 = l3 ^ l8 ^ l13 ^ l18 ^ l23
        let c4 = l4 ^ l9 ^ l14 ^ l19 ^ l24
        let d0 = c4 ^ rotated(c1, 1)
        let d1 = c0 ^ rotated(c2, 1)
        let d2 = c1 ^ rotated(c3, 1)
        let d3 = c2 ^ rotated(c4, 1)
        let d4 = c3 ^ rotated(c0, 1)
        let r0 = chi(l0 ^ d0, rotated(l6 ^ d1, 44), rotated(l12 ^ d2, 43), rotated(l18 ^ d3, 21), rotated(l24 ^ d4, 14))
        let r1 = chi(rotated(l3 ^ d3, 28), rotated(l9 ^ d4, 20), rotated(l10 ^ d0, 3), rotated(l16 ^ d1, 45), rotated(l22 ^ d2, 61))
        let r2 = chi(rotated(l1 ^ d1, 1), rotated(l7 ^ d2, 6), rotated(l13 ^ d3, 25), rotated(l19 ^ d4, 8), rotated(l20 ^ d0, 18))
        let r3 = chi(rotated(l4 ^ d4, 27), rotated(l5 ^ d0, 36), rotated(l11 ^ d1, 10), rotated(l17 ^ d2, 15), rotated(l23 ^ d3, 56))
        let r4 = chi(rotated(l2 ^ d2, 62), rotated(l8 ^ d3, 55), rotated(l14 ^ d4, 39), rotated(l15 ^ d0, 41), rotated(l21 ^ d1, 2))
        return KeccakState(
            l0: r0.0 ^ constant, l1: r0.1, l2: r0.2, l3: r0.3, l4: r0.4,
            l5: r1.0, l6: r1.1, l7: r1.2, l8: r1.3, l9: r1.4,
            l10: r2.0, l11: r2.1, l12: r2.2, l13: r2.3, l14: r2.4,
            l15: r3.0, l16: r3.1, l17: r3.2, l18: r3.3, l19: r3.4,
            l20: r4.0, l21: r4.1, l22: r4.2, l23: r4.3, l24: r4.4)
    }

    private typealias Row = (UInt64, UInt64, UInt64, UInt64, UInt64)

    @inline(__always)
    private func chi(_ b0: UInt64, _ b1: UInt64, _ b2: UInt64, _ b3: UInt64, _ b4: UInt64) -> Row {
        (b0 ^ (~b1 & b2), b1 ^ (~b2 & b3), b2 ^ (~b3 & b4), b3 ^ (~b4 & b0), b4 ^ (~b0 & b1))
    }

    @inline(__always)
    private func rotated(_ lane: UInt64, _ bits: UInt64) -> UInt64 {
        lane &<< bits | lane &>> (64 &- bits)
    }

    private static let roundConstants: [UInt64] = [
        0x0000_0000_0000_0001, 0x0000_0000_0000_8082, 0x8000_0000_0000_808a, 0x8000_0000_8000_8000,
        0x0000_0000_0000_808b, 0x0000_0000_8000_0001, 0x8000_0000_8000_8081, 0x8000_0000_0000_8009,
        0x0000_0000_0000_008a, 0x0000_0000_0000_0088, 0x0000_0000_8000_8009, 0x0000_0000_8000_000a,
        0x0000_0000_8000_808b, 0x8000_0000_0000_008b, 0x8000_0000_0000_8089, 0x8000_0000_0000_8003,
        0x8000_0000_0000_8002, 0x8000_0000_0000_0080, 0x0000_0000_0000_800a, 0x8000_0000_8000_000a,
        0x8000_0000_8000_8081, 0x8000_0000_0000_8080, 0x0000_0000_8000_0001, 0x8000_0000_8000_8008,
    ]
}
