import JSON
import Testing
import X402

@Suite struct PaymentHeaderTests {
    static func base64(_ text: String) -> String { Base64.encode(Array(text.utf8)) }

    static func refusal(_ value: String) -> WireError? {
        do {
            _ = try PaymentHeader.decode(value)
            return nil
        } catch { return error }
    }

    @Test func `an object survives a header with its members in order`() throws {
        let object: JSONObject = ["x402Version": 2, "later": ["a": [1, "é", nil]], "error": "\"quoted\" \\ 日本"]
        let read = try PaymentHeader.decode(PaymentHeader.encode(object))
        #expect(read == object)
        #expect(read.keys == object.keys)
    }

    @Test func `an object without members is read`() throws {
        #expect(try PaymentHeader.decode("e30=").isEmpty)
        #expect(try PaymentHeader.decode("e30").isEmpty)
    }

    @Test(arguments: [
        ("", "The payment header is empty."), ("%%%", "The payment header is not base64 (standard alphabet)."),
        ("eyJ4-_8", "The payment header is not base64 (standard alphabet)."), (base64("[]"), "The payment header holds no JSON object."),
        (base64("\"x\""), "The payment header holds no JSON object."), (base64("null"), "The payment header holds no JSON object."),
    ])
    func `what is no base64 of an object is refused with a sentence`(_ value: String, _ sentence: String) {
        #expect(Self.refusal(value) == WireError(.invalidPayload, sentence))
    }

    @Test(arguments: [
        "", "{", "{}{}", "{'a':1}", #"{"a":1,"a":2}"#, #"{"a":1,}"#, #"{"a":01}"#, #"{"a":NaN}"#, "\u{FEFF}{}", #"{"a":"\ud800"}"#, "{\"a\":\"\n\"}",
    ])
    func `malformed JSON is refused as such`(_ text: String) {
        let error = Self.refusal(text.isEmpty ? "IA==" : Self.base64(text))
        #expect(error?.reason == .invalidPayload)
        #expect(error?.sentence.hasPrefix("The payment header is not JSON: ") == true)
    }

    @Test func `bytes that are not UTF-8 are refused`() {
        #expect(Self.refusal(Base64.encode(Array(#"{"a":""#.utf8) + [0xC3, 0x28] + Array(#""}"#.utf8)))?.reason == .invalidPayload)
    }

    @Test func `the longest header is read and one more byte is not`() throws {
        let empty = #"{"a":""}"#.utf8.count
        let longest = PaymentHeader.encode(["a": .string(String(repeating: "x", count: 12_288 - empty))])
        #expect(longest.utf8.count == PaymentHeader.maximumLength)
        #expect(try PaymentHeader.decode(longest)["a"]?.string?.count == 12_288 - empty)
        #expect(
            Self.refusal(longest + "A") == WireError(.invalidPayload, "The payment header is longer than 16384 bytes."))
    }

    @Test func `the depth is bounded`() throws {
        func nested(_ depth: Int) -> String {
            Self.base64(#"{"a":"# + String(repeating: "[", count: depth - 1) + String(repeating: "]", count: depth - 1) + "}")
        }
        #expect(throws: Never.self) { try PaymentHeader.decode(nested(16)) }
        #expect(Self.refusal(nested(17))?.reason == .invalidPayload)
        #expect(Self.refusal(nested(4000))?.reason == .invalidPayload)
    }

    @Test func `the number of values is bounded`() {
        func values(_ count: Int) -> String { Self.base64(#"{"a":["# + [String](repeating: "1", count: count).joined(separator: ",") + "]}") }
        #expect(throws: Never.self) { try PaymentHeader.decode(values(900)) }
        #expect(Self.refusal(values(1001))?.reason == .invalidPayload)
    }
}
