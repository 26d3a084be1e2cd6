import Foundation
import HTTPTypes
import JSON

/// Where a list goes on: after which key, in which order. Opaque to clients, stable under inserts.
struct PageCursor: Sendable {
    let sort: String
    /// The key of the last item of the page before.
    let last: String

    init(sort: String, last: String) {
        self.sort = sort
        self.last = last
    }

    /// The cursor of a call; nil on the first page.
    /// - Throws: 400 when it is not one of ours for this order.
    init?(_ call: EndpointCall, sort: String) throws(Problem) {
        guard let text = try call.value("cursor", JSONType<String>.string(1...200)) else { return nil }
        let padded = text.replacing("-", with: "+").replacing("_", with: "/") + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        let parts = Data(base64Encoded: padded).flatMap { String(bytes: $0, encoding: .utf8) }?.split(separator: " ", maxSplits: 1)
        guard let parts, parts.count == 2, parts[0] == sort else {
            throw Problem(.badRequest, "This cursor is not one of this list in this order; begin without one.", kind: "cursor")
        }
        self.sort = sort
        last = String(parts[1])
    }

    var text: String {
        Data("\(sort) \(last)".utf8).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// The last id, in lists that are ordered by it.
    /// - Throws: 400 when it is none.
    var lastID: Int64 {
        get throws(Problem) {
            guard let id = Int64(last), id > 0 else {
                throw Problem(.badRequest, "This cursor is not one of this list; begin without one.", kind: "cursor")
            }
            return id
        }
    }
}
