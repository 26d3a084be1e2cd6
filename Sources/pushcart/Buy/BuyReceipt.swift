import AsyncHTTPClient
import JSON

/// Keeps the receipt of what was bought. The goods are here already: that it cannot be had just now is told, and where it is.
struct BuyReceipt: Sendable {
    let transport: any BuyTransport
    let clock: BuyClock
    let note: @Sendable (String) -> Void

    static let maximumLength = 262_144
    /// The shop signs its log at intervals; the proof comes with the next signature.
    private static let tries = 4

    func save(_ address: BuyURL?, to path: String) async throws {
        guard let address else { return note("The shop names no receipt; \(path) was not written.") }
        var newest: [UInt8]?
        var problem = "it is no receipt"
        for attempt in 1...Self.tries {
            do {
                let response = try await transport.get(address, [("Accept", "application/json")])
                let bytes = await response.shortBody(Self.maximumLength)
                if response.code == 200, let json = try? JSONValue(parsing: bytes), json.object != nil {  // no JSON, no receipt
                    newest = bytes
                    if json["proof"] != nil || json["proofAfter"] == nil { break }
                } else {
                    problem = "the answer was \(response.code)"
                }
            } catch { problem = error.clause }
            if attempt < Self.tries { try await clock.sleep(.seconds(3)) }
        }
        guard let newest else { return note("The receipt could not be saved (\(BuyText.plain(problem, limit: 160))); it stays at \(address).") }
        try PrivateFile.write(newest, to: path)
        note("Saved the receipt as \(path)")
    }
}
