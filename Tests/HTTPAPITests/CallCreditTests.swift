import Domain
import Foundation
import GRDB
import HTTPTypes
import HummingbirdTesting
import Payments
import Storage
import Testing
import X402

@testable import HTTPAPI

/// Calls that are answered before they are paid: how many and how much is exact, whatever comes at once.
@Suite struct CallCreditTests {
    private static func shop(_ settlement: Settlement, _ service: FakeService, count: Int, amount: String = "1.00") async throws -> TestShop {
        let amount = try Money(amount, .usd)
        let shop = try ScriptedChain.shop(settlement)
        try await shop.sell(calls: service.address) { $0.credit = PaidAPI.Credit(count: count, amount: amount) }
        return shop
    }

    private static func open(_ shop: TestShop) async throws -> Int {
        var configuration = Configuration()
        configuration.busyMode = .timeout(30)
        let queue = try DatabaseQueue(path: "\(shop.directory)/shop.sqlite", configuration: configuration)
        return try await queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM call_credits") } ?? 0
    }

    /// How many calls of a wallet were answered and how many were not, asked one after the other or at once.
    private static func answered(_ shop: TestShop, _ number: Int, by buyer: Buyer = .ada, from first: Int = 1) async throws -> Int {
        var headers: [HTTPFields] = []
        for index in 0..<number { headers.append(try await shop.pay(for: "/p/weather/n\(index)", by: buyer, nonce: UInt8(first + index))) }
        return try await withThrowingTaskGroup(of: Int.self) { [headers] group in
            for (index, header) in headers.enumerated() {
                group.addTask { try await shop.get("/p/weather/n\(index)", header).status == .ok ? 1 : 0 }
            }
            return try await group.reduce(0, +)
        }
    }

    @Test func `of many calls at once by one wallet no more are answered unpaid than it has credit for`() async throws {
        try await FakeService.run { service in
            let shop = try await Self.shop(.unknown, service, count: 3)
            #expect(try await Self.answered(shop, 9) == 3)
            #expect(try await Self.open(shop) == 3)
            #expect(try await Self.answered(shop, 2, by: .bob, from: 20) == 2)
        }
    }

    @Test func `credit is bounded by its amount, too`() async throws {
        try await FakeService.run { service in
            let shop = try await Self.shop(.unknown, service, count: 100, amount: "0.025")
            #expect(try await Self.answered(shop, 6) == 2)
        }
    }

    @Test func `what is never paid uses credit up for good, and the loss is bounded`() async throws {
        try await FakeService.run { service in
            let shop = try await Self.shop(.failed(WireError(.transactionFailed, "It reverted.")), service, count: 2)
            var answered = 0
            for number in 1...6 { answered += try await Self.answered(shop, 1, from: number) }
            #expect(answered == 2)
            #expect(try await Self.open(shop) == 2)
        }
    }

    @Test func `what is paid frees its credit, and the payment is booked though its answer went out before`() async throws {
        try await FakeService.run { service in
            let shop = try await Self.shop(.settled(transaction: ScriptedChain.transaction), service, count: 1)
            for number in 1...4 {
                let header = try await shop.pay(for: "/p/weather/x", nonce: UInt8(number))
                let answer = try await shop.get("/p/weather/x", header)
                #expect(answer.status == .ok && answer.text == "GET /x ")
                while try await Self.open(shop) > 0 { await Task.yield() }
            }
            #expect(try shop.payments.allSatisfy { $0.state.isPaid })
            #expect(try await shop.sales == (1...4).map { "order.paid \($0)" })
        }
    }

    @Test func `a call that a service answers badly uses no credit`() async throws {
        try await FakeService.run { service in
            let shop = try await Self.shop(.unknown, service, count: 1)
            for number in 1...3 {
                let header = try await shop.pay(for: "/p/weather/status/500", nonce: UInt8(number))
                #expect(try await shop.get("/p/weather/status/500", header).status == .internalServerError)
            }
            #expect(try await Self.open(shop) == 0)
        }
    }

    @Test func `while a settlement is pending nothing is given, and the answer is kept for the retry`() async throws {
        try await FakeService.run { service in
            let shop = try ScriptedChain.shop(.unknown)
            try await shop.sell(calls: service.address)
            let header = try await shop.pay(for: "/p/weather/x")
            let answer = try await shop.get("/p/weather/x", header)
            #expect(answer.status == .paymentRequired && answer.headers[.paymentRequired] == nil && !answer.text.contains("GET /x"))
            #expect(try answer.outcome().errorReason == .settlementPending)
            while try shop.reader.callState(paymentID: 1) != "kept" { await Task.yield() }
            _ = try await shop.writer.post(paymentID: 1, transaction: ScriptedChain.transaction, at: shop.clock.now)
            let again = try await shop.get("/p/weather/x", header)
            #expect(again.status == .ok && again.text == "GET /x " && service.asked.count == 1)
        }
    }

    @Test func `what is kept and not fetched in time is owed back`() async throws {
        try await FakeService.run { service in
            let shop = try ScriptedChain.shop(.unknown)
            try await shop.sell(calls: service.address)
            _ = try await shop.buy("/p/weather/x")
            while try shop.reader.callState(paymentID: 1) != "kept" { await Task.yield() }
            _ = try await shop.writer.post(paymentID: 1, transaction: ScriptedChain.transaction, at: shop.clock.now)
            try await shop.shop.gate.sweepCalls(hasRestarted: false)
            #expect(try await shop.reader.refundsDue().isEmpty)
            shop.clock.advance(.seconds(24 * 3600 + 1))
            try await shop.shop.gate.sweepCalls(hasRestarted: false)
            #expect(try await shop.reader.refundsDue().map(\.id) == [1])
            #expect(try await shop.events(of: .paymentRefundDue) == 1)
        }
    }

    @Test func `when settling fails after the service answered, nothing is given and nothing is owed`() async throws {
        try await FakeService.run { service in
            let shop = try ScriptedChain.shop(.failed(WireError(.transactionFailed, "It reverted.")))
            try await shop.sell(calls: service.address)
            let answer = try await shop.buy("/p/weather/big")
            #expect(answer.status == .paymentRequired && !answer.text.contains("bbbb"))
            while try shop.reader.callState(paymentID: 1) != "done" { await Task.yield() }
            #expect(try await shop.reader.refundsDue().isEmpty)
        }
    }
}
