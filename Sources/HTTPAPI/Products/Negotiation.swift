import HTTPTypes

/// What a request wants to read (RFC 9110, section 12.5.1).
struct Negotiation {
    enum Form: String, Hashable {
        case html = "text/html"
        case markdown = "text/markdown"
        case json = "application/json"
    }

    private let accept: String
    private let userAgent: String

    init(_ headers: HTTPFields) {
        let named = headers[.accept] ?? ""
        accept = named.isEmpty ? "*/*" : named
        userAgent = headers[.userAgent] ?? ""
    }

    /// A person with a browser: the header names text/html and the user agent says Mozilla. Link previews count as people.
    var isPerson: Bool {
        guard !userAgent.isEmpty else { return false }
        if userAgent.utf8.holds("Mozilla"), ranges.contains(where: { $0.type == "text/html" && $0.quality > 0 }) { return true }
        return Self.previews.contains { userAgent.utf8.holds($0) }
    }

    private static let previews: [StaticString] = [
        "facebookexternalhit", "Twitterbot", "Slackbot", "LinkedInBot", "Discordbot", "TelegramBot", "WhatsApp", "Mastodon", "Bluesky",
    ]

    private var ranges: [(type: Substring, quality: Int)] {
        accept.lowercased().split(separator: ",").prefix(32).map { part in
            let pieces = part.split(separator: ";")
            var quality = 1000
            for parameter in pieces.dropFirst() {
                let parameter = parameter.drop { $0 == " " }
                if parameter.hasPrefix("q=") { quality = Self.thousandths(parameter.dropFirst(2)) }
            }
            return (type: (pieces.first ?? "").filter { $0 != " " }[...], quality: quality)
        }
    }

    /// The form in which an article is given; nil when none will do. A machine that says nothing gets Markdown.
    var articleForm: Form? {
        let order: [Form] = isPerson ? [.html, .markdown, .json] : [.markdown, .json, .html]
        if accept == "*/*" { return order[0] }
        let ranges = ranges
        let best = order.enumerated().max { a, b in
            (Self.quality(a.element, ranges), -a.offset) < (Self.quality(b.element, ranges), -b.offset)
        }?.element
        return best.flatMap { Self.quality($0, ranges) > 0 ? $0 : nil }
    }

    private static func quality(_ form: Form, _ ranges: [(type: Substring, quality: Int)]) -> Int {
        let family = form.rawValue.prefix { $0 != "/" } + "/*"
        var best: (specificity: Int, quality: Int) = (0, 0)
        for (type, quality) in ranges {
            let specificity =
                type == form.rawValue ? 4 : form == .markdown && type == "text/plain" ? 3 : type == family ? 2 : type == "*/*" ? 1 : 0
            if specificity > best.specificity { best = (specificity, quality) }
        }
        return best.quality
    }

    /// `0.5` as 500; anything odd as 1000.
    private static func thousandths(_ text: Substring) -> Int {
        let text = text.filter { $0 != " " }
        guard text.hasPrefix("0") else { return 1000 }
        let digits = text.dropFirst(2).prefix(3)
        return (Int(digits) ?? 0) * [1000, 100, 10, 1][digits.count]
    }
}

extension String.UTF8View {
    /// Whether the ASCII word stands somewhere in the text. Foundation's search and the standard library's each cost more than a whole 402.
    fileprivate func holds(_ word: StaticString) -> Bool {
        word.withUTF8Buffer { word in
            withContiguousStorageIfAvailable { text in
                guard text.count >= word.count else { return false }
                return (0...text.count - word.count).contains { start in
                    text[start] == word[0] && text[start..<start + word.count].elementsEqual(word)
                }
            } ?? false
        }
    }
}
