/// The signature of a contract that may not be deployed yet (ERC-6492): abi.encode(factory, factoryCallData, signature) ‖ magic suffix.
public struct ERC6492Signature: Hashable, Sendable {
    public let factory: EVMAddress
    public let factoryCallData: [UInt8]
    /// What the deployed contract checks, by ERC-1271.
    public let signatureBytes: [UInt8]

    /// 0x6492 sixteen times.
    public static let magicSuffix = Bytes32(0x6492_6492_6492_6492, 0x6492_6492_6492_6492, 0x6492_6492_6492_6492, 0x6492_6492_6492_6492)

    /// Whether the bytes end with the suffix. It has to be looked for before any other reading of a signature.
    public static func isWrapped(_ bytes: [UInt8]) -> Bool {
        bytes.count >= 32 && bytes.withUnsafeBytes { Bytes32(loading: $0, at: bytes.count - 32) } == magicSuffix
    }

    /// `nil` without the suffix; an error when what stands before it is no proper encoding.
    public init?(unwrapping bytes: [UInt8]) throws(ABIError) {
        guard Self.isWrapped(bytes) else { return nil }
        var decoder = ABIDecoder([UInt8](bytes.dropLast(32)))
        factory = try decoder.address()
        factoryCallData = try decoder.bytes()
        signatureBytes = try decoder.bytes()
    }
}
