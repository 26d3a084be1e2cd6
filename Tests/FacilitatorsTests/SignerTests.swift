import Domain
import EVM
import JSON
import Payments
import Testing
import X402
import X402EVM

@testable import Facilitators

struct SignerTests {
    /// A sign-in on Base, by a key's signature or by other bytes.
    static func proof(signature: [UInt8]? = nil) throws -> WalletProof {
        var json: JSONObject = [
            "domain": "shop.example", "address": .string(ChainDesk.payer.address.checksummed), "uri": "https://shop.example/p/song", "version": "1",
            "chainId": "eip155:8453", "type": "eip191", "nonce": "a1b2c3d4e5f67890a1b2c3d4e5f67890", "issuedAt": "2027-01-15T08:00:00Z",
            "signature": "0x00",
        ]
        let message = try #require(SignInMessage(try WalletProof(json)))
        json["signature"] = .string(Hex.encode(signature ?? ChainDesk.payer.sign(message.digest).serialized65))
        return try WalletProof(json)
    }

    static func told(_ verdict: SignInVerdict) -> String {
        switch verdict {
        case .key(let wallet): "key \(wallet == ChainDesk.payer.address.bytes)"
        case .contract(let wallet): "contract \(wallet == ChainDesk.payer.address.bytes)"
        case .invalid(let error): "invalid \(error.reason)"
        case .unavailable: "unavailable"
        }
    }

    static let contractSignature = [UInt8](repeating: 0xAB, count: 100)

    @Test func `a key signs in without a look at the chain, also where its account has code`() async throws {
        let desk = try await ChainDesk()
        desk.chain.set {
            $0.code[ChainDesk.payer.address] = [0xEF, 0x01, 0x00]
            $0.wallet = .no
        }
        #expect(Self.told(await desk.facilitator.signer(try Self.proof())) == "key true")
        #expect(desk.chain.calls() == [])
    }

    @Test(
        arguments: [
            (.yes, "contract true"), (.no, "invalid invalid_siwx_signature"), (.revert, "invalid invalid_siwx_signature"), (.trouble, "unavailable"),
        ]
            as [(FakeChain.Outcome, String)])
    func `a contract is asked whether the signature is its own`(_ outcome: FakeChain.Outcome, _ verdict: String) async throws {
        let desk = try await ChainDesk()
        desk.chain.set {
            $0.code[ChainDesk.payer.address] = [0x60]
            $0.wallet = outcome
        }
        #expect(Self.told(await desk.facilitator.signer(try Self.proof(signature: Self.contractSignature))) == verdict)
    }

    @Test func `an account without code stands by no other signature than its key's`() async throws {
        let desk = try await ChainDesk()
        #expect(Self.told(await desk.facilitator.signer(try Self.proof(signature: Self.contractSignature))) == "invalid invalid_siwx_signature")
        #expect(Self.told(await desk.facilitator.signer(try Self.proof(signature: []))) == "invalid invalid_siwx_signature")
    }

    @Test func `with practice money only keys sign in`() async throws {
        let sandbox = SandboxFacilitator(ChainDesk.makeOption(sandbox: true), now: { .init(seconds: 1_800_000_000) })
        #expect(Self.told(await sandbox.signer(try Self.proof())) == "key true")
        #expect(Self.told(await sandbox.signer(try Self.proof(signature: Self.contractSignature))) == "invalid invalid_siwx_signature")
    }
}
