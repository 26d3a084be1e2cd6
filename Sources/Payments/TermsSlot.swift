/// A place in the terms of a 402 that is filled anew for each answer.
enum TermsSlot: UInt8, CaseIterable {
    case seal = 1
    case nonce, issuedAt, expires

    /// What stands in its place beforehand: a character that no text of ours can contain.
    var mark: String { String(Unicode.Scalar(rawValue)) }

    /// The bytes with which it is filled, at most.
    private var length: Int {
        switch self {
        case .seal: 82
        case .nonce: 32
        case .issuedAt, .expires: 20
        }
    }

    /// How long the header becomes that is made of such JSON, its beginning included.
    static func headerLength(_ json: [UInt8]) -> Int {
        let (pieces, slots) = split(json)
        return (pieces.reduce(160) { $0 + $1.count } + slots.reduce(0) { $0 + $1.length }) * 4 / 3
    }

    /// Cuts a JSON object at its marks; its opening brace becomes a comma, for two members go before.
    static func split(_ json: [UInt8]) -> (pieces: [[UInt8]], slots: [TermsSlot]) {
        var pieces: [[UInt8]] = [Array(",".utf8)]
        var slots: [TermsSlot] = []
        var rest = json.dropFirst()
        // With the quotes of a mark, for a text may say \u0001 in six characters.
        let start = Array(#""\u000"#.utf8)
        while let range = rest.firstRange(of: start) {
            let after = range.upperBound
            guard after + 1 < rest.endIndex, rest[after + 1] == UInt8(ascii: "\""), let slot = TermsSlot(rawValue: rest[after] &- 0x30) else {
                pieces[pieces.count - 1] += rest[..<after]
                rest = rest[after...]
                continue
            }
            pieces[pieces.count - 1] += rest[...range.lowerBound]
            pieces.append([])
            slots.append(slot)
            rest = rest[(after + 1)...]
        }
        pieces[pieces.count - 1] += rest
        return (pieces, slots)
    }
}

extension ArraySlice<UInt8> {
    fileprivate func firstRange(of pattern: [UInt8]) -> Range<Int>? {
        guard count >= pattern.count else { return nil }
        return indices.dropLast(pattern.count - 1).first { self[$0..<$0 + pattern.count].elementsEqual(pattern) }.map { $0..<$0 + pattern.count }
    }
}
