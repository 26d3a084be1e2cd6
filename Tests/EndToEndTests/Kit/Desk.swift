import Foundation

/// A wallet of a buyer, a settler or a shop.
struct Wallet: Sendable {
    let key: String
    let address: String
}

/// A payment as pay.py signed it.
struct Signed: Sendable {
    let whole: JSON
    let name: String
    let value: String

    init(_ json: JSON) throws {
        guard let header = json["headers"].object?.first, let value = header.value.text else {
            throw Subprocess.Failure(description: "nothing was signed: \(json)")
        }
        whole = json
        (name, self.value) = (header.key, value)
    }

    var payload: JSON { whole["payload"] }
    var offer: JSON { whole["offer"] }
    var authorization: JSON { whole["authorization"] }
    var header: (String, String) { (name, value) }
    var calldata: String { whole["calldata"]["vrs"].text ?? whole["calldata"]["bytes"].text ?? "" }
}

/// desk.py, one for all tests: it ends with them, and ends what they left.
enum Desk {
    private static let started = Task {
        let desk = try Subprocess(
            [try await Workshop.pythons.v2, Workshop.tools + "/desk.py", Workshop.directory], files: Workshop.directory + "/desk", keepsInput: true)
        guard let port = try await desk.firstLine()["port"].int else { throw Subprocess.Failure(description: "the desk names no port") }
        return (desk, port)
    }

    private static func wish(_ wish: JSON) async throws -> JSON {
        let answer = try await Web.post(try await started.value.1, "/", wish)
        if let error = answer["error"].text { throw Subprocess.Failure(description: error) }
        return answer
    }

    static func wallets(_ count: Int) async throws -> [Wallet] {
        (try await wish(["wallet": .int(count)]).array ?? []).map { Wallet(key: $0["key"].text ?? "", address: $0["address"].text ?? "") }
    }

    static func wallet() async throws -> Wallet { try await wallets(1)[0] }

    /// Signs a payment for what an address asks, with the options of pay.py.
    static func sign(_ url: String, _ key: String, _ options: [String] = []) async throws -> Signed {
        try Signed(try await wish(["pay": .array(([url, "--key", key] + options).map(JSON.text))]))
    }

    /// What a query finds in a shop's database.
    static func rows(_ path: String, _ query: String) async throws -> [[JSON]] {
        (try await wish(["sql": .text(query), "path": .text(path)]).array ?? []).map { $0.array ?? [] }
    }

    /// Sends a transaction of nothing from an account.
    static func transact(on node: Node, from wallet: Wallet) async throws {
        _ = try await wish(["transact": .text(node.url), "key": .text(wallet.key)])
    }

    static func adopt(_ process: Subprocess) async throws { _ = try await wish(["adopt": .int(Int(process.pid))]) }
    static func forget(_ process: Subprocess) async { _ = try? await wish(["forget": .int(Int(process.pid))]) }
}
