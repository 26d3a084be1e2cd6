import CSecp256k1

/// The curve library's shared state.
enum Secp256k1 {
    /// One context for the whole process. Sharing it between threads is safe: secp256k1.h allows any number of concurrent calls that take the
    /// context as const, which are all that we make; the one call that writes to it, the randomisation, happens here, inside the
    /// initialisation that Swift runs once, before anybody can see the pointer. It is never destroyed. The multiplication tables
    /// are constants inside the library.
    nonisolated(unsafe) static let context: OpaquePointer = {
        guard let context = secp256k1_context_create(UInt32(SECP256K1_CONTEXT_NONE)) else { fatalError("no memory for a secp256k1 context") }
        // Blinds signing against side channels; the results do not depend on it, so this randomness need not be a parameter.
        var generator = SystemRandomNumberGenerator()
        let seed = Bytes32(generator.next(), generator.next(), generator.next(), generator.next())
        let isRandomised = seed.withUnsafeBytes { secp256k1_context_randomize(context, $0.bound) }
        precondition(isRandomised == 1)
        return context
    }()

    /// The number of points on the curve, n (SEC 2, section 2.4.1).
    static let order = Bytes32(0xffff_ffff_ffff_ffff, 0xffff_ffff_ffff_fffe, 0xbaae_dce6_af48_a03b, 0xbfd2_5e8c_d036_4141)

    /// n / 2, rounded down: the largest s that EIP-2 allows.
    static let halfOrder = Bytes32(0x7fff_ffff_ffff_ffff, 0xffff_ffff_ffff_ffff, 0x5d57_6e73_57a4_501d, 0xdfe9_2f46_681b_20a0)
}

extension UnsafeRawBufferPointer {
    /// The first byte, as the C functions take it; the buffer is never empty.
    var bound: UnsafePointer<UInt8> { baseAddress!.assumingMemoryBound(to: UInt8.self) }
}
