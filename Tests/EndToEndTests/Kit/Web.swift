import Foundation

/// An answer over HTTP.
struct Answer: Sendable {
    let status: Int
    let fields: [(name: String, value: String)]
    let body: Data

    subscript(name: String) -> String? { fields.first { $0.name.lowercased() == name.lowercased() }?.value }
    var text: String { String(decoding: body, as: UTF8.self) }
    /// Null where the body is no JSON.
    var json: JSON { (try? JSON(parsing: body)) ?? .null }
    /// PAYMENT-RESPONSE, or version 1's.
    var outcome: JSON { JSON(header: self["PAYMENT-RESPONSE"] ?? self["X-PAYMENT-RESPONSE"]) }
    /// The reason code, wherever the answer has it.
    var reason: String? { outcome["errorReason"].text ?? json["detail"].text?.split(separator: ":").first.map(String.init) ?? json["error"].text }
    /// The address of a `Link` with that relation.
    func link(_ relation: String) -> String? {
        self["Link"]?.components(separatedBy: ", ").first { $0.contains("rel=\"\(relation)\"") }
            .flatMap { $0.split(separator: ">").first?.dropFirst().description }
    }
}

/// A client that does exactly what it is told: one request, one connection, nothing corrected.
enum Web {
    static func request(
        _ port: Int, _ method: String, _ target: String, _ headers: [(String, String)] = [], body: Data? = nil, timeout: Duration = .seconds(30)
    ) async throws -> Answer {
        var head = "\(method) \(target) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n"
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        if let body { head += "Content-Length: \(body.count)\r\n" }
        return try await raw(port, Data((head + "\r\n").utf8) + (body ?? Data()), isHead: method == "HEAD", timeout: timeout)
    }

    static func post(_ port: Int, _ target: String, _ json: JSON) async throws -> JSON {
        let answer = try await request(port, "POST", target, [("Content-Type", "application/json")], body: json.encoded, timeout: .seconds(60))
        guard answer.status == 200 else { throw Socket.Failure(description: "\(target) answered \(answer.status): \(answer.text)") }
        return answer.json
    }

    /// Sends bytes as they are and reads one answer.
    static func raw(_ port: Int, _ bytes: Data, isHead: Bool = false, timeout: Duration = .seconds(30)) async throws -> Answer {
        try await onThread {
            let socket = try Socket(port, timeout: timeout)
            try socket.send(bytes)
            let (head, begun) = try head(socket)
            return Answer(status: head.status, fields: head.fields, body: isHead ? Data() : try body(socket, head, begun))
        }
    }

    /// Reads up to the body; also the beginning of the body that came along.
    static func head(_ socket: Socket) throws -> (Answer, Data) {
        var bytes = Data()
        let end: Range<Data.Index>
        while true {
            if let found = bytes.range(of: Data("\r\n\r\n".utf8)) {
                end = found
                break
            }
            let more = try socket.receive()
            guard !more.isEmpty else { throw Socket.Failure(description: "closed without an answer") }
            bytes += more
        }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        let words = lines[0].split(separator: " ")
        guard words.count >= 2, let status = Int(words[1]) else { throw Socket.Failure(description: "no answer: \(lines[0])") }
        let fields = lines.dropFirst().compactMap { line -> (name: String, value: String)? in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            return (String(line[..<colon]), line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces))
        }
        return (Answer(status: status, fields: fields, body: Data()), Data(bytes[end.upperBound...]))
    }

    /// Reads an answer to its end without keeping it.
    static func count(_ socket: Socket) throws -> (Answer, Int) {
        let (answer, begun) = try head(socket)
        var count = begun.count
        while case let more = try socket.receive(atMost: 1 << 20), !more.isEmpty { count += more.count }
        return (answer, count)
    }

    private static func body(_ socket: Socket, _ head: Answer, _ begun: Data) throws -> Data {
        var bytes = begun
        if head.status == 204 || head.status == 304 { return Data() }
        let isChunked = head["Transfer-Encoding"]?.lowercased() == "chunked"
        let length = head["Content-Length"].flatMap { Int($0) }
        while isChunked || length.map({ bytes.count < $0 }) ?? true {
            let more = try socket.receive(atMost: 1 << 20)
            if more.isEmpty { break }
            bytes += more
        }
        if let length, bytes.count < length { throw Socket.Failure(description: "closed after \(bytes.count) of \(length) bytes") }
        return isChunked ? try dechunked(bytes) : bytes
    }

    private static func dechunked(_ bytes: Data) throws -> Data {
        var rest = bytes[...]
        var body = Data()
        while let end = rest.range(of: Data("\r\n".utf8)) {
            guard let size = Int(String(decoding: rest[rest.startIndex..<end.lowerBound], as: UTF8.self), radix: 16) else { break }
            if size == 0 { return body }
            guard rest.distance(from: end.upperBound, to: rest.endIndex) >= size + 2 else { break }
            body += rest[end.upperBound..<end.upperBound + size]
            rest = rest[(end.upperBound + size + 2)...]
        }
        throw Socket.Failure(description: "closed in the middle of a chunk")
    }
}
