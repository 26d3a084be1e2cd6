import BigInt
import Domain
import EVM
import JSON
import Payments
import Testing
import X402
import X402EVM

@testable import Facilitators

@Suite struct SandboxFacilitatorTests {
    private static let now = Timestamp(seconds: 1_800_000_000)
    private let option = ChainDesk.makeOption(sandbox: true)
    private var sandbox: SandboxFacilitator { SandboxFacilitator(option) { Self.now } }

    private func authorization(
        validAfter: UInt64 = 0, validBefore: UInt64 = 1_800_000_300, signature: [UInt8]? = nil, by key: PrivateKey = ChainDesk.payer
    ) -> Authorization {
        let transfer = TransferAuthorization(
            from: ChainDesk.payer.address, to: EVMAddress(option.payTo)!, value: 5, validAfter: BigUInt(validAfter),
            validBefore: BigUInt(validBefore),
            nonce: Bytes32([UInt8](repeating: 1, count: 32))!)!
        return Authorization(
            key: PaymentKey(network: option.network, asset: option.asset.address, payer: ChainDesk.payer.address.bytes, nonce: transfer.nonce.bytes),
            payTo: option.payTo, amount: AtomicAmount(5), validAfter: validAfter, validBefore: validBefore,
            signature: signature ?? key.sign(transfer.digest(in: ChainDesk.domain)).serialized65)
    }

    private func verdict(_ authorization: Authorization) async -> String {
        switch await sandbox.verify(authorization, for: option) {
        case .valid: "valid"
        case .invalid(let error): error.reason.rawValue
        case .spentElsewhere, .unavailable, .proven, .provenUnavailable: "?"
        }
    }

    @Test func `a good payment is valid, by the same checks as real money`() async {
        let good = authorization()
        #expect(await verdict(good) == "valid")
        #expect(sandbox.proves(good, for: option))
        #expect(sandbox.options == [option])
        #expect(sandbox.shortfall(option) == nil)
    }

    @Test func `a wrong signature, a contract's and a wallet to be are refused`() async throws {
        let stranger = try #require(PrivateKey(Bytes32([UInt8](repeating: 0x33, count: 32))!))
        for bad in [authorization(by: stranger), authorization(signature: [1, 2, 3]), authorization(signature: [])] {
            #expect(await verdict(bad) == "invalid_exact_evm_payload_signature")
            #expect(!sandbox.proves(bad, for: option))
        }
        let undeployed = authorization(signature: [1] + ERC6492Signature.magicSuffix.bytes)
        #expect(await verdict(undeployed) == "invalid_exact_evm_payload_undeployed_smart_wallet")
        #expect(!sandbox.proves(undeployed, for: option))
    }

    @Test(
        arguments: [
            (1_800_000_000, 1_800_000_300, "valid"), (1_800_000_001, 1_800_000_300, "valid_after"), (0, 1_800_000_006, "valid"),
            (0, 1_800_000_005, "valid_before"), (0, 1_800_604_800, "valid"), (0, 1_800_604_801, "valid_before"), (0, .max, "valid_before"),
            (.max, .max, "valid_after"), (0, 0, "valid_before"),
        ] as [(UInt64, UInt64, String)])
    func `the window must be open, last long enough and not too long`(_ after: UInt64, _ before: UInt64, _ outcome: String) async {
        #expect(await verdict(authorization(validAfter: after, validBefore: before)).hasSuffix(outcome))
    }

    @Test func `a stored row that is no authorization proves nothing`() async {
        let good = authorization()
        let odd = Authorization(
            key: PaymentKey(network: option.network, asset: option.asset.address, payer: [1], nonce: [2]), payTo: [3], amount: good.amount,
            validAfter: 0,
            validBefore: good.validBefore, signature: good.signature)
        #expect(!sandbox.proves(odd, for: option))
        #expect(await verdict(odd) == "invalid_exact_evm_payload_signature")
    }

    @Test func `a practice transaction looks like one, is the payment's alone and stays the same`() throws {
        let first = try #require(sandbox.practiceTransaction(authorization()))
        #expect(first.count == 32)
        #expect(sandbox.practiceTransaction(authorization(validBefore: 1_800_000_301)) == first)
        let other = Authorization(
            key: PaymentKey(
                network: option.network, asset: option.asset.address, payer: ChainDesk.payer.address.bytes, nonce: [UInt8](repeating: 2, count: 32)),
            payTo: option.payTo, amount: AtomicAmount(5), validAfter: 0, validBefore: 1, signature: [])
        #expect(sandbox.practiceTransaction(other) != first)
    }

    @Test func `settling and resolving say what the claim's write did already`() async throws {
        let desk = try await ChainDesk()
        let payment = try await desk.claim(authorization())
        let hash = try #require(Bytes32(sandbox.practiceTransaction(payment.authorization) ?? []))
        #expect(ChainDesk.told(await sandbox.settle(payment, for: option)) == ChainDesk.settled(by: hash))
        #expect(ChainDesk.told(await sandbox.resolve(payment, for: option)) == ChainDesk.settled(by: hash))
    }

    @Test func `a payload is read into numbers, and what no supply reaches into the largest there is`() throws {
        var payload = ExactPayload(
            authorization: ChainDesk.transfer(from: ChainDesk.payer.address, nonce: 9, amount: 7, validBefore: 8), signature: [1, 2]
        ).json
        func read() throws -> Authorization {
            try sandbox.read(PaymentPayload(scheme: "exact", v1Network: "base", payload: payload), for: option)
        }
        let plain = try read()
        #expect(plain.amount == AtomicAmount(7) && plain.validAfter == 0 && plain.validBefore == 8 && plain.signature == [1, 2])
        #expect(
            plain.key.payer == ChainDesk.payer.address.bytes && plain.key.nonce == [UInt8](repeating: 9, count: 32) && plain.payTo == option.payTo)
        #expect(plain.key.network == option.network && plain.key.asset == option.asset.address)
        var fields = try #require(payload["authorization"]?.object)
        let most = String((BigUInt(1) << 256) - 1)
        for name in ["value", "validAfter", "validBefore"] { fields[name] = .string(most) }
        payload["authorization"] = .object(fields)
        let largest = try read()
        #expect(largest.amount == AtomicAmount(.max) && largest.validAfter == .max && largest.validBefore == .max)
        payload["signature"] = 5
        #expect(throws: WireError.self) { try read() }
    }
}
