import Configuration
import Domain
import Foundation
import Logging
import SystemPackage
import Yams

/// What belongs to the machine: the file pushcart.yaml, then the environment (`PUSHCART_…`), then flags, each before the one before.
struct MachineSettings: Sendable {
    var host = "127.0.0.1"
    var port = 4020
    var origin: String?
    var data: String?
    var logLevel = Logger.Level.info
    /// How long an answer waits for the chain.
    var settlementWait = Duration.seconds(4)
    /// Off only where something else counts, or in a test.
    var isRateLimited = true
    /// Whose `Forwarded` and `X-Forwarded-For` are believed.
    var trustedProxies: [AddressBlock] = []
    /// Hosts in private networks to which calls of APIs may go, whoever names them; in lower case.
    var upstreamHosts: [String] = []
    /// A listener of its own for measurements, open to whoever reaches it.
    var metrics: (host: String, port: Int)?
    /// Whether each request is told in the log.
    var logsAccess = false
    /// Whether the steps of payments are told in the log.
    var traces = false
    var networks: [NetworkSettings] = []
    /// What the networks are called in the file, in the same order.
    private(set) var networkNames: [String] = []

    /// The configuration file that is read when none is named, if it is there.
    static let standardFile = "/etc/pushcart/pushcart.yaml"

    /// Reads file and environment.
    /// - Parameter file: named on the command line; nil for the standard one.
    /// - Throws: `CommandFailure` with what is wrong and where.
    static func read(file: String?, environment: [String: String] = ProcessInfo.processInfo.environment) async throws -> MachineSettings {
        let path = file ?? (FileManager.default.fileExists(atPath: standardFile) ? standardFile : nil)
        var providers: [any ConfigProvider] = [
            EnvironmentVariablesProvider(environmentVariables: environment).prefixKeys(with: "pushcart")
        ]
        var names: [String] = []
        if let path {
            guard let text = FileManager.default.contents(atPath: path).map({ String(decoding: $0, as: UTF8.self) }) else {
                throw CommandFailure.refused("\(path) cannot be read; check its name and permissions.")
            }
            // The library takes a file of comments only for a broken one.
            guard let networks = try SettingsKeys.check(text, file: path) else {
                return try MachineSettings(ConfigReader(providers: providers), networks: [])
            }
            names = networks
            do { providers.append(try await FileProvider<YAMLSnapshot>(filePath: FilePath(path))) } catch {
                throw CommandFailure.refused("\(path) cannot be understood: \(error)")
            }
        }
        return try MachineSettings(ConfigReader(providers: providers), networks: names)
    }

    private init(_ reader: ConfigReader, networks names: [String]) throws {
        if let listen = reader.string(forKey: "listen") { try set(listen: listen) }
        if let text = reader.string(forKey: "origin") { origin = try Self.origin(text) }
        data = reader.string(forKey: "data")
        if let text = reader.string(forKey: "log-level") {
            guard let level = Logger.Level(rawValue: text) else {
                throw CommandFailure.refused("“log-level” is one of \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")), not “\(text)”.")
            }
            logLevel = level
        }
        if let text = reader.string(forKey: "settlement-wait") {
            guard let seconds = Double(text), (0...600).contains(seconds) else {
                throw CommandFailure.refused("“settlement-wait” is a number of seconds from 0 to 600, not “\(text)”.")
            }
            settlementWait = .milliseconds(Int64(seconds * 1000))
        }
        isRateLimited = try Self.isOn("rate-limit", reader) ?? isRateLimited
        logsAccess = try Self.isOn("access-log", reader) ?? logsAccess
        traces = try Self.isOn("trace", reader) ?? traces
        trustedProxies = try (reader.stringArray(forKey: "trusted-proxies") ?? []).map { text in
            guard let block = AddressBlock(text) else {
                throw CommandFailure.refused("“trusted-proxies” lists addresses such as 10.0.0.0/8 or ::1, not “\(text.prefix(64))”.")
            }
            return block
        }
        upstreamHosts = try (reader.stringArray(forKey: "upstream-hosts") ?? []).map { text in
            let bracketed = text.contains(":") ? "[\(text)]" : text
            guard let host = UpstreamAddress("http://\(bracketed)")?.host, host == text.lowercased() else {
                throw CommandFailure.refused("“upstream-hosts” lists names and addresses such as api.internal or 10.0.0.7, not “\(text.prefix(64))”.")
            }
            return host
        }
        if let text = reader.string(forKey: "metrics-listen") { metrics = try Self.address(text) }
        networkNames = names
        networks = try names.map { try NetworkSettings(name: $0, reader.scoped(to: ConfigKey(["networks", $0]))) }
    }

    private static func isOn(_ key: String, _ reader: ConfigReader) throws -> Bool? {
        guard let text = reader.string(forKey: ConfigKey([key])) else { return nil }
        guard ["on", "off"].contains(text) else { throw CommandFailure.refused("“\(key)” is on or off, not “\(text.prefix(40))”.") }
        return text == "on"
    }

    /// Reads `HOST:PORT`, `[::1]:PORT` or `:PORT`.
    mutating func set(listen text: String) throws { (host, port) = try Self.address(text) }

    static func address(_ text: String) throws -> (host: String, port: Int) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]), (1...65_535).contains(port) else {
            throw CommandFailure(exitCode: 2, sentence: "“\(text)” is no address to listen on; write HOST:PORT, such as 127.0.0.1:4020.")
        }
        let name = text[..<colon]
        let isBracketed = name.hasPrefix("[") && name.hasSuffix("]")
        guard isBracketed || !name.contains(":") else {
            throw CommandFailure(
                exitCode: 2, sentence: "“\(text)” is no address to listen on; write an IPv6 address in brackets, such as [::1]:4020.")
        }
        let host = isBracketed ? String(name.dropFirst().dropLast()) : String(name)
        return (host.isEmpty ? "0.0.0.0" : host, port)
    }

    /// The public address that follows from the one listened on.
    func standardOrigin(port: Int) -> String {
        let name = ["0.0.0.0", "::", "*"].contains(host) ? "127.0.0.1" : host.contains(":") ? "[\(host)]" : host
        return "http://\(name):\(port)"
    }

    /// An origin as it is written everywhere: scheme and authority, no slash at the end.
    /// - Throws: `CommandFailure` when it is none.
    static func origin(_ text: String) throws -> String {
        let text = text.hasSuffix("/") ? String(text.dropLast()) : text
        guard let url = URLComponents(string: text), url.scheme == "http" || url.scheme == "https", let host = url.host, !host.isEmpty,
            url.path.isEmpty,
            url.query == nil, url.fragment == nil, url.user == nil, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else {
            throw CommandFailure(exitCode: 2, sentence: "“\(text.prefix(80))” is no origin; write a scheme and a host, such as https://shop.example.")
        }
        return text
    }
}
