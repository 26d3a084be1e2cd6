import JSON
import Testing

@Suite struct JSONFieldsTests {
    enum Kind: String, CaseIterable { case file, pass }

    private func lines(_ fields: JSONFields) -> [String] { fields.problems.map(\.description) }

    @Test func `a good object is read without problems`() {
        var fields = JSONFields([
            "slug": "guide", "kind": "pass", "live": true, "stock": 12, "tags": ["a", "b"], "price": ["amount": "10"], "list": [1], "raw": [:],
            "note": nil,
        ])
        #expect(fields.string("slug", length: 1...64) == "guide")
        #expect(fields.choice("kind", of: Kind.self) == .pass)
        #expect(fields.bool("live") == true)
        #expect(fields.int("stock", in: 0...100) == 12)
        #expect(fields.strings("tags", count: 1...3, length: 1...9) == ["a", "b"])
        #expect(fields.object("price") { $0.string("amount") } == "10")
        #expect(fields.array("list") == [1])
        #expect(fields.object("raw") == JSONObject())
        #expect(fields.string("note", .optional) == nil)
        #expect(fields.string("absent", .optional) == nil)
        fields.refuseUnknown()
        #expect(fields.problems.isEmpty)
    }

    @Test func `all problems are collected, each with its pointer, in the order of reading`() {
        var fields = JSONFields(
            [
                "slug": "", "title": 5, "kind": "film", "live": "yes", "stock": 101, "tags": ["ok", 1, "far too long"], "price": "10", "list": [],
                "note": nil,
            ], at: JSONPointer.root.appending("products").appending(3))
        #expect(fields.string("slug", length: 1...64) == nil)
        #expect(fields.string("title") == nil)
        #expect(fields.choice("kind", of: Kind.self) == nil)
        #expect(fields.bool("live") == nil)
        #expect(fields.int("stock", in: 0...100) == nil)
        #expect(fields.strings("tags", length: 0...5) == nil)
        #expect(fields.object("price") == nil)
        #expect(fields.array("list", count: 1...2) == nil)
        #expect(fields.string("note") == nil)
        #expect(fields.string("missing") == nil)
        #expect(
            lines(fields) == [
                "/products/3/slug: This must be 1 to 64 characters long; it has 0.",
                "/products/3/title: This must be text.",
                #"/products/3/kind: This must be one of: "file", "pass"."#,
                "/products/3/live: This must be true or false.",
                "/products/3/stock: This must be between 0 and 100.",
                "/products/3/tags/1: This must be text.",
                "/products/3/tags/2: This must be at most 5 characters long; it has 12.",
                "/products/3/price: This must be an object.",
                "/products/3/list: This must be a list of 1 to 2 elements; it has 0.",
                "/products/3/note: This field is required and must not be null.",
                "/products/3/missing: This field is required.",
            ])
    }

    @Test(arguments: ["1.0", "1e2", "-0", #""1""#, "true", "[1]", "1E0"]) func `an integer field refuses what is not a plain integer`(
        _ literal: String
    ) throws {
        var fields = JSONFields(value: try JSONValue(parsing: #"{"n":\#(literal)}"#))
        #expect(fields.int("n", .optional) == nil)
        #expect(lines(fields) == ["/n: This must be a whole number, written without quotes, fraction or exponent."])
    }

    @Test func `ranges hold at their ends and are said plainly`() throws {
        func problems(_ literal: String, _ range: ClosedRange<Int>) throws -> [String] {
            var fields = JSONFields(value: try JSONValue(parsing: #"{"n":\#(literal)}"#))
            let value = fields.int("n", in: range)
            #expect((value == nil) != fields.problems.isEmpty)
            return fields.problems.map(\.reason)
        }
        #expect(try problems("1", 1...3).isEmpty)
        #expect(try problems("3", 1...3).isEmpty)
        #expect(try problems("0", 1...3) == ["This must be between 1 and 3."])
        #expect(try problems("4", 1...3) == ["This must be between 1 and 3."])
        #expect(try problems("0", 1...Int.max) == ["This must be at least 1."])
        #expect(try problems("9", Int.min...3) == ["This must be at most 3."])
        #expect(try problems("9223372036854775807", Int.min...Int.max).isEmpty)
        #expect(try problems("9223372036854775808", 0...Int.max) == ["This number has too many digits."])
    }

    @Test func `length counts code points, not bytes`() {
        var fields = JSONFields(["a": "é€😀", "b": "é€😀!"])
        #expect(fields.string("a", length: 3...3) == "é€😀")
        #expect(fields.string("b", length: 3...3) == nil)
        #expect(lines(fields) == ["/b: This must be exactly 3 characters long; it has 4."])
    }

    @Test func `parts are read with their own reader and their problems come along`() {
        var fields = JSONFields(["price": ["amount": 10, "currency": "EUR"], "items": [["id": 1], 2, ["id": "x"], ["id": 4, "idd": 5]]])
        let price = fields.object("price") { price -> String? in
            let amount = price.string("amount")
            price.refuseUnknown()
            return amount
        }
        let items = fields.array("items") { item -> Int? in
            defer { item.refuseUnknown() }
            return item.int("id")
        }
        #expect(price == nil)
        #expect(items == nil)
        #expect(
            lines(fields) == [
                "/price/amount: This must be text.",
                #"/price/currency: There is no field "currency" here."#,
                "/items/1: This must be an object.",
                "/items/2/id: This must be a whole number, written without quotes, fraction or exponent.",
                #"/items/3/idd: There is no field "idd" here. Did you mean "id"?"#,
            ])
        var good = JSONFields(["items": [["id": 1], ["id": 2]]])
        #expect(good.array("items", read: { $0.int("id") }) == [1, 2])
        #expect(good.problems.isEmpty)
    }

    @Test(
        arguments: [
            ("slgu", "slug"), ("Slug", "slug"), ("pay_to", "payTo"), ("discription", "description"), ("descripton", "description"),
            ("colour", nil), ("x", nil), ("slug\u{0}slug", nil),
        ] as [(String, String?)])
    func `an unknown field is reported with the nearest known one`(_ key: String, _ expected: String?) throws {
        var fields = JSONFields(JSONObject([(key, 1)]))
        for known in ["slug", "payTo", "description"] { _ = fields.value(known, .optional) }
        fields.refuseUnknown()
        let problem = try #require(fields.problems.first)
        #expect(problem.pointer == JSONPointer.root.appending(key))
        #expect(problem.reason.hasSuffix(expected.map { "Did you mean \"\($0)\"?" } ?? " here."))
        #expect(fields.problems.count == 1)
    }

    @Test func `many or long unknown fields do not make a long report`() {
        var many = JSONFields(JSONObject((0..<1_000).map { ("key \($0)", 1) }))
        many.refuseUnknown()
        #expect(many.problems.count == 21)
        #expect(many.problems.last == JSONProblem(.root, "980 more fields are not known here."))
        var long = JSONFields(JSONObject([(String(repeating: "x", count: 100_000), 1)]))
        long.refuseUnknown()
        #expect(lines(long).joined().count < 150)
    }

    @Test func `a value that is no object is one problem, whatever is read then`() {
        var fields = JSONFields(value: [1, 2])
        #expect(fields.string("slug") == nil)
        fields.refuseUnknown()
        #expect(lines(fields) == [": This must be an object."])
    }

    @Test func `a rule of the caller's own is reported like the others`() {
        var fields = JSONFields(["slug": "a b"])
        if let slug = fields.string("slug"), slug.contains(" ") { fields.refuse("slug", "This must not contain spaces.") }
        #expect(lines(fields) == ["/slug: This must not contain spaces."])
    }
}
