import Foundation
import HTTPTypes
import NIOCore

/// An answer on the shelf: a file with the status, the header fields, an empty line and the body.
struct StoredAnswer: Sendable {
    /// What stands before the body.
    struct Head: Sendable {
        let status: Int
        let fields: HTTPFields

        var bytes: [UInt8] {
            // Neither names nor values hold line breaks: HTTPTypes refuses them.
            Array(("\(status)\n" + fields.map { "\($0.name.rawName): \($0.value)\n" }.joined() + "\n").utf8)
        }
    }

    let head: Head
    let path: String
    /// Where the body stands in the file.
    let body: Range<Int64>

    private static let maximumHead = 128 * 1024

    /// Nil for a file that is not there or cannot be read.
    init?(path: String) {
        guard let file = FileHandle(forReadingAtPath: path) else { return nil }
        defer { try? file.close() }  // it was only read
        guard let start = try? file.read(upToCount: Self.maximumHead), let length = try? file.seekToEnd(),  // as if it were not there
            let end = start.range(of: Data("\n\n".utf8))
        else { return nil }
        let lines = String(decoding: start[..<end.lowerBound], as: UTF8.self).split(separator: "\n")
        guard let status = lines.first.flatMap({ Int($0) }) else { return nil }
        var fields: HTTPFields = [:]
        for line in lines.dropFirst() {
            guard let colon = line.range(of: ": "), let name = HTTPField.Name(String(line[..<colon.lowerBound])) else { return nil }
            fields.append(HTTPField(name: name, value: String(line[colon.upperBound...])))
        }
        head = Head(status: status, fields: fields)
        self.path = path
        body = Int64(end.upperBound)..<Int64(length)
    }
}
