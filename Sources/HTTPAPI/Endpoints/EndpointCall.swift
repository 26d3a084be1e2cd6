import Crypto
import Domain
import Foundation
import HTTPTypes
import Hummingbird
import JSON
import NIOCore
import Storage

/// A call of an operation, after it was found out who calls and that they may.
struct EndpointCall: Sendable {
    let endpoint: Endpoint
    let request: Request
    let context: ShopContext
    /// Who calls; nil where everyone may and nobody is known.
    let caller: Principal?
    /// The parameters of the query, each once and each declared.
    let query: [String: String]
    /// The body as it came, for operations that take JSON.
    let bytes: [UInt8]
    /// What the caller's `Idempotency-Key` means, if there is one.
    let memory: CallMemory?

    /// Who calls an operation that not everyone may call.
    var principal: Principal {
        guard let caller else { preconditionFailure("the operation \(endpoint.id) is for everyone") }
        return caller
    }

    /// A parameter of the address, as it was written.
    func path(_ name: String) -> String { context.parameters.get(name) ?? "" }

    /// The id in the address.
    /// - Throws: 404 when it is none.
    func id(_ name: String = "id") throws(Problem) -> Int64 {
        let text = path(name)
        guard text.utf8.count <= 18, text.utf8.first != 0x30, text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let id = Int64(text) else {
            throw .notFound
        }
        return id
    }

    /// A parameter of the query; nil when it is not there.
    /// - Throws: 400 when it is not what `type` says.
    func value<Value>(_ name: String, _ type: JSONType<Value>) throws(Problem) -> Value? {
        precondition(endpoint.parameters.contains { $0.name == name && $0.place == .query }, "the parameter \(name) is declared")
        guard let text = query[name] else { return nil }
        var json = JSONValue.string(text)
        switch type.schema["type"]?.string {
        case "integer":
            let digits = text.utf8.count <= 18 && !text.isEmpty && text.utf8.allSatisfy { 0x30...0x39 ~= $0 }
            if digits, text == "0" || text.utf8.first != 0x30, let number = Int64(text) { json = .integer(number) }
        case "boolean": if text == "true" || text == "false" { json = .bool(text == "true") }
        default: break
        }
        var problems: [JSONProblem] = []
        let value = type.read(json, .root, &problems)
        guard problems.isEmpty, let value else {
            throw Problem(.badRequest, "The parameter “\(name)”: \(problems.first?.reason ?? "it cannot be read.")")
        }
        return value
    }

    var limit: Int { get throws(Problem) { try value("limit", .integer(1...500)) ?? 50 } }

    /// The body.
    /// - Throws: 400 when it is not JSON.
    func json() throws(Problem) -> JSONValue {
        do { return try JSONValue(parsing: bytes) } catch { throw Problem(.badRequest, "The body is not JSON: \(error)") }
    }

    /// Refuses an edit of an edition that is not the one named in `If-Match`, `*` meaning any.
    func expects(_ etag: String) throws(Problem) {
        guard let wanted = request.headers[.ifMatch] else { return }
        let tags = wanted.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        guard tags.contains("*") || tags.contains(etag) else {
            throw Problem(
                .preconditionFailed, "It was changed meanwhile: this is edition \(etag). Read it again before changing it.", headers: [.eTag: etag])
        }
    }

    /// The revision that an edit is of; nil when any will do.
    var expectedRevision: Int64? {
        // One of several editions has been looked for before.
        guard let wanted = request.headers[.ifMatch], wanted != "*", !wanted.contains(",") else { return nil }
        // What is no revision of ours matches none.
        return Int64(wanted.trimmingCharacters(in: CharacterSet(charactersIn: "\" "))) ?? 0
    }

    /// Remembers the answer under the caller's `Idempotency-Key`, in the write that makes it true; nil when the call has none.
    /// - Parameter answer: the answer to a value of the write; nil when nothing was done.
    func note<Value>(_ answer: @escaping @Sendable (Value) throws -> EndpointAnswer?) -> WriteNote<Value>? {
        memory?.note(answer)
    }
}
