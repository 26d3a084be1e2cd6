/// What a product's words may be, checked before anything is stored.
public enum ProductRules {
    public static let titleLength = 1...120
    public static let summaryLength = 0...300
    public static let tagCount = 0...5
    public static let tagLength = 1...32
    public static let maximumArticleLength: Int64 = 1024 * 1024

    /// One sentence for what is wrong with a title, or nil.
    public static func problem(title: String) -> String? {
        problem(text: title, name: "title", length: titleLength)
    }

    public static func problem(summary: String) -> String? {
        problem(text: summary, name: "summary", length: summaryLength)
    }

    public static func problem(tags: [String]) -> String? {
        if !tagCount.contains(tags.count) { return "There are at most \(tagCount.upperBound) tags." }
        if Set(tags).count != tags.count { return "A tag is named twice." }
        for tag in tags {
            if let problem = problem(text: tag, name: "tag", length: tagLength) { return problem }
            if !tag.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x2C }) {
                return "A tag has ASCII letters, digits and marks only, without blanks and commas."
            }
        }
        return nil
    }

    private static func problem(text: String, name: String, length: ClosedRange<Int>) -> String? {
        if !length.contains(text.unicodeScalars.count) { return "The \(name) has \(length.lowerBound) to \(length.upperBound) characters." }
        if text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
            return "The \(name) has a control character or a line break in it."
        }
        return nil
    }
}
