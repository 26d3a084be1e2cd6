import Domain
import HTTPTypes
import HummingbirdTesting
import JSON
import Payments
import Storage
import Testing

@testable import HTTPAPI

/// Setting how the shop is paid.
@Suite struct NetworkEndpointTests {
    private static let wallet = "0x209693Bc6afc0C5328bA36FaF03C514EF312287C"

    @Test func `a network is set, shown without its secrets, and taken out of use`() async throws {
        let shop = try TestShop()
        #expect(try await shop.send(.get, "/networks").json()["items"] == [])
        let secret = "https://rpc.example/v1/planted-key"
        let set = try await shop.send(
            .put, "/networks/eip155:8453",
            [
                "payTo": .string(Self.wallet), "rpcUrl": .string(secret), "settlerKey": .string(String(repeating: "5", count: 64)),
                "refundKey": .string(String(repeating: "4", count: 64)),
            ])
        set.expect(200)
        #expect(
            try set.json() == [
                "network": "eip155:8453", "payTo": "0x0202020202020202020202020202020202020202", "hasNode": true, "paysFees": true,
                "hasFacilitator": false, "paysRefunds": true, "inUse": false,
            ])
        let list = try await shop.send(.get, "/networks")
        #expect(
            try list.json()["items"]?.array?.count == 1 && !list.text.contains("planted") && !list.text.contains("5555")
                && !list.text.contains("4444"))
        #expect(try await shop.events(of: .networkSet) == 1)
        try await shop.send(.delete, "/networks/eip155:8453").expect(204)
        try await shop.send(.delete, "/networks/eip155:8453").expectKind(404, "not-found")
        #expect(try shop.reader.networks().isEmpty)
        #expect(try await shop.events(of: .networkRemoved) == 1)
    }

    @Test func `a payment service is set and never shown again`() async throws {
        let shop = try TestShop()
        let set = try await shop.send(
            .put, "/networks/eip155:8453",
            ["payTo": .string(Self.wallet), "facilitatorUrl": "https://x402.example/planted", "facilitatorToken": "planted-token"])
        set.expect(200)
        #expect(try set.json()["hasFacilitator"] == true && set.json()["paysFees"] == false && !set.text.contains("planted"))
        let list = try await shop.send(.get, "/networks")
        #expect(!list.text.contains("planted") && !list.text.contains("x402.example"))
        #expect(try shop.reader.networks().first?.facilitator?.token == Array("planted-token".utf8))
    }

    @Test func `what is wrong with a network is told by its field, and nothing is stored`() async throws {
        let shop = try TestShop()
        for (body, pointer) in [
            (["payTo": "0x12"], "/payTo"), (["payTo": .string("0x3" + Self.wallet.dropFirst(3))], "/payTo"), ([:], "/payTo"),
            (["payTo": .string(Self.wallet), "rpcUrl": "ftp://x.example"], "/rpcUrl"),
            (["payTo": .string(Self.wallet), "settlerKey": "12"], "/settlerKey"),
            (["payTo": .string(Self.wallet), "facilitatorUrl": "https://nobody.example"], "/facilitatorUrl"),
            (["payTo": .string(Self.wallet), "facilitatorUrl": "https://x402.example", "facilitatorToken": "wrong"], "/facilitatorToken"),
        ] as [(JSONValue, String)] {
            let answer = try await shop.send(.put, "/networks/eip155:8453", body)
            try answer.expectKind(422, "validation")
            #expect(try answer.json()["errors"]?.array?.first?["pointer"]?.string == pointer, "\(answer.text)")
        }
        for unknown in ["eip155:999", "eip155:0", "solana:1", "base"] {
            try await shop.send(.put, "/networks/\(unknown)", ["payTo": .string(Self.wallet)]).expectKind(404, "not-found")
        }
        #expect(try shop.reader.networks().isEmpty)
    }

    @Test func `a network with open payments stays`() async throws {
        let shop = try ScriptedChain.shop(.unknown)
        try await shop.sell()
        _ = try await shop.get("/p/song", shop.pay("song"))
        let chain = try #require(try shop.payments.first).authorization.key.network
        #expect(try shop.payments.first?.state.isOpen == true)
        try await shop.send(.put, "/networks/\(chain)", ["payTo": .string(Self.wallet)]).expect(200)
        try await shop.send(.delete, "/networks/\(chain)").expectKind(409, "payments-open")
        #expect(try shop.reader.networks().count == 1)
    }
}
