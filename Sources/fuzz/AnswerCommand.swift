import ArgumentParser
import BigInt
import EVM
import JSON

/// Answers questions, a line of JSON each, with what our own implementation says; whoever asks compares.
struct AnswerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "answer", abstract: "Answer lines of JSON, for a comparison.",
        discussion: "Example:\n  echo '{\"kind\":\"keccak\",\"data\":\"0x\"}' | fuzz answer")

    func run() throws {
        while let line = readLine() {
            let question = try JSONValue(parsing: line, limits: JSONLimits(maxBytes: 1 << 24, maxDepth: 64, maxNodes: 1 << 20))
            print(Question(json: question).answer.text)
        }
    }
}

private struct Question {
    let json: JSONValue

    /// Null where ours refuses.
    var answer: JSONValue {
        switch json["kind"]?.string {
        case "keccak": .string(Keccak256.hash(bytes("data")).hex)
        case "rlp": json["tree"].map { .string(Hex.encode(RLP.encode(Self.item($0)))) } ?? .null
        case "rlp-decode": (try? RLP.decode(bytes("data"))).map(Self.tree) ?? .null  // refused
        case "transfer": transfer
        case "transaction": transaction
        case "recover": recovered
        case "abi": .string(Hex.encode(encoded))
        case "checksum": .string(address("address").checksummed)
        default: "no such kind"
        }
    }

    private func bytes(_ name: String) -> [UInt8] { json[name]?.string.flatMap { Hex.decode($0) } ?? [] }
    private func number(_ name: String) -> BigUInt { json[name]?.string.flatMap { BigUInt(strictDecimal: $0) } ?? 0 }
    private func small(_ name: String) -> UInt64 { json[name]?.string.flatMap { UInt64($0) } ?? 0 }
    private func address(_ name: String) -> EVMAddress { EVMAddress(bytes(name)) ?? .zero }
    private func text(_ name: String) -> String { json[name]?.string ?? "" }

    private static func item(_ json: JSONValue) -> RLPItem {
        if let items = json.array { return .list(items.map(item)) }
        return .bytes(json.string.flatMap { Hex.decode($0) } ?? [])
    }

    private static func tree(_ item: RLPItem) -> JSONValue {
        switch item {
        case .bytes(let bytes): .string(Hex.encode(bytes))
        case .list(let items): .array(items.map(tree))
        }
    }

    /// Digests of the three messages of EIP-3009 in a domain.
    private var transfer: JSONValue {
        let domain = EIP712Domain(name: text("name"), version: text("version"), chainID: small("chainId"), verifyingContract: address("contract"))
        guard let nonce = Bytes32(bytes("nonce")),
            let transfer = TransferAuthorization(
                from: address("from"), to: address("to"), value: number("value"), validAfter: number("validAfter"),
                validBefore: number("validBefore"), nonce: nonce)
        else { return .null }
        return [
            "separator": .string(domain.separator.hex), "transfer": .string(transfer.digest(in: domain).hex),
            "receive": .string(EIP712.digest(domainSeparator: domain.separator, structHash: transfer.receiveStructHash).hex),
            "cancel": .string(CancelAuthorization(authorizer: transfer.from, nonce: nonce).digest(in: domain).hex),
        ]
    }

    private var transaction: JSONValue {
        guard let key = Bytes32(bytes("key")).flatMap({ PrivateKey($0) }),
            let unsigned = EIP1559Transaction(
                chainID: small("chainId"), nonce: small("nonce"), maxPriorityFeePerGas: number("tip"), maxFeePerGas: number("fee"),
                gasLimit: small("gas"), to: json["to"]?.isNull == true ? nil : address("to"), value: number("value"), data: bytes("data"))
        else { return .null }
        let signed = unsigned.signed(by: key)
        return ["raw": .string(Hex.encode(signed.raw)), "hash": .string(signed.hash.hex), "sender": .string(key.address.hex)]
    }

    private var recovered: JSONValue {
        guard let digest = Bytes32(bytes("digest")), let signature = try? ECDSASignature(parsing: bytes("signature"))  // refused
        else { return .null }
        return signature.recoverAddress(digest).map { .string($0.hex) } ?? .null
    }

    private var encoded: [UInt8] {
        var encoder = ABIEncoder()
        for argument in json["arguments"]?.array ?? [] {
            let part = Question(json: argument)
            switch argument["type"]?.string {
            case "uint256": encoder.append(part.number("value"))
            case "address": encoder.append(part.address("value"))
            case "bytes": encoder.append(part.bytes("value"))
            case "string": encoder.append(part.text("value"))
            case "bool": encoder.append(argument["value"]?.bool ?? false)
            default: encoder.append(Bytes32(part.bytes("value")) ?? .zero)
            }
        }
        return encoder.encoded
    }
}
