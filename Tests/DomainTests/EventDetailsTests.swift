import Domain
import Testing

@Suite struct EventDetailsTests {
    @Test func `details are canonical JSON: names in order, nothing escaped that need not be`() {
        let details = EventDetails([
            ("z", .number(-3)), ("a", .text("Ünï \"c\\d\" \u{1}\n\t\r\u{8}\u{C}/€😀")), ("m", .flag(true)), ("c", .change(from: nil, to: "x")),
            ("d", .change(from: "y", to: nil)), ("e", .changed), ("b", .flag(false)),
        ])
        #expect(
            details.text == #"{"a":"Ünï \"c\\d\" \u0001\n\t\r\b\f/€😀","b":false,"c":{"after":"x","before":null},"#
                + #""d":{"after":null,"before":"y"},"e":"changed","m":true,"z":-3}"#)
    }

    @Test func `where there is nothing to say nothing is said`() {
        #expect(EventDetails([]) == .none)
        #expect(EventDetails.none.text.isEmpty)
    }
}
