import ArgumentParser
import Domain
import Foundation
import JSON

/// What the commands say of an API: the same when it is added and when it is changed.
struct ProductAPIWords: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("An API to sell calls of: where they go.", valueName: "url")) var upstream: String?
    @Option(
        name: .long,
        help: ArgumentHelp("What may be called and what it costs, such as “GET /forecast/{city} 0.02”; may be repeated.", valueName: "route"))
    var route: [String] = []
    @Flag(name: .long, help: "Sell every call at the product's price, as without routes.") var noRoutes = false
    @Option(
        name: .long,
        help: ArgumentHelp("A file that only you can read, with a header field for the API as “Name: value”; empty takes it away.", valueName: "file")
    )
    var upstreamHeaderFile: String?
    @Option(name: .long, help: ArgumentHelp("The longest body of a request (default 1048576).", valueName: "bytes")) var requestLimit: Int?
    @Option(name: .long, help: ArgumentHelp("How long the API may take until it answers (default 30).", valueName: "seconds"))
    var answerLimit: Int?
    @Option(name: .long, help: ArgumentHelp("How long a whole answer may take (default 600).", valueName: "seconds")) var wholeLimit: Int?
    @Option(name: .long, help: ArgumentHelp("How many calls of a wallet are answered before they are paid (default 0).", valueName: "n"))
    var creditCount: Int?
    @Option(name: .long, help: ArgumentHelp("What those calls may cost together.", valueName: "amount")) var creditAmount: String?

    func validate() throws {
        if !route.isEmpty && noRoutes { throw ValidationError("Name either routes or --no-routes.") }
    }

    var fields: JSONObject {
        get throws {
            var json: JSONObject = [:]
            if let upstream { json["upstream"] = .string(upstream) }
            if !route.isEmpty || noRoutes { json["routes"] = .array(route.map(JSONValue.string)) }
            if let upstreamHeaderFile {
                guard let bytes = try PrivateFile.read(upstreamHeaderFile, what: "header file", limit: 8192) else {
                    throw CommandFailure.refused("There is no file \(upstreamHeaderFile).")
                }
                json["upstreamHeader"] = .string(String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
            }
            if let requestLimit { json["requestLimit"] = .integer(requestLimit) }
            if let answerLimit { json["answerLimit"] = .integer(answerLimit) }
            if let wholeLimit { json["wholeLimit"] = .integer(wholeLimit) }
            if let creditCount { json["creditCount"] = .integer(creditCount) }
            if let creditAmount { json["creditAmount"] = .string(creditAmount) }
            return json
        }
    }

    /// What is told of an API.
    static func text(_ product: JSONValue) -> String {
        let routes = (product["routes"]?.array ?? []).compactMap(\.string)
        let credit = product["creditCount"]?.int64.map { "\n  credit   \($0) calls of up to \(product.text("creditAmount"))" } ?? ""
        return """
              calls go \(product.text("upstream"))\(product["hasUpstreamHeader"]?.bool == true ? " (with its header field)" : "")
              routes   \(routes.isEmpty ? "every call" : routes.joined(separator: "\n           "))\(credit)
            """
    }
}
