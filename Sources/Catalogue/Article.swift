import CMarkGFM
import Foundation
import Synchronization

/// An article: Markdown in, a page for people out. What stands before `<!-- more -->` is the free teaser.
public struct Article: Sendable {
    public let markdown: String
    public let teaserMarkdown: String?
    public let html: String
    public let teaserHTML: String?

    static let teaserMark = "<!-- more -->"

    /// Up to 0.29.0.gfm.6 (Debian 12), cmark-gfm registers its extensions and marks their characters in plain global variables.
    private static let oneAtATime = Mutex(())

    /// What its texts take in memory.
    var heapBytes: Int { markdown.utf8.count + html.utf8.count + (teaserMarkdown?.utf8.count ?? 0) + (teaserHTML?.utf8.count ?? 0) + 4 * 32 }

    /// - Throws: `ArticleError` when the bytes are not UTF-8.
    public init(bytes: [UInt8]) throws(ArticleError) {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .notText }
        markdown = text
        html = Self.render(text.replacingOccurrences(of: Self.teaserMark, with: ""))
        if let mark = text.range(of: Self.teaserMark) {
            let teaser = String(text[..<mark.lowerBound])
            teaserMarkdown = teaser
            teaserHTML = Self.render(teaser)
        } else {
            teaserMarkdown = nil
            teaserHTML = nil
        }
    }

    /// CommonMark with GitHub's tables, strikethrough, task lists and links; raw HTML and unsafe links are left out.
    static func render(_ markdown: String) -> String { oneAtATime.withLock { _ in renderAlone(markdown) } }

    private static func renderAlone(_ markdown: String) -> String {
        cmark_gfm_core_extensions_ensure_registered()
        let options = CMARK_OPT_FOOTNOTES | CMARK_OPT_VALIDATE_UTF8
        guard let parser = cmark_parser_new(options) else { preconditionFailure("out of memory") }
        defer { cmark_parser_free(parser) }
        for name in ["table", "strikethrough", "autolink", "tasklist"] {
            if let found = cmark_find_syntax_extension(name) { cmark_parser_attach_syntax_extension(parser, found) }
        }
        var markdown = markdown
        markdown.withUTF8 { text in
            text.withMemoryRebound(to: CChar.self) { cmark_parser_feed(parser, $0.baseAddress, $0.count) }
        }
        guard let document = cmark_parser_finish(parser) else { preconditionFailure("out of memory") }
        defer { cmark_node_free(document) }
        guard let html = cmark_render_html(document, options, cmark_parser_get_syntax_extensions(parser)) else {
            preconditionFailure("out of memory")
        }
        defer { free(html) }
        return String(cString: html)
    }
}

public enum ArticleError: Error, CustomStringConvertible {
    case notText

    public var description: String { "The article is not UTF-8 text." }
}
