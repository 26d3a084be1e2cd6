import Foundation
import Testing

/// What a payment came to, on the chain and in the books.
struct Books: Equatable, CustomStringConvertible {
    var income: Int
    var mined: Int
    var orders: Int
    var description: String { "income \(income), \(mined) settlements mined, \(orders) orders" }

    /// `sales` of a cent each, each settled by one transaction.
    static func of(_ sales: Int) -> Books { Books(income: sales * Shop.price, mined: sales, orders: sales) }
}

extension Shop {
    func books(_ node: Node) async throws -> Books {
        Books(income: try await node.income, mined: try await node.stats.mined, orders: try await orders.count)
    }

    /// Another buyer comes along and is served without delay.
    func expectNextSale(_ node: Node, within limit: Duration = .seconds(10), sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let wallet = try await node.buyer()
        let answer = try await payPatiently(try await sign(wallet), within: limit)
        #expect(
            answer.status == 200 && answer.body == Self.song, "the next buyer got \(answer.status) \(answer.text.prefix(300))",
            sourceLocation: sourceLocation)
        #expect(try await node.balance(wallet.address) == Node.purse - Self.price, sourceLocation: sourceLocation)
    }
}

func expectGoods(_ answer: Answer, _ goods: Data = Shop.song, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(answer.status == 200, "\(answer.outcome) \(answer.text.prefix(300))", sourceLocation: sourceLocation)
    #expect(answer.body == goods, "other bytes than the goods", sourceLocation: sourceLocation)
    #expect(answer.outcome["success"] == true, sourceLocation: sourceLocation)
}

/// A refusal: terms again, the reason, nothing of the goods.
func expectRefusal(_ answer: Answer, _ reason: String, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(answer.status == 402, "\(answer.text.prefix(300))", sourceLocation: sourceLocation)
    #expect(answer.outcome["success"] == false && answer.outcome["errorReason"] == .text(reason), "\(answer.outcome)", sourceLocation: sourceLocation)
    #expect(answer["PAYMENT-REQUIRED"] != nil, sourceLocation: sourceLocation)
    #expect(answer.body.range(of: Shop.song.prefix(64)) == nil, sourceLocation: sourceLocation)
}
