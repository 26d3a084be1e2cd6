public import BigInt

/// A signed permission to move tokens (EIP-3009): `from` lets anybody move `value` atomic units to `to`, once, within a window of time.
/// The window is open at both ends: the contract wants validAfter < block time < validBefore, in Unix seconds.
public struct TransferAuthorization: Hashable, Sendable {
    public let from: EVMAddress
    public let to: EVMAddress
    /// Random, not counted: it identifies the authorization within token and `from`.
    public let nonce: Bytes32

    /// The numbers as the words that get hashed and sent.
    private let valueWord, validAfterWord, validBeforeWord: Bytes32

    public var value: BigUInt { BigUInt(valueWord) }
    public var validAfter: BigUInt { BigUInt(validAfterWord) }
    public var validBefore: BigUInt { BigUInt(validBeforeWord) }

    /// `nil` when a number needs more than 256 bits, so that a value of this type can always be encoded.
    public init?(from: EVMAddress, to: EVMAddress, value: BigUInt, validAfter: BigUInt, validBefore: BigUInt, nonce: Bytes32) {
        guard let valueWord = Bytes32(value), let validAfterWord = Bytes32(validAfter), let validBeforeWord = Bytes32(validBefore)
        else { return nil }
        (self.from, self.to, self.nonce) = (from, to, nonce)
        (self.valueWord, self.validAfterWord, self.validBeforeWord) = (valueWord, validAfterWord, validBeforeWord)
    }

    /// hashStruct of TransferWithAuthorization.
    public var structHash: Bytes32 { structHash(EIP3009.transferTypeHash) }

    /// hashStruct of ReceiveWithAuthorization: the same fields, but only `to` itself may call.
    public var receiveStructHash: Bytes32 { structHash(EIP3009.receiveTypeHash) }

    /// What the payer signs for a TransferWithAuthorization.
    public func digest(in domain: EIP712Domain) -> Bytes32 {
        EIP712.digest(domainSeparator: domain.separator, structHash: structHash)
    }

    private func structHash(_ typeHash: Bytes32) -> Bytes32 {
        Keccak256.hash(count: 7 * 32) {
            $0.append(typeHash)
            $0.append(from.word)
            $0.append(to.word)
            $0.append(valueWord)
            $0.append(validAfterWord)
            $0.append(validBeforeWord)
            $0.append(nonce)
        }
    }
}

extension TransferAuthorization {
    /// Call data of transferWithAuthorization with v, r and s: for the signature of a private key.
    public func callData(signature: ECDSASignature) -> [UInt8] {
        var encoder = encoder(EIP3009.transferWithVRS)
        encoder.append(UInt64(signature.v))
        encoder.append(signature.r)
        encoder.append(signature.s)
        return encoder.encoded
    }

    /// Call data of transferWithAuthorization with signature bytes: for a contract's signature (ERC-1271), on tokens that have this overload.
    public func callData(signatureBytes: [UInt8]) -> [UInt8] {
        var encoder = encoder(EIP3009.transferWithBytes)
        encoder.append(signatureBytes)
        return encoder.encoded
    }

    private func encoder(_ selector: FunctionSelector) -> ABIEncoder {
        var encoder = ABIEncoder(selector)
        encoder.append(from)
        encoder.append(to)
        encoder.append(valueWord)
        encoder.append(validAfterWord)
        encoder.append(validBeforeWord)
        encoder.append(nonce)
        return encoder
    }
}
