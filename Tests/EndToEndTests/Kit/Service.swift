import Foundation

/// upstream.py: a service whose calls a shop sells.
struct Service: Sendable {
    let port: Int
    let process: Subprocess
    var url: String { "http://127.0.0.1:\(port)" }

    static func start(_ scenario: Scenario) async throws -> Service {
        let process = try await scenario.start([try await Workshop.pythons.v2, Workshop.tools + "/upstream.py"], keepsInput: true)
        guard let port = try await process.firstLine()["port"].int else { throw Subprocess.Failure(description: "the service names no port") }
        return Service(port: port, process: process)
    }

    /// What it was asked, oldest first.
    var asked: [JSON] { get async throws { try await Web.request(port, "GET", "/asked").json.array ?? [] } }

    func hold() async throws { _ = try await Web.request(port, "POST", "/hold") }
    func letGo() async throws { _ = try await Web.request(port, "POST", "/let-go") }
}

extension Shop {
    /// Sells calls of a service for a cent each.
    func add(_ slug: String = "weather", calls service: Service, _ options: [String] = []) async throws {
        let added = try await cli(
            ["product", "add", "--slug", slug, "--title", "The \(slug)", "--price", "0.01", "--upstream", service.url] + options)
        guard added.code == 0 else { throw Subprocess.Failure(description: "product add: \(added.errors)") }
    }

    func ask(
        _ target: String, _ signed: Signed, method: String = "GET", body: String? = nil, timeout: Duration = .seconds(30)
    ) async throws -> Answer {
        let headers = [signed.header] + (body == nil ? [] : [("Content-Type", "application/json")])
        return try await Web.request(port, method, target, headers, body: body.map { Data($0.utf8) }, timeout: timeout)
    }

    /// Shows the same payment, as an honest buyer does, until it is taken or refused.
    func askPatiently(_ target: String, _ signed: Signed, within limit: Duration = .seconds(40)) async throws -> Answer {
        try await eventually("an end of the payment", within: limit) {
            guard let answer = try? await ask(target, signed) else { return nil }
            if answer.status == 503 || answer.isPending {
                try await Task.sleep(for: .milliseconds(200))
                return nil
            }
            return answer
        }
    }
}
