import ArgumentParser
import BigInt
import EVM
import Foundation
import JSON
import X402
import X402EVM

/// Writes whole HTTP requests with payments for one offer, each of its own nonce, the wallets in turn; a blank line apart, as wrk's script reads them.
struct SignCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "sign", abstract: "Sign payments for an offer.")
    @Option var offer: String
    @Option var path: String
    @Option var host: String
    @Option var count: Int
    @Option var wallets: Int
    @Option var output: String

    func run() throws {
        let required = try PaymentRequired(try PaymentHeader.decode(offer))
        guard let accepted = required.accepts.first, let preset = NetworkPreset.of(chainID: 84532), let to = EVMAddress(hex: accepted.payTo),
            let value = BigUInt(strictDecimal: accepted.amount)
        else { throw ValidationError("That offer cannot be signed.") }
        let domain = EIP712Domain(
            name: preset.token.domainName, version: preset.token.domainVersion, chainID: preset.chainID, verifyingContract: preset.token.address)
        let keys = (0..<wallets).compactMap { PrivateKey(Keccak256.hash(utf8: "bench wallet \($0)")) }
        guard FileManager.default.createFile(atPath: output, contents: nil) else { throw ValidationError("\(output) cannot be made.") }
        guard let file = FileHandle(forWritingAtPath: output) else { throw ValidationError("\(output) cannot be written.") }
        var generator = SystemRandomNumberGenerator()
        var text: [UInt8] = []
        for index in 0..<count {
            let key = keys[index % keys.count]
            guard let nonce = Bytes32((0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }),
                let authorization = TransferAuthorization(
                    from: key.address, to: to, value: value, validAfter: 0, validBefore: BigUInt(UInt64(Date().timeIntervalSince1970) + 3600),
                    nonce: nonce)
            else { continue }
            let signature = key.sign(authorization.digest(in: domain))
            let payload = PaymentPayload(
                accepted: accepted, payload: ExactPayload(authorization: authorization, signature: signature.serialized65).json,
                resource: required.resource, extensions: nil)
            text += "GET \(path) HTTP/1.1\r\nHost: \(host)\r\n\(PaymentHeader.signature): \(PaymentHeader.encode(payload.json))\r\n\r\n".utf8
            if text.count > 1 << 20 || index == count - 1 {
                try file.write(contentsOf: text)
                text = []
            }
        }
        try file.close()
    }
}
