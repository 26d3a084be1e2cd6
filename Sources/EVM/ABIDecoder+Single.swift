public import BigInt

/// The first value of return data, for the many functions that return only one.
extension ABIDecoder {
    public static func bytes32(_ data: [UInt8]) throws(ABIError) -> Bytes32 {
        var decoder = ABIDecoder(data)
        return try decoder.bytes32()
    }

    public static func uint256(_ data: [UInt8]) throws(ABIError) -> BigUInt {
        var decoder = ABIDecoder(data)
        return try decoder.uint256()
    }

    public static func uint64(_ data: [UInt8]) throws(ABIError) -> UInt64 {
        var decoder = ABIDecoder(data)
        return try decoder.uint64()
    }

    public static func address(_ data: [UInt8]) throws(ABIError) -> EVMAddress {
        var decoder = ABIDecoder(data)
        return try decoder.address()
    }

    public static func bool(_ data: [UInt8]) throws(ABIError) -> Bool {
        var decoder = ABIDecoder(data)
        return try decoder.bool()
    }

    public static func bytes(_ data: [UInt8]) throws(ABIError) -> [UInt8] {
        var decoder = ABIDecoder(data)
        return try decoder.bytes()
    }

    public static func string(_ data: [UInt8]) throws(ABIError) -> String {
        var decoder = ABIDecoder(data)
        return try decoder.string()
    }
}
