import ArgumentParser
import Foundation
import JSON

/// How a command's answer is written.
struct OutputOptions: ParsableArguments {
    @Flag(name: .long, help: "Write JSON (also with PUSHCART_OUTPUT=json).") var json = false

    var isJSON: Bool { json || ProcessInfo.processInfo.environment["PUSHCART_OUTPUT"] == "json" }

    /// Writes the JSON, or the text made of it.
    func write(_ value: JSONValue, text: (JSONValue) -> String) {
        print(isJSON ? String(decoding: value.encoded(pretty: true), as: UTF8.self) : text(value))
    }
}

/// Which shop a command is for.
struct ShopOptions: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("The shop's directory.", valueName: "dir")) var data: String?
}

enum TextTable {
    /// Columns as wide as their widest cell; the last one is not padded.
    static func render(_ head: [String], _ rows: [[String]]) -> String {
        let lines = [head] + rows
        let widths = head.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { cells in
            cells.enumerated().map { index, cell in
                index == cells.count - 1 ? cell : cell + String(repeating: " ", count: widths[index] - cell.count)
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}

extension JSONValue {
    /// The text under a key, or a dash.
    func text(_ key: String) -> String { self[key]?.string ?? "–" }
}
