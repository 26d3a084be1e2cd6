import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// How a probe asks a shop. Redirects are answers like others.
protocol ProbeTransport: Sendable {
    /// - Throws: `BuyTransportError` when there is no answer.
    func ask(_ question: ProbeQuestion) async throws(BuyTransportError) -> ProbeAnswer
}

extension BuyNetwork: ProbeTransport {
    /// The most that is read of a body, in bytes: a list of offers fits.
    static let longestProbeBody = 1 << 20

    func ask(_ question: ProbeQuestion) async throws(BuyTransportError) -> ProbeAnswer {
        let response = try await send(question.method.rawValue, question.url, question.headers, within: .seconds(10))
        var body: [UInt8] = []
        var isWhole = true
        do {
            for try await chunk in response.body {
                body += chunk.readableBytesView.prefix(Self.longestProbeBody - body.count)
                guard body.count < Self.longestProbeBody else {
                    isWhole = false
                    break
                }
            }
        } catch { isWhole = false }
        return ProbeAnswer(
            status: response.code, headers: response.headers.map { (name: $0.name, value: $0.value) }, body: body, isWhole: isWhole)
    }
}
