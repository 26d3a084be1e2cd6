import Domain
import Testing

@Suite struct ProductRulesTests {
    @Test(arguments: ["A", "Hello, world", "日本語のタイトル", "👩‍🚀", String(repeating: "é", count: 120)]) func `a title of 1 to 120 characters is fine`(
        _ title: String
    ) {
        #expect(ProductRules.problem(title: title) == nil)
    }

    @Test(arguments: [
        ("", "The title has 1 to 120 characters."), (String(repeating: "a", count: 121), "The title has 1 to 120 characters."),
        ("a\nb", "The title has a control character or a line break in it."), ("a\u{0}", "The title has a control character or a line break in it."),
        ("a\u{7F}", "The title has a control character or a line break in it."), ("\t", "The title has a control character or a line break in it."),
    ])
    func `another title is refused with a sentence`(_ title: String, _ sentence: String) {
        #expect(ProductRules.problem(title: title) == sentence)
    }

    @Test func `a summary may be empty and has 300 characters at most`() {
        #expect(ProductRules.problem(summary: "") == nil)
        #expect(ProductRules.problem(summary: String(repeating: "a", count: 300)) == nil)
        #expect(ProductRules.problem(summary: String(repeating: "a", count: 301)) == "The summary has 0 to 300 characters.")
        #expect(ProductRules.problem(summary: "a\r\nb") == "The summary has a control character or a line break in it.")
    }

    @Test(arguments: [[], ["music"], ["a", "b", "c", "d", "e"], [String(repeating: "a", count: 32)], ["C++", "x402", "!"]] as [[String]])
    func `up to five words of ASCII are tags`(_ tags: [String]) {
        #expect(ProductRules.problem(tags: tags) == nil)
    }

    @Test(
        arguments: [
            (["a", "b", "c", "d", "e", "f"], "There are at most 5 tags."), (["a", "a"], "A tag is named twice."),
            ([""], "The tag has 1 to 32 characters."),
            ([String(repeating: "a", count: 33)], "The tag has 1 to 32 characters."),
            (["a b"], "A tag has ASCII letters, digits and marks only, without blanks and commas."),
            (["a,b"], "A tag has ASCII letters, digits and marks only, without blanks and commas."),
            (["é"], "A tag has ASCII letters, digits and marks only, without blanks and commas."),
            (["fine", "a\u{1}"], "The tag has a control character or a line break in it."),
        ] as [([String], String)])
    func `other tags are refused with a sentence`(_ tags: [String], _ sentence: String) {
        #expect(ProductRules.problem(tags: tags) == sentence)
    }
}
