/// Guessing which name somebody meant.
enum JSONSpelling {
    /// The candidate with the fewest slips (a letter missing, extra, wrong or swapped with its neighbour), ignoring the case
    /// of ASCII; nil when none is near, which is more than a third of its length away.
    static func nearest(to word: String, among candidates: [String]) -> String? {
        let letters = fold(word)
        guard letters.count <= 64 else { return nil }
        var best: (name: String, slips: Int)?
        for candidate in candidates {
            let other = fold(candidate)
            let allowed = max(1, min(letters.count, other.count) / 3)
            guard abs(letters.count - other.count) <= allowed else { continue }
            let slips = distance(letters, other)
            if slips <= allowed, slips < best?.slips ?? .max { best = (candidate, slips) }
        }
        return best?.name
    }

    /// ASCII letters small; underscores and hyphens away, so that `pay_to` is near `payTo`.
    private static func fold(_ word: String) -> [UInt32] {
        word.unicodeScalars.lazy.filter { $0 != "_" && $0 != "-" }.prefix(65)
            .map { ("A"..."Z").contains($0) ? $0.value + 32 : $0.value }
    }

    /// Edit distance with swaps of neighbours (optimal string alignment).
    private static func distance(_ lhs: [UInt32], _ rhs: [UInt32]) -> Int {
        var before: [Int] = []
        var above = Array(0...rhs.count)
        for (row, letter) in lhs.enumerated() {
            var current = [row + 1]
            for (column, other) in rhs.enumerated() {
                var slips = min(above[column + 1] + 1, current[column] + 1, above[column] + (letter == other ? 0 : 1))
                if row > 0, column > 0, letter == rhs[column - 1], lhs[row - 1] == other { slips = min(slips, before[column - 1] + 1) }
                current.append(slips)
            }
            (before, above) = (above, current)
        }
        return above[rhs.count]
    }
}
