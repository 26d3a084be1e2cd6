import Domain
import JSON
import Payments
import Storage
import Testing
import X402

struct PaygateSignInTests {
    /// A sign-in by a fresh nonce, signed as the scripted facilitator reads signatures.
    static func proof(_ desk: PayDesk, _ product: Product, _ signature: String, chain: String = "eip155:8453") throws -> WalletProof {
        let info = try #require(try desk.required(product).extensions?["sign-in-with-x"]?["info"]?.object)
        var json = info
        json["address"] = "0x00"
        json["chainId"] = .string(chain)
        json["type"] = "eip191"
        json["signature"] = .string(signature)
        return try WalletProof(json)
    }

    static func told(_ admission: SignInAdmission) -> String {
        switch admission {
        case .admitted(let receipt): "admitted \(receipt.payment.authorization.key.network) \(receipt.payment.id)"
        case .refused(let error): error.reason.rawValue
        case .unavailable: "unavailable"
        }
    }

    static let options = [PayDesk.option(), PayDesk.option(chain: 137)]

    @Test func `a contract opens only what was paid on the chain where it answers, a key what was paid anywhere`() async throws {
        let desk = try PayDesk(options: Self.options)
        let product = try await desk.product()
        let gate = desk.gate()
        #expect(try await gate.admit(PayDesk.pay(desk.offer(product)), for: product).told == "admitted")
        #expect(Self.told(try await gate.admit(Self.proof(desk, product, "contract 1"), for: product)) == "admitted eip155:8453 1")
        #expect(Self.told(try await gate.admit(Self.proof(desk, product, "contract 1", chain: "eip155:137"), for: product)) == "siwx_not_paid")
        #expect(Self.told(try await gate.admit(Self.proof(desk, product, "key 1", chain: "eip155:137"), for: product)) == "admitted eip155:8453 1")
        #expect(
            Self.told(try await gate.admit(Self.proof(desk, product, "key 1", chain: "eip155:10"), for: product)) == "invalid_siwx_unsupported_chain")
        #expect(Self.told(try await gate.admit(Self.proof(desk, product, "forged"), for: product)) == "invalid_siwx_signature")
        #expect(Self.told(try await gate.admit(Self.proof(desk, product, "key 2"), for: product)) == "siwx_not_paid")
    }

    @Test func `a payment that has not settled opens nothing`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        desk.facilitator.set { $0.settlement = .unknown }
        #expect(try await desk.gate().admit(PayDesk.pay(desk.offer(product)), for: product).told == "pending")
        #expect(Self.told(try await desk.gate().admit(Self.proof(desk, product, "key 1"), for: product)) == "siwx_not_paid")
    }

    @Test func `a wallet that has not bought does not use up its nonce`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        let proof = try Self.proof(desk, product, "key 1")
        #expect(Self.told(try await desk.gate().admit(proof, for: product)) == "siwx_not_paid")
        #expect(try await desk.gate().admit(PayDesk.pay(desk.offer(product)), for: product).told == "admitted")
        #expect(Self.told(try await desk.gate().admit(proof, for: product)) == "admitted eip155:8453 1")
        #expect(Self.told(try await desk.gate().admit(proof, for: product)) == "invalid_siwx_nonce")
    }

    @Test(arguments: [(1, true), (3, true), (8, false)]) func `many words shorten the challenge, and no way to pay is left out for it`(
        _ count: Int, _ isDeclared: Bool
    ) async throws {
        let chains: [UInt64] = [8453, 137, 42161, 10, 1, 43114, 84532, 43113]
        let desk = try PayDesk(options: chains.prefix(count).map { PayDesk.option(chain: $0) })
        let product = try await desk.product { $0.summary = String(repeating: "many words ", count: 80) }
        let terms = try #require(desk.offers.terms(product))
        #expect(desk.offers.header(terms, error: PaymentTerms.unpaidError).utf8.count < 6_000)
        #expect(terms.quotes.count == count)
        let challenge = try desk.required(product).extensions?["sign-in-with-x"]
        #expect((challenge != nil) == isDeclared)
        #expect(challenge.map { $0["supportedChains"]?.array?.count == count && $0["info"]?["nonce"]?.string?.utf8.count == 32 } ?? true)
    }
}
