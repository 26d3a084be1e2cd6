import Catalogue
import Testing

@Suite struct ArticleTests {
    static func article(_ markdown: String) throws -> Article { try Article(bytes: Array(markdown.utf8)) }

    @Test(arguments: [
        ("# Hello", "<h1>Hello</h1>\n"), ("*a* **b** `c`", "<p><em>a</em> <strong>b</strong> <code>c</code></p>\n"), ("", ""),
        ("~~gone~~", "<p><del>gone</del></p>\n"),
        ("- [x] done", "<ul>\n<li><input type=\"checkbox\" checked=\"\" disabled=\"\" /> done</li>\n</ul>\n"),
        ("https://example.com", "<p><a href=\"https://example.com\">https://example.com</a></p>\n"), ("a & b < c", "<p>a &amp; b &lt; c</p>\n"),
        ("日本語 🎵", "<p>日本語 🎵</p>\n"), ("[a](https://example.com \"t\")", "<p><a href=\"https://example.com\" title=\"t\">a</a></p>\n"),
        ("![a](cover.png)", "<p><img src=\"cover.png\" alt=\"a\" /></p>\n"),
    ])
    func `Markdown becomes HTML`(_ markdown: String, _ html: String) throws {
        let article = try Self.article(markdown)
        #expect(article.html == html)
        #expect(article.markdown == markdown)
        #expect(article.teaserMarkdown == nil)
        #expect(article.teaserHTML == nil)
    }

    @Test func `a table becomes a table`() throws {
        let html = try Self.article("| a | b |\n|---|--:|\n| 1 | 2 |\n").html
        #expect(html.contains("<table>"))
        #expect(html.contains("<th>a</th>"))
        #expect(html.contains("<th align=\"right\">b</th>"))
        #expect(html.contains("<td align=\"right\">2</td>"))
    }

    @Test func `a footnote is put below`() throws {
        let html = try Self.article("Text[^1].\n\n[^1]: Note.\n").html
        #expect(html.contains("<section class=\"footnotes\""))
        #expect(html.contains("Note."))
    }

    @Test(arguments: [
        "<script>alert(1)</script>", "Text <script>alert(1)</script>", "<img src=x onerror=alert(1)>", "a <b onclick=x>b</b>",
        "<iframe src=\"//evil\"></iframe>",
        "<style>body{display:none}</style>", "<!-- secret -->", "<a href=\"javascript:alert(1)\">x</a>", "<svg/onload=alert(1)>",
    ])
    func `raw HTML is left out`(_ markdown: String) throws {
        let html = try Self.article(markdown).html
        for mark in ["<script", "<img", "<b ", "<iframe", "<style", "secret", "<a ", "<svg"] { #expect(!html.contains(mark)) }
    }

    @Test(arguments: [
        "[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))", "[x](&#106;avascript:alert(1))", "[x](vbscript:x)", "[x](file:///etc/passwd)",
        "[x](data:text/html;base64,PHNjcmlwdD4=)", "![x](javascript:alert(1))", "<javascript:alert(1)>", "[x][y]\n\n[y]: javascript:alert(1)",
    ])
    func `a link that could run something leads nowhere`(_ markdown: String) throws {
        let html = try Self.article(markdown).html.lowercased()
        for scheme in ["href=\"javascript", "src=\"javascript", "vbscript:", "file:", "data:"] { #expect(!html.contains(scheme)) }
    }

    @Test func `what stands before the mark is the teaser, and the mark is shown to nobody`() throws {
        let article = try Self.article("# Title\n\nFree.\n\n<!-- more -->\n\nPaid **text**.\n")
        #expect(article.teaserMarkdown == "# Title\n\nFree.\n\n")
        #expect(article.teaserHTML == "<h1>Title</h1>\n<p>Free.</p>\n")
        #expect(article.html == "<h1>Title</h1>\n<p>Free.</p>\n<p>Paid <strong>text</strong>.</p>\n")
        #expect(article.markdown.contains("<!-- more -->"))
    }

    @Test func `the first of several marks counts, and one at the start gives an empty teaser`() throws {
        #expect(try Self.article("a\n\n<!-- more -->\n\nb\n\n<!-- more -->\n\nc").teaserMarkdown == "a\n\n")
        #expect(try Self.article("a\n\n<!-- more -->\n\nb\n\n<!-- more -->\n\nc").html == "<p>a</p>\n<p>b</p>\n<p>c</p>\n")
        let empty = try Self.article("<!-- more -->\n\nall of it")
        #expect(empty.teaserMarkdown == "")
        #expect(empty.teaserHTML == "")
    }

    @Test(arguments: ["<!--more-->", "<!-- MORE -->", "<!-- more", "more -->"]) func `another spelling is no mark`(_ mark: String) throws {
        #expect(try Self.article("a\n\n\(mark)\n\nb").teaserMarkdown == nil)
    }

    @Test(arguments: [[0xFF], [0x61, 0xC3, 0x28], [0xED, 0xA0, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80]] as [[UInt8]])
    func `bytes that are not UTF-8 are refused`(_ bytes: [UInt8]) {
        let error = #expect(throws: ArticleError.self) { try Article(bytes: bytes) }
        #expect(error?.description == "The article is not UTF-8 text.")
    }

    @Test func `articles rendered at the same moment do not disturb each other`() async throws {
        let markdown = String(repeating: "~~gone~~ and https://example.com\n\n| a |\n|---|\n| ~~b~~ |\n\n", count: 40)
        let expected = try Self.article(markdown).html
        #expect(expected.contains("<del>") && expected.contains("<a href"))
        let different = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<200 { group.addTask { try Self.article(markdown).html != expected } }
            return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(different == 0)
    }
}
