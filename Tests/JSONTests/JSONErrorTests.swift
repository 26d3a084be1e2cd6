import JSON
import Testing

@Suite struct JSONErrorTests {
    private func sentence(_ text: String, limits: JSONLimits = .default) -> String? {
        do throws(JSONError) {
            _ = try JSONValue(parsing: text, limits: limits)
            return nil
        } catch {
            return error.description
        }
    }

    @Test func `the description is one sentence that says what and where`() {
        #expect(sentence("[1,]") == "A comma must not stand before a closing brace or bracket (at byte 3).")
        #expect(sentence(#"{"a":1,"a":2}"#) == #"The key "a" occurs twice in one object (at byte 7)."#)
        #expect(sentence("[1]", limits: JSONLimits(maxBytes: 2)) == "The JSON text is longer than 2 bytes (at byte 2).")
        #expect(sentence("") == "The JSON text ends too early (at byte 0).")
    }

    @Test func `no more than 64 characters of the input are repeated`() {
        let long = String(repeating: "z", count: 65)
        #expect(sentence(#"{"\#(long)":1,"\#(long)":2}"#)?.filter { $0 == "z" }.count == 63)
        let just = String(repeating: "x", count: 64)
        #expect(sentence(#"{"\#(just)":1,"\#(just)":2}"#)?.contains(just) == true)
        let marks = "a" + String(repeating: "\u{301}", count: 10_000)
        #expect((sentence(#"{"\#(marks)":1,"\#(marks)":2}"#)?.unicodeScalars.count ?? .max) < 150)
    }

    @Test func `what is invisible in a key is shown escaped`() {
        #expect(sentence(#"{"a\n\u202e":1,"a\n\u202e":2}"#)?.contains(#""a\u{a}\u{202e}""#) == true)
    }
}
