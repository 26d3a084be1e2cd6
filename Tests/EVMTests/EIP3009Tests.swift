import BigInt
import EVM
import Testing

struct EIP3009Tests {
    static let domain = EIP712Domain(
        name: "USDC", version: "2", chainID: 84532, verifyingContract: EVMAddress(hex: "0x036CbD53842c5426634e7929541eC2318f3dCF7e")!)

    static func authorization(_ vector: ReferenceVectors.Authorization) throws -> TransferAuthorization {
        let (from, to) = (try #require(EVMAddress(hex: vector.from)), try #require(EVMAddress(hex: vector.to)))
        let value = try #require(BigUInt(strictDecimal: vector.value))
        let validAfter = try #require(BigUInt(strictDecimal: vector.validAfter))
        let validBefore = try #require(BigUInt(strictDecimal: vector.validBefore))
        let nonce = try #require(Bytes32(hex: vector.nonce))
        return try #require(
            TransferAuthorization(from: from, to: to, value: value, validAfter: validAfter, validBefore: validBefore, nonce: nonce))
    }

    @Test("hashes, signs and recovers as eth-account does", arguments: ReferenceVectors.authorizations)
    func reference(vector: ReferenceVectors.Authorization) throws {
        let authorization = try Self.authorization(vector)
        let digest = authorization.digest(in: Self.domain)
        #expect(digest.hex == vector.digest)
        let key = try #require(PrivateKey(hex: vector.key))
        #expect(key.address.checksummed == vector.from)
        let bytes = try #require(Hex.decode(vector.signature))
        #expect(key.sign(digest).serialized65 == bytes)
        #expect(try ECDSASignature(parsing: bytes).recoverAddress(digest) == authorization.from)
    }

    @Test("keeps its numbers, and takes none above 256 bits")
    func numbers() throws {
        let authorization = try Self.authorization(ReferenceVectors.authorizations[1])
        #expect(authorization.value.description == ReferenceVectors.authorizations[1].value)
        #expect(authorization.validAfter.description == ReferenceVectors.authorizations[1].validAfter)
        #expect(authorization.validBefore.description == ReferenceVectors.authorizations[1].validBefore)
        let great = BigUInt.maxUInt256 + 1
        #expect(TransferAuthorization(from: .zero, to: .zero, value: great, validAfter: 0, validBefore: 0, nonce: .zero) == nil)
        #expect(TransferAuthorization(from: .zero, to: .zero, value: 0, validAfter: great, validBefore: 0, nonce: .zero) == nil)
        #expect(TransferAuthorization(from: .zero, to: .zero, value: 0, validAfter: 0, validBefore: great, nonce: .zero) == nil)
    }

    @Test("gives the digests of receiving and cancelling that eth-account gives")
    func receiveAndCancel() throws {
        let from = try #require(EVMAddress(hex: "0x1111111111111111111111111111111111111111"))
        let to = try #require(EVMAddress(hex: "0x2222222222222222222222222222222222222222"))
        let nonce = try #require(Bytes32([UInt8](repeating: 0x33, count: 32)))
        let authorization = try #require(
            TransferAuthorization(from: from, to: to, value: 10000, validAfter: 0, validBefore: 1_764_000_000, nonce: nonce))
        let receive = EIP712.digest(domainSeparator: Self.domain.separator, structHash: authorization.receiveStructHash)
        #expect(receive.hex == "0x503fe5485c341d4a724b8b94fd0623fddb7b10e3da7e8171d050f549f89fc3c3")
        let cancel = CancelAuthorization(authorizer: from, nonce: nonce)
        #expect(cancel.digest(in: Self.domain).hex == "0xf090fdf1951ab2760feec6044a82379c7fa579235e406832be6c9de6e8580a91")
    }

    @Test("both calls of transferWithAuthorization carry the authorization and the signature", arguments: ReferenceVectors.authorizations)
    func callData(vector: ReferenceVectors.Authorization) throws {
        let authorization = try Self.authorization(vector)
        let signature = try ECDSASignature(parsing: try #require(Hex.decode(vector.signature)))
        let fields = [
            authorization.from.word, authorization.to.word, try #require(Bytes32(authorization.value)),
            try #require(Bytes32(authorization.validAfter)), try #require(Bytes32(authorization.validBefore)), authorization.nonce,
        ].map { $0.hex.dropFirst(2) }.joined()

        let vrs = [Bytes32(UInt64(signature.v)), signature.r, signature.s].map { $0.hex.dropFirst(2) }.joined()
        #expect(Hex.encode(authorization.callData(signature: signature)) == "0xe3ee160e" + fields + vrs)

        let offset = Bytes32(7 * 32).hex.dropFirst(2)
        let bytes = Bytes32(65).hex.dropFirst(2) + vector.signature.dropFirst(2) + String(repeating: "0", count: 62)
        #expect(Hex.encode(authorization.callData(signatureBytes: signature.serialized65)) == "0xcf092995" + fields + offset + bytes)
    }

    @Test(
        "selectors are the hashes of their signatures",
        arguments: [
            ("transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)", EIP3009.transferWithVRS),
            ("transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)", EIP3009.transferWithBytes),
            ("authorizationState(address,bytes32)", EIP3009.authorizationState),
            ("balanceOf(address)", FunctionSelector(callData: ERC20.balanceOfCallData(.zero))!),
            ("transfer(address,uint256)", FunctionSelector(callData: ERC20.transferCallData(to: .zero, value: 1))!),
            ("decimals()", FunctionSelector(callData: ERC20.decimalsCallData)!), ("name()", FunctionSelector(callData: ERC20.nameCallData)!),
            ("symbol()", FunctionSelector(callData: ERC20.symbolCallData)!), ("version()", FunctionSelector(callData: ERC20.versionCallData)!),
            ("DOMAIN_SEPARATOR()", FunctionSelector(callData: ERC20.domainSeparatorCallData)!),
            ("isValidSignature(bytes32,bytes)", ERC1271.magicValue),
        ])
    func selectors(signature: String, selector: FunctionSelector) {
        #expect(FunctionSelector(signature: signature) == selector)
    }

    @Test("event topics are those seen on the chain")
    func topics() {
        #expect(EventTopic.authorizationUsed.hex == "0x98de503528ee59b575ef0c0a2576a82497bfc029a5685b209e9ec333479b10a5")
        #expect(EventTopic.authorizationCanceled.hex == "0x1cdd46ff242716cdaa72d159d339a485b3438398348d68f09d7c8c0a59353d81")
        #expect(EventTopic.transfer.hex == "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef")
    }

    @Test("asks for the state of an authorization and for a balance")
    func queries() throws {
        let owner = try #require(EVMAddress(hex: "0x1111111111111111111111111111111111111111"))
        let nonce = try #require(Bytes32([UInt8](repeating: 0x33, count: 32)))
        let word = owner.word.hex.dropFirst(2)
        #expect(Hex.encode(EIP3009.authorizationStateCallData(authorizer: owner, nonce: nonce)) == "0xe94a0102" + word + nonce.hex.dropFirst(2))
        #expect(Hex.encode(ERC20.balanceOfCallData(owner)) == "0x70a08231" + word)
    }
}
