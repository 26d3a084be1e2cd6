import Domain
import Foundation
import GRDB
import Storage
import Testing

struct SignInStoreTests {
    static let now = Timestamp(seconds: 1_800_000_000)

    @Test func `a nonce is good once, also of many at the same moment and after the file was opened again`() async throws {
        let shop = try TemporaryShop()
        let nonce = [UInt8](repeating: 1, count: 16)
        let writer = shop.writer
        let taken = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<20 { group.addTask { try await writer.useNonce(nonce, expires: Self.now + .seconds(60), at: Self.now) } }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(taken == 1)
        let again = try ShopDatabase(path: shop.path)
        #expect(try await !again.writer.useNonce(nonce, expires: Self.now + .seconds(60), at: Self.now))
        #expect(try await again.writer.useNonce([UInt8](repeating: 2, count: 16), expires: Self.now + .seconds(60), at: Self.now))
        try again.close()
    }

    @Test func `nonces that have expired are forgotten`() async throws {
        let shop = try TemporaryShop()
        let later = Self.now + .seconds(61)
        _ = try await shop.writer.useNonce([UInt8](repeating: 1, count: 16), expires: Self.now + .seconds(60), at: Self.now)
        _ = try await shop.writer.useNonce([UInt8](repeating: 2, count: 16), expires: later + .seconds(60), at: later)
        let count = try await shop.reader.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM sign_in_nonces") }
        #expect(count == 1)
    }
}
