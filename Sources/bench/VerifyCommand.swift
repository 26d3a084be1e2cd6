import ArgumentParser
import BigInt
import EVM
import HTTPTypes
import Hummingbird
import JSON
import X402
import X402EVM

/// Verification alone: the header decoded, the authorization read, its window and its signature checked; nothing is stored.
struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "verify", abstract: "Verify payments and forget them.")
    @Argument var port: Int

    func run() async throws {
        guard let preset = NetworkPreset.of(chainID: 84532), let header = HTTPField.Name(PaymentHeader.signature) else { return }
        let domain = EIP712Domain(
            name: preset.token.domainName, version: preset.token.domainVersion, chainID: preset.chainID, verifyingContract: preset.token.address)
        let router = Router()
        router.get("/p/:slug") { request, _ -> HTTPResponse.Status in
            guard let value = request.headers[header] else { return .badRequest }
            let payload = try PaymentPayload(try PaymentHeader.decode(value), version: 2)
            let exact = try ExactPayload(payload.payload)
            guard case .recovers = ExactSignature(of: exact, in: domain), exact.authorization.validBefore > 0 else { return .badRequest }
            return .ok
        }
        try await BenchServer.run(router, port: port)
    }
}
