import Foundation
import Yams

/// The keys that pushcart.yaml may have. The library passes unknown ones in silence; here they are refused with the nearest known one.
enum SettingsKeys {
    static let top = [
        "listen", "origin", "data", "log-level", "settlement-wait", "rate-limit", "trusted-proxies", "metrics-listen", "access-log", "trace",
        "upstream-hosts", "networks",
    ]
    static let network = [
        "chain-id", "name", "rpc-urls", "explorer", "asset", "fees", "facilitator-urls", "facilitator-daily-limit", "finality-depth", "refunds",
    ]
    static let asset = ["address", "symbol", "decimals", "currency", "domain-name", "domain-version"]
    static let fees = ["coin-price", "maximum-loss", "daily-budget", "cap-per-settlement"]
    static let refunds = ["daily-count", "daily-amount"]
    private static let maps: Set = ["networks", "asset", "fees", "refunds"]
    private static let lists: Set = ["rpc-urls", "facilitator-urls", "trusted-proxies", "upstream-hosts"]

    /// The names of the networks in the file; nil when nothing is set in it.
    /// - Throws: `CommandFailure` for what is not YAML and for a key that nobody reads.
    static func check(_ text: String, file: String) throws -> [String]? {
        let root: Node?
        do { root = try Yams.compose(yaml: text) } catch { throw CommandFailure.refused("\(file) is not YAML: \(error)") }
        guard let root, root != Node("", Tag(.null)), !text.allSatisfy(\.isWhitespace) else { return nil }
        guard case .mapping(let map) = root else { throw CommandFailure.refused("\(file) holds no keys and values.") }
        try check(map, top, at: "", file)
        guard let networks = map["networks"] else { return [] }
        guard case .mapping(let networks) = networks else { return [] }
        var names: [String] = []
        for (name, settings) in networks {
            guard let name = name.string, case .mapping(let settings) = settings else {
                throw CommandFailure.refused("\(file): every entry of “networks” is a name with keys below it.")
            }
            names.append(name)
            try check(settings, network, at: "networks.\(name).", file)
            for (key, known) in [("asset", asset), ("fees", fees), ("refunds", refunds)] {
                if case .mapping(let map)? = settings[key] { try check(map, known, at: "networks.\(name).\(key).", file) }
            }
        }
        return names
    }

    /// The `data` key of a settings file; nil when there is none, or no such file. What else is wrong with it is said when it is read.
    static func data(inFile path: String) -> String? {
        guard let bytes = FileManager.default.contents(atPath: path),
            case .mapping(let map)? = (try? Yams.compose(yaml: String(decoding: bytes, as: UTF8.self))).flatMap({ $0 })  // said later
        else { return nil }
        return map["data"]?.string
    }

    private static func check(_ map: Node.Mapping, _ known: [String], at place: String, _ file: String) throws {
        for (key, value) in map {
            let name = key.string ?? "?"
            if known.contains(name) {
                guard fits(name, value) else {
                    let shape = maps.contains(name) ? "keys and values below it" : lists.contains(name) ? "a list below it" : "one value"
                    throw CommandFailure.refused("\(file): “\(place)\(name)” has \(shape).")
                }
                continue
            }
            let nearest = known.min { distance($0, name) < distance($1, name) } ?? ""
            throw CommandFailure.refused("\(file): “\(place)\(name)” is no setting; did you mean “\(place)\(nearest)”?")
        }
    }

    /// Whether a value has its key's shape; the library takes any other for a missing one.
    private static func fits(_ name: String, _ value: Node) -> Bool {
        switch value {
        case .mapping: maps.contains(name)
        case .sequence: lists.contains(name)
        default: !maps.contains(name) && !lists.contains(name)
        }
    }

    /// Levenshtein's distance.
    private static func distance(_ a: String, _ b: String) -> Int {
        let b = Array(b)
        var row = Array(0...b.count)
        for (i, character) in a.enumerated() {
            var last = row[0]
            row[0] = i + 1
            for j in b.indices {
                let next = min(row[j + 1] + 1, row[j] + 1, last + (character == b[j] ? 0 : 1))
                last = row[j + 1]
                row[j + 1] = next
            }
        }
        return row[b.count]
    }
}
