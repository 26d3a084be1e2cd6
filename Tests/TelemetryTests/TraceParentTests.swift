import Telemetry
import Testing

@Suite struct TraceParentTests {
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let parent = "00f067aa0ba902b7"

    /// The specification's own example, and what it says of later versions.
    @Test(arguments: [
        ("00-\(trace)-\(parent)-01", true), ("00-\(trace)-\(parent)-00", false), ("00-\(trace)-\(parent)-03", true),
        ("cc-\(trace)-\(parent)-01", true), ("cc-\(trace)-\(parent)-01-what-the-future-will-be-like", true),
    ])
    func `a header as W3C has it is read`(_ text: String, _ isSampled: Bool) throws {
        let read = try #require(TraceParent(text))
        #expect(read.traceID == Self.trace && read.parentID == Self.parent && read.isSampled == isSampled)
        #expect(read.description == "00-\(Self.trace)-\(Self.parent)-\(isSampled ? "01" : "00")")
    }

    @Test(arguments: [
        "", "00", "00-\(trace)-\(parent)", "00-\(trace)-\(parent)-", "00-\(trace)-\(parent)-1", "00-\(trace)-\(parent)-011",
        "00-\(trace)-\(parent)-01-more", "cc-\(trace)-\(parent)-01.more", "ff-\(trace)-\(parent)-01", "00-\(trace.uppercased())-\(parent)-01",
        "00-\(String(repeating: "0", count: 32))-\(parent)-01", "00-\(trace)-\(String(repeating: "0", count: 16))-01",
        "00-\(trace)x\(parent)-01", "00x\(trace)-\(parent)-01", "00-\(trace)-\(parent)x01", "0g-\(trace)-\(parent)-01",
        "00-\(trace.dropLast())g-\(parent)-01", "00-\(trace)-\(parent)-0g", " 00-\(trace)-\(parent)-01",
        "cc-\(trace)-\(parent)-01-\(String(repeating: "a", count: 300))",
    ])
    func `anything else is none`(_ text: String) { #expect(TraceParent(text) == nil) }
}
