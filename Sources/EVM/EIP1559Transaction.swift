public import BigInt

/// A transaction of type 2 (EIP-1559) with an empty access list, before it is signed. Fees in wei.
public struct EIP1559Transaction: Hashable, Sendable {
    public let chainID: UInt64
    public let nonce: UInt64
    public let maxPriorityFeePerGas: BigUInt
    public let maxFeePerGas: BigUInt
    public let gasLimit: UInt64
    /// `nil` creates a contract from `data`.
    public let to: EVMAddress?
    public let value: BigUInt
    public let data: [UInt8]

    /// `nil` when fees or value need more than 256 bits, so that a value of this type can always be encoded.
    public init?(
        chainID: UInt64, nonce: UInt64, maxPriorityFeePerGas: BigUInt, maxFeePerGas: BigUInt, gasLimit: UInt64,
        to: EVMAddress?, value: BigUInt = 0, data: [UInt8] = []
    ) {
        guard maxPriorityFeePerGas.fitsUInt256, maxFeePerGas.fitsUInt256, value.fitsUInt256 else { return nil }
        self.chainID = chainID
        self.nonce = nonce
        self.maxPriorityFeePerGas = maxPriorityFeePerGas
        self.maxFeePerGas = maxFeePerGas
        self.gasLimit = gasLimit
        self.to = to
        self.value = value
        self.data = data
    }

    /// What the sender signs: keccak256(0x02 ‖ rlp(the nine fields)).
    public var digest: Bytes32 {
        Keccak256.hash([Self.type] + RLP.encode(.list(fields)))
    }

    public func signed(by key: PrivateKey) -> SignedTransaction {
        SignedTransaction(self, signature: key.sign(digest), sender: key.address)
    }

    /// The type byte of EIP-2718.
    static let type: UInt8 = 0x02

    var fields: [RLPItem] {
        [
            .number(chainID), .number(nonce), .number(maxPriorityFeePerGas), .number(maxFeePerGas), .number(gasLimit),
            .bytes(to?.bytes ?? []), .number(value), .bytes(data), .list([]),
        ]
    }
}
