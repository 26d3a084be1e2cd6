import Crypto

/// Plain keys of the subjects used last. Two generations: when the younger one has filled its half, the older one is forgotten.
struct KeyCache {
    private let half: Int
    private var young: [Subject: SymmetricKey] = [:]
    private var old: [Subject: SymmetricKey] = [:]
    private(set) var hits: Int64 = 0
    private(set) var misses: Int64 = 0

    /// - Parameter limit: how many keys there are at most, at least 2.
    init(limit: Int) { half = limit / 2 }

    var count: Int { young.count + old.count }

    mutating func key(_ subject: Subject) -> SymmetricKey? {
        if let key = young[subject] {
            hits += 1
            return key
        }
        guard let key = old[subject] else {
            misses += 1
            return nil
        }
        hits += 1
        store(key, subject)
        return key
    }

    mutating func store(_ key: SymmetricKey, _ subject: Subject) {
        old[subject] = nil
        young[subject] = key
        guard young.count >= half else { return }
        old = young
        young = [:]
    }

    mutating func remove(_ subject: Subject) {
        young[subject] = nil
        old[subject] = nil
    }
}
