import HTTPTypes
import Testing

@testable import HTTPAPI

@Suite struct PreconditionTableTests {
    static let ranges: [(range: String, length: Int64, outcome: Preconditions.Outcome)] = [
        ("bytes=0-0", 10, .part(0...0)), ("bytes=0-", 10, .part(0...9)), ("bytes=9-", 10, .part(9...9)), ("bytes=5-4", 10, .whole),
        ("bytes=0-9", 10, .part(0...9)), ("bytes=0-10", 10, .part(0...9)), ("bytes=3-99999999999999999999", 10, .part(3...9)),
        ("bytes=10-", 10, .unsatisfiable), ("bytes=10-12", 10, .unsatisfiable), ("bytes=12-3", 10, .unsatisfiable),
        ("bytes=99999999999999999999-", 10, .unsatisfiable), ("bytes=-1", 10, .part(9...9)), ("bytes=-10", 10, .part(0...9)),
        ("bytes=-11", 10, .part(0...9)), ("bytes=-0", 10, .unsatisfiable), ("bytes=0-", 0, .unsatisfiable), ("bytes=-1", 0, .unsatisfiable),
        ("bytes=-", 10, .whole), ("bytes=", 10, .whole), ("bytes=1", 10, .whole), ("bytes=--1", 10, .whole), ("bytes=a-b", 10, .whole),
        ("bytes=+1-2", 10, .whole), ("bytes= 1-2", 10, .whole), ("bytes=1-2,3-4", 10, .whole), ("items=1-2", 10, .whole), ("1-2", 10, .whole),
        ("bytes=١-٢", 10, .whole),
    ]

    @Test(arguments: ranges) func `a range is read to the letter`(_ row: (range: String, length: Int64, outcome: Preconditions.Outcome)) {
        #expect(Preconditions.judge([.range: row.range], etag: "\"a\"", length: row.length) == row.outcome)
    }

    @Test func `two range headers mean the whole`() {
        var headers: HTTPFields = [.range: "bytes=0-1"]
        headers.append(HTTPField(name: .range, value: "bytes=3-4"))
        #expect(Preconditions.judge(headers, etag: "\"a\"", length: 10) == .whole)
    }

    static let conditions: [(name: HTTPField.Name, value: String, outcome: Preconditions.Outcome)] = [
        (.ifMatch, "\"a\"", .part(0...1)), (.ifMatch, " \"b\" ,  \"a\"  ", .part(0...1)), (.ifMatch, "*", .part(0...1)), (.ifMatch, "\"b\"", .failed),
        (.ifMatch, "W/\"a\"", .failed), (.ifMatch, "a", .failed), (.ifMatch, "", .failed), (.ifNoneMatch, "\"a\"", .notModified),
        (.ifNoneMatch, "W/\"a\"", .notModified), (.ifNoneMatch, "*", .notModified), (.ifNoneMatch, "\"b\", \"a\"", .notModified),
        (.ifNoneMatch, "\"b\"", .part(0...1)), (.ifNoneMatch, "", .part(0...1)), (.ifRange, "\"a\"", .part(0...1)), (.ifRange, "W/\"a\"", .whole),
        (.ifRange, "\"b\"", .whole), (.ifRange, "Sun, 22 Nov 2026 00:00:00 GMT", .whole),
    ]

    @Test(arguments: conditions) func `tags decide before the range does`(
        _ row: (name: HTTPField.Name, value: String, outcome: Preconditions.Outcome)
    ) {
        #expect(Preconditions.judge([row.name: row.value, .range: "bytes=0-1"], etag: "\"a\"", length: 10) == row.outcome)
    }

    @Test func `a failed match goes before one that is not modified`() {
        #expect(Preconditions.judge([.ifMatch: "\"b\"", .ifNoneMatch: "\"a\""], etag: "\"a\"", length: 10) == .failed)
        #expect(Preconditions.judge([.ifRange: "\"a\""], etag: "\"a\"", length: 10) == .whole)
    }
}
