import Domain
import Foundation
import GRDB

// How values of Domain stand in columns; the only file that knows.

extension AtomicAmount {
    /// An integer where it fits, else 39 digits with leading zeros.
    var column: DatabaseValue {
        if let small = Int64(exactly: units) { return small.databaseValue }
        let digits = String(units)
        return (String(repeating: "0", count: 39 - digits.utf8.count) + digits).databaseValue
    }

    init(column: DatabaseValue) throws {
        if let small = Int64.fromDatabaseValue(column), let units = UInt128(exactly: small) {
            self.init(units)
        } else if let digits = String.fromDatabaseValue(column), let units = UInt128(digits) {
            self.init(units)
        } else {
            throw StorageError.corrupt("an amount is neither an integer nor digits")
        }
    }
}

extension Timestamp {
    init(column milliseconds: Int64) { self.init(milliseconds: milliseconds) }
}

extension UInt64 {
    /// Eight bytes, big-endian: a window may lie beyond a signed integer.
    var column: DatabaseValue { withUnsafeBytes(of: bigEndian) { blob($0) } }

    init(column bytes: [UInt8]) { self = bytes.reduce(0) { $0 << 8 | UInt64($1) } }
}

func blob(_ bytes: some Collection<UInt8>) -> DatabaseValue { DatabaseValue(value: Data(bytes)) ?? .null }

extension Row {
    /// The column's bytes.
    /// - Throws: `StorageError.corrupt` when it is no blob.
    func bytes(_ index: Int) throws -> [UInt8] {
        try optionalBytes(index) ?? { throw StorageError.corrupt("a blob is missing") }()
    }

    func optionalBytes(_ index: Int) throws -> [UInt8]? {
        try withUnsafeData(atIndex: index) { data in data.map { [UInt8]($0) } }
    }
}
