import Domain
import EVM
import Foundation
import JSON
import Storage
import Testing
import X402EVM

@testable import Facilitators

/// Verification on a chain: free checks first, then the chain, then limits of ours.
@Suite struct VerifyTests {
    private static let badSignature = "invalid: invalid_exact_evm_payload_signature"
    private static let silent = "unavailable: The network cannot be asked just now; try the same payment again in a moment."
    private static let contractSignature: [UInt8] = Array(repeating: 0xAB, count: 100)

    @Test func `a good payment is valid after one batch and fees, from a node that told its chain`() async throws {
        let desk = try await ChainDesk()
        #expect(await desk.verify(desk.authorization()) == "valid")
        let calls = desk.chain.calls()
        #expect(calls.count == 9)
        #expect(calls.prefix(6) == ["eth_chainId", "eth_chainId", "eth_getCode", "eth_call", "eth_call", "eth_call"])
        #expect(calls.suffix(3) == ["eth_getBlockByNumber", "eth_maxPriorityFeePerGas", "eth_getBalance"])
        #expect(await desk.verify(desk.authorization(nonce: 2)) == "valid")
        #expect(desk.chain.calls().count == 5, "fees are known for a few seconds, a node's chain for a minute")
    }

    @Test func `what is wrong by itself is refused without asking anybody`() async throws {
        let desk = try await ChainDesk()
        #expect(await desk.verify(desk.authorization(seconds: 5)) == "invalid: invalid_exact_evm_payload_authorization_valid_before")
        #expect(await desk.verify(desk.authorization(seconds: 700_000)) == "invalid: invalid_exact_evm_payload_authorization_valid_before")
        let undeployed = desk.authorization(signature: [1] + ERC6492Signature.magicSuffix.bytes)
        #expect(await desk.verify(undeployed) == "invalid: invalid_exact_evm_payload_undeployed_smart_wallet")
        #expect(desk.chain.calls() == [])
    }

    // MARK: Signatures

    @Test func `a wrong signature of an account without code is refused, asking once whether it has code`() async throws {
        let desk = try await ChainDesk()
        for nonce in 1...3 as ClosedRange<UInt8> {
            #expect(await desk.verify(desk.authorization(nonce: nonce, signature: Self.contractSignature)) == Self.badSignature)
        }
        #expect(desk.chain.calls() == ["eth_chainId", "eth_getCode"])
    }

    @Test(
        arguments: [(.yes, "valid"), (.no, badSignature), (.revert, badSignature), (.trouble, silent)] as [(FakeChain.Outcome, String)])
    func `a contract wallet is asked itself`(_ outcome: FakeChain.Outcome, _ verdict: String) async throws {
        let desk = try await ChainDesk()
        desk.chain.set {
            $0.code[ChainDesk.payer.address] = [0x60]
            $0.wallet = outcome
        }
        #expect(await desk.verify(desk.authorization(signature: Self.contractSignature)) == verdict)
    }

    @Test func `an account that has been given code is asked itself, though its key signed`() async throws {
        let desk = try await ChainDesk()
        desk.chain.set {
            $0.code[ChainDesk.payer.address] = [0xEF, 0x01, 0x00] + [UInt8](repeating: 7, count: 20)
            $0.wallet = .no
        }
        #expect(await desk.verify(desk.authorization()) == Self.badSignature)
        desk.chain.set { $0.wallet = .yes }
        #expect(await desk.verify(desk.authorization(nonce: 2)) == "valid")
        desk.chain.set { $0.simulation = .revert }
        #expect(await desk.verify(desk.authorization(nonce: 3)) == "proven, but invalid_exact_evm_transaction_simulation_failed")
        desk.chain.set { $0.simulation = .trouble }
        #expect(await desk.verify(desk.authorization(nonce: 4)) == Self.silent)
    }

    @Test func `a wallet whose code is gone is judged by its key again`() async throws {
        let desk = try await ChainDesk()
        desk.chain.set { $0.code[ChainDesk.payer.address] = [0x60] }
        #expect(await desk.verify(desk.authorization(signature: Self.contractSignature)) == "valid")
        desk.chain.set { $0.code = [:] }
        #expect(await desk.verify(desk.authorization(nonce: 2, signature: Self.contractSignature)) == Self.badSignature)
        #expect(await desk.verify(desk.authorization(nonce: 3)) == "valid")
    }

