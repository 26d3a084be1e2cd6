import Domain
import JSON

enum RefundText {
    static let states = RefundState.allCases.map(\.rawValue)
    static let head = ["REFUND", "ASKED", "STATE", "AMOUNT", "ORDER", "PAYER"]

    static func row(_ refund: JSONValue) -> [String] {
        [
            number(refund), refund.text("createdAt"), refund.text("state"), LedgerText.amount(refund), refund.text("order"), refund.text("payer"),
        ]
    }

    private static func number(_ refund: JSONValue) -> String { String(refund["id"]?.int64 ?? 0) }

    /// A refund in words, with what comes next.
    static func told(_ refund: JSONValue) -> String {
        var text = """
            Refund \(number(refund)), \(refund.text("state"))
              amount       \(LedgerText.amount(refund)) on \(refund.text("network"))
              order        \(refund.text("order"))
              to wallet    \(refund.text("payer"))
              access       \(refund["endsAccess"]?.bool == true ? "ends when it is paid" : "is kept")
              reason       \(refund.text("reason"))
              asked by     \(refund.text("requestedBy")) \(refund.text("createdAt"))
            """
        if refund["approvedBy"] != nil { text += "\n  approved by  \(refund.text("approvedBy")) \(refund.text("approvedAt"))" }
        if refund["transaction"] != nil { text += "\n  transaction  \(refund.text("transaction"))" }
        if let why = refund["waiting"]?.string { text += "\nIt waits: \(why)" }
        if let why = refund["failure"]?.string { text += "\nIt failed: \(why)" }
        return text + next(refund)
    }

    private static func next(_ refund: JSONValue) -> String {
        switch RefundState(rawValue: refund.text("state")) {
        case .requested: "\nNothing is paid yet. To pay it:  pushcart refund approve \(number(refund))"
        case .approved, .sending, .uncertain: "\nThe daemon pays and follows it. To look again:  pushcart refund show \(number(refund))"
        case .settled, .failed, .cancelled, nil: ""
        }
    }

    /// The lines of an order about what went back; empty where nothing did.
    static func lines(_ order: JSONValue) -> String {
        (order["refunds"]?.array ?? []).map { refund in
            "\n  refund       \(number(refund)): \(LedgerText.amount(refund)), \(refund.text("state"))"
        }.joined() + (order["accessEnded"]?.bool == true ? "\n  access       ended" : "")
    }
}
