import Domain
import Payments
import Storage
import Testing

@Suite struct DeliveryLogTests {
    static func receipt(_ desk: PayDesk, _ product: Product, nonce: Int64 = 1, payer: Int64 = 1) async throws -> Receipt {
        guard case .admitted(let receipt) = try await desk.gate().admit(PayDesk.payV1(nonce: nonce, payer: payer), for: product) else {
            throw PayDesk.Missing()
        }
        return receipt
    }

    @Test func `deliveries are noted at the end at the latest, many at once`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        let log = DeliveryLog(writer: desk.writer, log: desk.log)
        var ids: [Int64] = []
        for payer in 1...5 as ClosedRange<Int64> {
            let receipt = try await Self.receipt(desk, product, nonce: payer, payer: payer)
            log.delivered(receipt)
            ids.append(receipt.payment.id)
        }
        let kept = try await Self.receipt(desk, product, nonce: 6, payer: 6)
        let service = Task { try await log.run() }
        service.cancel()
        try await service.value
        for id in ids { #expect(try desk.state(id) == .delivered) }
        #expect(try desk.state(kept.payment.id) == .settled)
    }

    @Test func `what was delivered is recalled as before, and noted once`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        let log = DeliveryLog(writer: desk.writer, log: desk.log)
        log.delivered(try await Self.receipt(desk, product))
        let service = Task { try await log.run() }
        service.cancel()
        try await service.value
        let again = try await Self.receipt(desk, product)
        #expect(again.payment.state == .delivered)
        #expect(!again.wasOwned)
        log.delivered(again)
        #expect(try await Self.receipt(desk, product, nonce: 2).wasOwned)
    }

    @Test func `a note that cannot be stored stops nobody`() async throws {
        let desk = try PayDesk()
        let log = DeliveryLog(writer: desk.writer, log: desk.log)
        log.delivered(try await Self.receipt(desk, desk.product()))
        try desk.database.close()
        let service = Task { try await log.run() }
        service.cancel()
        try await service.value
        #expect(await desk.logBook.next().hasPrefix("error: deliveries could not be noted: "))
    }
}