    @Test func `a flood of unclear signatures is not passed on to the node`() async throws {
        let desk = try await ChainDesk()
        let outcomes = await withTaskGroup(of: String.self) { group in
            for number in 1...200 as ClosedRange<UInt8> {
                group.addTask {
                    let key = PrivateKey(Bytes32([UInt8](repeating: number, count: 32))!)!
                    return await desk.verify(desk.authorization(by: key, signature: [1]))
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        let refused = outcomes.filter { $0 == Self.badSignature }.count
        #expect(refused >= 20)
        #expect(outcomes.filter { $0 == "invalid: unexpected_verify_error" }.count == 200 - refused)
        let calls = desk.chain.calls()
        #expect(calls.filter { $0 == "eth_getCode" }.count == refused)
        #expect(calls.count == refused + 1, "all of them wait for one look at the node's chain")
        #expect(refused < 200)
    }

    // MARK: What the chain says

    @Test func `a wallet that holds too little is refused`() async throws {
        let desk = try await ChainDesk()
        desk.chain.set { $0.balances[ChainDesk.payer.address] = ChainDesk.price - 1 }
        #expect(await desk.verify(desk.authorization()) == "proven, but insufficient_funds")
        desk.chain.set { $0.balances[ChainDesk.payer.address] = ChainDesk.price }
        #expect(await desk.verify(desk.authorization()) == "valid")
    }

    @Test func `a contract wallet that holds too little is proved only by its own word`() async throws {
        let desk = try await ChainDesk()
        desk.chain.set {
            $0.balances[ChainDesk.payer.address] = 0
            $0.code[ChainDesk.payer.address] = [0x60]
        }
        #expect(await desk.verify(desk.authorization(signature: Self.contractSignature)) == "proven, but insufficient_funds")
        desk.chain.set { $0.wallet = .no }
        #expect(await desk.verify(desk.authorization(nonce: 2, signature: Self.contractSignature)) == Self.badSignature)
        desk.chain.set { $0.code = [:] }
        #expect(await desk.verify(desk.authorization(nonce: 3, signature: Self.contractSignature)) == Self.badSignature)
    }

    @Test(arguments: [(7_999, "spent elsewhere"), (8_000, "invalid: invalid_exact_evm_nonce_already_used")] as [(UInt64, String)])
    func `a use of unknown age is looked for some thousand blocks back`(_ age: UInt64, _ verdict: String) async throws {
        let desk = try await ChainDesk()
        desk.chain.set { $0.block = 20_000 }
        let authorization = desk.authorization()
        try desk.useElsewhere(authorization, block: 20_000 - age)
        #expect(await desk.verify(authorization) == verdict)
        #expect(desk.chain.get { $0.searches.count } == 8)
    }

    @Test func `money that came by another way is told from an authorization that is merely gone`() async throws {
        let desk = try await ChainDesk()
        let authorization = desk.authorization()
        try desk.useElsewhere(authorization)
        #expect(await desk.verify(authorization) == "spent elsewhere")
        desk.chain.set { $0.logs = [] }
        #expect(await desk.verify(authorization) == "invalid: invalid_exact_evm_nonce_already_used")
        let other = desk.authorization(nonce: 2)
        try desk.useElsewhere(other, to: EVMAddress([UInt8](repeating: 0x99, count: 20)))
        #expect(await desk.verify(other) == "invalid: invalid_exact_evm_nonce_already_used")
    }

    @Test func `a transfer that the contract would refuse is refused, a node's trouble is none of the payer's`() async throws {
        let desk = try await ChainDesk()
        desk.chain.set { $0.simulation = .revert }
        #expect(await desk.verify(desk.authorization()) == "proven, but invalid_exact_evm_transaction_simulation_failed")
        desk.chain.set { $0.simulation = .trouble }
        #expect(await desk.verify(desk.authorization()) == Self.silent)
    }

    static let troubles: [@Sendable (inout FakeChain.State) -> Void] = [
        { $0.chainID = 1 }, { $0.odd = ["eth_chainId": nil] }, { $0.odd = ["eth_getCode": nil] }, { $0.odd = ["eth_call": nil] },
        { $0.odd = ["eth_call": "0x01"] }, { $0.troubled = ["eth_getCode"] }, { $0.troubled = ["eth_call"] }, { $0.troubled = ["eth_getBalance"] },
        { $0.odd = ["eth_getBlockByNumber": nil] }, { $0.isCut = true },
    ]

    @Test(arguments: troubles.indices) func `a node that cannot be believed makes nothing invalid`(_ index: Int) async throws {
        let desk = try await ChainDesk()
        desk.chain.set(Self.troubles[index])
        #expect(await desk.verify(desk.authorization()) == Self.silent)
        #expect(desk.logBook.all.contains { $0.hasPrefix("warning: a payment could not be verified") })
    }

    @Test func `a second node on another chain is never believed`() async throws {
        let other = FakeChain(asset: EVMAddress(ChainDesk.option.asset.address)!, separator: ChainDesk.domain.separator)
        other.set {
            $0.chainID = 1
            $0.balances[ChainDesk.payer.address] = 10_000_000
        }
        let server = try await NodeServer { other.answer($0) }
        let desk = try await ChainDesk(others: [server.url])
        let unclear = desk.authorization(by: ChainDesk.settler, signature: Self.contractSignature)
        #expect(await desk.verify(desk.authorization()) == "valid")
        desk.chain.set { $0.isCut = true }
        #expect(await desk.verify(desk.authorization()) == Self.silent)
        #expect(await desk.verify(unclear) == Self.silent, "that an account has no code is no news from another chain")
        let payment = try await desk.claim(desk.authorization(nonce: 3))
        desk.facilitator.forgetChainState()
        #expect(await desk.settle(payment) == "not sent: unexpected_settle_error")
        #expect(await desk.resolve(payment) == "unknown")
        #expect(Set(other.calls()) == ["eth_chainId"])
        other.set { $0.chainID = 8453 }
        #expect(await desk.verify(desk.authorization()) == "valid")
    }

    // MARK: Limits

    @Test func `what the chain says of a payment comes before limits of ours`() async throws {
        let desk = try await ChainDesk()
        desk.chain.set { $0.settlerBalance = 0 }
        #expect(await desk.verify(desk.authorization(signature: Self.contractSignature)) == Self.badSignature)
        let used = desk.authorization(nonce: 2)
        try desk.useElsewhere(used)
        #expect(await desk.verify(used) == "spent elsewhere")
        desk.chain.set { $0.balances = [:] }
        #expect(await desk.verify(desk.authorization(nonce: 3)) == "proven, but insufficient_funds")
        #expect(!desk.logBook.all.contains { $0.hasPrefix("critical") })
        #expect(!desk.chain.calls().contains("eth_getBalance"))
    }

    @Test func `fees above the cap stop a payment before it costs anything`() async throws {
        let desk = try await ChainDesk()
        // 150,000 gas for twice the base fee and the tip must stay under a thousandth of a coin.
        desk.chain.set { $0.baseFee = 3_400_000_000 }
        #expect(await desk.verify(desk.authorization()).hasPrefix("proven, but unavailable: Network fees are unusually high"))
        let other = try await ChainDesk()
        other.chain.set { $0.baseFee = 3_300_000_000 }
        #expect(await other.verify(other.authorization(amount: 2_000_000)) == "valid")
    }

    @Test func `a sale that is not worth its fee is not taken`() async throws {
        var policy = FeePolicy.standard(chainID: 8453)
        policy.maximumLoss = 0
        let desk = try await ChainDesk(policy: policy)
        // A fee of about 0.45 dollars.
        desk.chain.set { $0.baseFee = 1_000_000_000 }
        #expect(await desk.verify(desk.authorization(amount: 440_000)).hasPrefix("proven, but unavailable: Network fees are above the price"))
        #expect(await desk.verify(desk.authorization(amount: 460_000)) == "valid")
    }

    @Test func `an empty fee wallet stops payments and alarms the owner`() async throws {
        let desk = try await ChainDesk()
        desk.chain.set { $0.settlerBalance = 314_999_999_999 }
        #expect(await desk.verify(desk.authorization()).hasPrefix("proven, but unavailable: This shop cannot settle payments just now"))
        #expect(desk.logBook.all.contains { $0.hasPrefix("critical: the fee wallet \(ChainDesk.settler.address.checksummed) is empty") })
        let other = try await ChainDesk()
        other.chain.set { $0.settlerBalance = 315_000_000_000 }
        #expect(await other.verify(other.authorization()) == "valid")
    }

    @Test func `a daily budget that is used up stops payments until the day has passed`() async throws {
        var policy = FeePolicy.standard(chainID: 8453)
        policy.dailyBudget = 400_000_000_000
        let desk = try await ChainDesk(policy: policy)
        desk.facilitator.fees.add(90_000_000_000, at: desk.clock.now)
        #expect(await desk.verify(desk.authorization()).hasPrefix("proven, but unavailable: This shop cannot settle payments just now"))
        desk.clock.advance(.seconds(86_400))
        #expect(await desk.verify(desk.authorization()) == "valid")
    }

    @Test func `three settlements that reverted in a day stop a payer, and no other`() async throws {
        let desk = try await ChainDesk()
        for nonce in 11...13 as ClosedRange<UInt8> {
            #expect(await desk.verify(desk.authorization()) == "valid")
            let (_, attempt) = try await desk.settling(desk.authorization(nonce: nonce), accountNonce: UInt64(nonce))
            _ = try await desk.writer.closeAttempt(transaction: attempt.hash.bytes, feePaid: 1, reverted: true, at: Timestamp(milliseconds: 1))
        }
        #expect(await desk.verify(desk.authorization()) == "proven, but invalid_transaction_state")
        desk.chain.set { $0.balances[ChainDesk.settler.address] = 10_000_000 }
        #expect(await desk.verify(desk.authorization(by: ChainDesk.settler)) == "valid")
        desk.clock.advance(.seconds(86_401))
        #expect(await desk.verify(desk.authorization()) == "valid")
    }
}
