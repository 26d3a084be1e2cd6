import Domain
import EVM
import JSON
import NIOHTTP1
import Storage
import Testing

@testable import Facilitators

/// Payments in the hands of a payment service that may do anything.
@Suite struct RemoteSettleTests {
    enum Counted: Sendable { case unclear, refused }

    static let misbehaviours: [(name: String, reply: NodeServer.Reply, counted: Counted)] = [
        ("refuses", .body(#"{"success":false,"errorReason":"insufficient_funds","transaction":"","network":"eip155:8453"}"#), .refused),
        ("refuses by status", .body(#"{"success":false,"errorReason":"invalid_payload"}"#, status: .badRequest), .refused),
        ("is not done", .body(#"{"success":false,"errorReason":"settlement_pending","network":"eip155:8453"}"#), .unclear),
        ("fails after sending", .body(#"{"success":false,"errorReason":"transaction_failed","transaction":"0x12"}"#), .unclear),
        ("fails without a word", .body(#"{"success":false}"#), .unclear),
        ("settles elsewhere", .body(RemoteDesk.success.replacing("8453", with: "84532")), .unclear),
        ("names no network", .body(RemoteDesk.success.replacing("eip155:8453", with: "")), .unclear),
        ("names no transaction", .body(RemoteDesk.success.replacing(RemoteDesk.transaction, with: "")), .unclear),
        ("names half a transaction", .body(RemoteDesk.success.replacing("abab", with: "")), .unclear),
        ("settles another payer's", .body(RemoteDesk.success.replacing(ChainDesk.payer.address.hex, with: ChainDesk.settler.address.hex)), .unclear),
        ("settles another amount", .body(#"{"amount":"1","# + RemoteDesk.success.dropFirst()), .unclear),
        ("says so twice", .body(#"{"success":false,"# + RemoteDesk.success.dropFirst()), .unclear),
        ("says it as text", .body(RemoteDesk.success.replacing("true", with: #""true""#)), .unclear),
        ("says it in a list", .body("[\(RemoteDesk.success)]"), .unclear),
        ("says it with a status of failure", .body(RemoteDesk.success, status: .badRequest), .unclear),
        ("says it with a status of trouble", .body(RemoteDesk.success, status: .internalServerError), .unclear),
        ("refuses with a status of trouble", .body(#"{"success":false,"errorReason":"x"}"#, status: .badGateway), .unclear),
        ("shuts the door", .body(#"{"error":"unauthorized"}"#, status: .unauthorized), .unclear),
        ("talks rubbish", .body("<html>"), .unclear),
        ("talks without end", .body(#"{"x":"\#(String(repeating: "x", count: 70_000))","# + RemoteDesk.success.dropFirst()), .unclear),
        ("hangs up", .cut, .unclear),
        ("hangs", .headOnly, .unclear),
        ("sends us elsewhere", .redirect(to: "/x402/elsewhere"), .unclear),
    ]

    @Test(arguments: misbehaviours) func `a service that misbehaves leaves the payment open, and the same one is settled later`(
        _ row: (name: String, reply: NodeServer.Reply, counted: Counted)
    ) async throws {
        let desk = try await RemoteDesk()
        #expect(await desk.remote.confirm())
        desk.set { $0.settle = row.reply }
        let payment = try await desk.desk.claim(desk.desk.authorization())
        #expect(await desk.settle(payment) == "unknown", "\(row.name)")
        let attempt = try #require(try await desk.attempts(payment).first)
        #expect(attempt.asked == 1 && attempt.lost == 0 && attempt.refused == (row.counted == .refused ? 1 : 0), "\(row.name)")
        #expect(attempt.isUnclear == (row.counted == .unclear), "\(row.name)")
        #expect(try desk.desk.reader.payment(id: payment.id)?.state == .settling)
        #expect(try desk.asked("/elsewhere").isEmpty)
        desk.set { $0.settle = .body(RemoteDesk.success) }
        #expect(await desk.resolve(payment) == "settled by abab", "\(row.name)")
        let asked = try desk.asked("/settle")
        #expect(asked.count == 2 && asked[0] == asked[1], "\(row.name): another payload")
    }

    @Test func `a service's word is believed in the words of the specification`() async throws {
        let desk = try await RemoteDesk()
        #expect(desk.remote.shortfall(ChainDesk.option)?.contains("connecting") == true)
        #expect(await desk.remote.confirm())
        #expect(desk.remote.shortfall(ChainDesk.option) == nil)
        desk.set { $0.settle = .body(RemoteDesk.success) }
        let authorization = desk.desk.authorization()
        let payment = try await desk.desk.claim(authorization)
        #expect(await desk.settle(payment) == "settled by abab")
        let body = try #require(try desk.asked("/settle").first)
        #expect(body["x402Version"]?.int64 == 2)
        #expect(body["paymentPayload"]?["x402Version"]?.int64 == 2)
        #expect(body["paymentPayload"]?["accepted"] == body["paymentRequirements"])
        let terms = try #require(body["paymentRequirements"])
        #expect(terms["amount"]?.string == "1000000" && terms["network"]?.string == "eip155:8453" && terms["extra"]?["name"]?.string == "USD Coin")
        let sent = try #require(body["paymentPayload"]?["payload"]?["authorization"])
        #expect(sent["value"]?.string == "1000000" && sent["from"]?.string == ChainDesk.payer.address.checksummed)
    }

    @Test func `a service that speaks version 1 only is asked in version 1`() async throws {
        let desk = try await RemoteDesk()
        desk.set {
            $0.supported = .body(#"{"kinds":[{"x402Version":1,"scheme":"exact","network":"base"}]}"#)
            $0.settle = .body(RemoteDesk.success.replacing("eip155:8453", with: "base"))
        }
        #expect(await desk.remote.confirm())
        #expect(await desk.settle(try await desk.desk.claim(desk.desk.authorization())) == "settled by abab")
        let body = try #require(try desk.asked("/settle").first)
        #expect(body["x402Version"]?.int64 == 1 && body["paymentPayload"]?["network"]?.string == "base")
        #expect(body["paymentRequirements"]?["maxAmountRequired"]?.string == "1000000")
        #expect(body["paymentRequirements"]?["resource"]?.string == "https://shop.example")
    }

    @Test(arguments: [
        #"{"kinds":[]}"#, #"{"kinds":[{"x402Version":2,"scheme":"exact","network":"eip155:1"}]}"#,
        #"{"kinds":[{"x402Version":2,"scheme":"upto","network":"eip155:8453"}]}"#, "{}", "rubbish",
    ])
    func `nothing is offered by a service that does not settle on the chain`(_ supported: String) async throws {
        let desk = try await RemoteDesk()
        desk.set { $0.supported = .body(supported) }
        #expect(await !desk.remote.confirm())
        #expect(desk.remote.shortfall(ChainDesk.option) != nil)
        #expect(await desk.settle(try await desk.desk.claim(desk.desk.authorization())).hasPrefix("not sent"))
    }

    // MARK: Several services

    @Test func `the next service is asked only when the request certainly did not arrive`() async throws {
        let second = try await RemoteDesk()
        second.set { $0.settle = .body(RemoteDesk.success) }
        let first = try await RemoteDesk(after: [second.url + "/x402"])
        #expect(await first.remote.confirm())
        let cut = try await first.desk.claim(first.desk.authorization())
        #expect(await first.settle(cut) == "unknown")
        #expect(try second.asked("/settle").isEmpty)
        #expect(try await first.attempts(cut).count == 1)
        #expect(await first.resolve(cut) == "unknown")
        #expect(try second.asked("/settle").isEmpty && first.asked("/settle").count == 2)
    }

    @Test func `a service at which nobody listens any more is passed over, and counts as not asked`() async throws {
        let dead = try NodeServer.deadURL()
        let desk = try await RemoteDesk(limit: ChainDesk.price, before: [dead])
        desk.set { $0.settle = .body(RemoteDesk.success) }
        #expect(await desk.remote.confirm())
        // It was there when it was last looked for.
        let host = try #require(FacilitatorAddress(dead)?.host)
        desk.remote.learn(2, of: host)
        let payment = try await desk.desk.claim(desk.desk.authorization())
        #expect(await desk.settle(payment) == "settled by abab")
        let attempts = try await desk.attempts(payment)
        #expect(attempts.first { $0.service == host }?.mayHaveArrived == false)
        #expect(attempts.filter(\.isUnclear).count == 1)
        // What never reached it is not counted as entrusted to it.
        #expect(desk.remote.trust.allows(AtomicAmount(UInt128(ChainDesk.price)), for: host, at: desk.desk.clock.now))
    }

    // MARK: The end of the window

    @Test func `after its window a payment that was refused for certain has failed, and one with a lost answer never has`() async throws {
        for (reply, told) in [(misbehaviour("refuses"), "failed: invalid_exact_evm_payload_authorization_valid_before"), (.cut, "unknown")] {
            let desk = try await RemoteDesk()
            #expect(await desk.remote.confirm())
            desk.set { $0.settle = reply }
            let payment = try await desk.desk.claim(desk.desk.authorization())
            #expect(await desk.settle(payment) == "unknown")
            #expect(await desk.resolve(payment) == "unknown")
            desk.set { $0.settle = misbehaviour("refuses") }
            desk.desk.clock.advance(.seconds(400))
            #expect(await desk.resolve(payment) == told)
        }
    }

    private func misbehaviour(_ name: String) -> NodeServer.Reply { Self.misbehaviours.first { $0.name == name }?.reply ?? .cut }

    // MARK: The limit of a day

    @Test func `without a node a service is believed up to a limit a day, and nothing is offered beyond it`() async throws {
        let desk = try await RemoteDesk(limit: 2 * ChainDesk.price)
        #expect(await desk.remote.confirm())
        desk.set { $0.settle = .body(RemoteDesk.success) }
        let option = ChainDesk.option
        let price = AtomicAmount(UInt128(ChainDesk.price))
        for nonce in [1, 2] as [UInt8] {
            #expect(desk.remote.shortfall(option, amount: price) == nil)
            #expect(await desk.settle(try await desk.desk.claim(desk.desk.authorization(nonce: nonce))) == "settled by abab")
        }
        #expect(desk.remote.shortfall(option) == nil)
        #expect(desk.remote.shortfall(option, amount: price)?.contains("tomorrow") == true)
        #expect(await desk.verify(desk.desk.authorization(nonce: 3)).hasPrefix("proven, but unavailable"))
        let third = try await desk.desk.claim(desk.desk.authorization(nonce: 3))
        #expect(await desk.settle(third) == "not sent: unexpected_settle_error")
        #expect(try desk.asked("/settle").count == 2)
        #expect(try await desk.attempts(third).isEmpty)
        desk.desk.clock.advance(.seconds(25 * 3600))
        #expect(desk.remote.shortfall(option, amount: price) == nil)
    }

    @Test func `what was entrusted before a restart counts`() async throws {
        let desk = try await RemoteDesk()
        #expect(await desk.remote.confirm())
        let payment = try await desk.desk.claim(desk.desk.authorization())
        #expect(await desk.settle(payment) == "unknown")
        let entrusted = try await desk.desk.reader.entrusted(network: ChainDesk.option.network, since: desk.desk.clock.now - .seconds(86_400))
        #expect(entrusted.count == 1 && entrusted.first?.amount == AtomicAmount(UInt128(ChainDesk.price)))
    }

    // MARK: With a node

    @Test func `with a node only the chain's word counts`() async throws {
        let desk = try await RemoteDesk(hasNode: true)
        #expect(await desk.remote.confirm())
        let authorization = desk.desk.authorization()
        let payment = try await desk.desk.claim(authorization)
        // The answer is lost, though the money moved.
        try desk.desk.useElsewhere(authorization)
        #expect(await desk.settle(payment) == "unknown")
        #expect(await desk.resolve(payment) == ChainDesk.settled(by: ChainDesk.elsewhere))
        #expect(try desk.asked("/settle").count == 1)
        #expect(try desk.asked("/verify").isEmpty)
    }

    @Test func `a settlement that the chain shows is proved by the asset's logs`() async throws {
        let desk = try await RemoteDesk(hasNode: true, limit: 0)
        #expect(await desk.remote.confirm())
        #expect(desk.remote.shortfall(ChainDesk.option, amount: AtomicAmount(1)) == nil)
        let authorization = desk.desk.authorization()
        let payment = try await desk.desk.claim(authorization)
        try desk.desk.useElsewhere(authorization)
        desk.set { $0.settle = .body(RemoteDesk.success.replacing(RemoteDesk.transaction, with: ChainDesk.elsewhere.hex)) }
        #expect(await desk.settle(payment) == ChainDesk.settled(by: ChainDesk.elsewhere))
    }

    @Test func `an unused authorization has failed once its window is closed for good`() async throws {
        let desk = try await RemoteDesk(hasNode: true)
        #expect(await desk.remote.confirm())
        let payment = try await desk.desk.claim(desk.desk.authorization())
        #expect(await desk.settle(payment) == "unknown")
        desk.desk.clock.advance(.seconds(400))
        #expect(await desk.resolve(payment) == "unknown")
        desk.desk.chain.set { $0.finalTime = payment.authorization.validBefore + 1 }
        #expect(await desk.resolve(payment) == "failed: invalid_exact_evm_payload_authorization_valid_before")
    }
}
