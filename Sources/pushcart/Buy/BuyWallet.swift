import EVM

/// The key that pays. Nothing of it is ever printed but its address.
struct BuyWallet: Sendable {
    let key: PrivateKey
    /// Made by Pushcart for practice money: whoever would pay real money brings a key.
    let isPractice: Bool

    var address: EVMAddress { key.address }

    /// Reads a key file: 64 hexadecimal digits, with or without 0x, readable by its owner only.
    static func load(_ path: String) throws(CommandFailure) -> BuyWallet {
        guard let bytes = try PrivateFile.read(path, what: "key file", limit: 1024) else {
            throw .refused("There is no key file \(path); name the file that holds your wallet's private key.")
        }
        return BuyWallet(key: try parse(bytes, path), isPractice: false)
    }

    /// The practice wallet, if there is one already.
    static func practice(in folder: BuyFolder) throws(CommandFailure) -> BuyWallet? {
        guard let bytes = try PrivateFile.read(folder.practiceKey, what: "practice wallet", limit: 1024) else { return nil }
        return BuyWallet(key: try parse(bytes, folder.practiceKey), isPractice: true)
    }

    /// The practice wallet, made when there is none.
    static func makePractice(in folder: BuyFolder) throws(CommandFailure) -> BuyWallet {
        try folder.make()
        // A number outside the curve's order comes up once in 2^128.
        var fresh = randomBytes32()
        while PrivateKey(fresh) == nil { fresh = randomBytes32() }
        try PrivateFile.create(Array("\(fresh.hex)\n".utf8), at: folder.practiceKey)
        guard let wallet = try practice(in: folder) else {
            throw .refused("The practice wallet \(folder.practiceKey) vanished while it was made; run the same command again.")
        }
        return wallet
    }

    static func randomBytes32() -> Bytes32 {
        var generator = SystemRandomNumberGenerator()
        return randomBytes32(using: &generator)
    }

    static func randomBytes32(using generator: inout some RandomNumberGenerator) -> Bytes32 {
        let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        guard let value = Bytes32(bytes) else { preconditionFailure("32 bytes are 32 bytes") }
        return value
    }

    private static func parse(_ bytes: [UInt8], _ path: String) throws(CommandFailure) -> PrivateKey {
        let isBlank: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0D).contains($0) }
        let trimmed = bytes.drop(while: isBlank).reversed().drop(while: isBlank).reversed()
        let text = String(decoding: trimmed, as: UTF8.self)
        guard let key = Hex.decode(text, prefix: .optional).flatMap({ Bytes32($0) }).flatMap({ PrivateKey($0) }) else {
            throw .refused("\(path) holds no private key; it has to be 64 hexadecimal digits, with or without 0x.")
        }
        return key
    }
}
