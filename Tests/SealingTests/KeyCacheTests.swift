import Crypto
import Testing

@testable import Sealing

@Suite struct KeyCacheTests {
    @Test func `it never holds more than its limit and keeps what is used`() {
        var cache = KeyCache(limit: 10)
        let kept = SymmetricKey(size: .bits256)
        cache.store(kept, .shop)
        for number in Int64(0)..<100 {
            cache.store(SymmetricKey(size: .bits256), .person(number))
            #expect(cache.count <= 10)
            #expect(cache.key(.shop) == kept)
        }
        #expect(cache.key(.person(0)) == nil)
        #expect(cache.key(.person(99)) != nil)
    }

    @Test func `what is removed is gone from both generations`() {
        var cache = KeyCache(limit: 4)
        for number in Int64(0)..<3 { cache.store(SymmetricKey(size: .bits256), .person(number)) }
        for number in Int64(0)..<3 {
            cache.remove(.person(number))
            #expect(cache.key(.person(number)) == nil)
        }
        #expect(cache.count == 0)
    }

    @Test func `look-ups are counted, in either generation`() {
        var cache = KeyCache(limit: 10)
        #expect(cache.key(.person(0)) == nil)
        // Five fill the younger generation, which then is the older one.
        for number in Int64(0)..<6 { cache.store(SymmetricKey(size: .bits256), .person(number)) }
        for number in Int64(0)..<6 where number % 5 == 0 { #expect(cache.key(.person(number)) != nil) }
        #expect(cache.hits == 2 && cache.misses == 1)
    }

    @Test func `storing again replaces`() {
        var cache = KeyCache(limit: 4)
        let keys = (0..<3).map { _ in SymmetricKey(size: .bits256) }
        for key in keys { cache.store(key, .mara) }
        #expect(cache.key(.mara) == keys[2])
        #expect(cache.count == 1)
    }
}
