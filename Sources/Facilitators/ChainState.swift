import BigInt
import EVM
import JSON

/// What a transaction costs just now and whether the settler can pay it, as one batch of the node told.
struct ChainState: Sendable {
    /// Wei for a unit of gas: the block's base fee, and the tip that gets a transaction mined.
    let baseFee: UInt128
    let tip: UInt128
    /// The settler's balance in wei.
    let balance: UInt128

    /// Room for two full blocks' rise of the base fee.
    var maximumFeePerGas: UInt128 { 2 * baseFee + tip }
    var likelyFeePerGas: UInt128 { baseFee + tip }

    static func calls(settler: EVMAddress) -> [RPCCall] {
        [
            RPCCall("eth_getBlockByNumber", "latest", false), RPCCall("eth_maxPriorityFeePerGas"),
            RPCCall("eth_getBalance", .string(settler.hex), "latest"),
        ]
    }

    init(_ answers: [Result<JSONValue, RPCRefusal>]) throws(RPCSilence) {
        func amount(_ value: JSONValue?) -> UInt128? {
            value?.string.flatMap { BigUInt(hexQuantity: $0) }.flatMap { UInt128(exactly: $0) }
        }
        guard answers.count == 3, case .success(let block) = answers[0], let baseFee = amount(block["baseFeePerGas"]),
            case .success(let wei) = answers[2], let balance = amount(wei), baseFee < UInt128(1) << 100
        else { throw RPCSilence(description: "the node does not tell fees or balance") }
        self.baseFee = baseFee
        self.balance = balance
        // A node without the method gets a tip that moves with the base fee.
        let suggested: UInt128? = if case .success(let tip) = answers[1] { amount(tip) } else { nil }
        tip = min(suggested ?? max(baseFee / 10, 1_000_000), UInt128(1) << 100)
    }
}
