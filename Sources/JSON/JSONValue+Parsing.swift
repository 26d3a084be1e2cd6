extension JSONValue {
    /// Parses one JSON text strictly (RFC 8259): no duplicate keys (however they are escaped), no byte order mark, valid
    /// UTF-8 without lone surrogates, nothing after the value, nothing beyond the limits.
    ///
    /// Bytes that lie contiguously (arrays, buffers, NIO's views) are read in place. Of others, at most `maxBytes` and
    /// one more are copied.
    public init(parsing bytes: some Sequence<UInt8>, limits: JSONLimits = .default) throws(JSONError) {
        let parsed = bytes.withContiguousStorageIfAvailable { JSONValue.parse($0, limits: limits) }
        if let parsed {
            self = try parsed.get()
            return
        }
        let copy = Array(bytes.prefix(limits.maxBytes + 1))
        self = try copy.withUnsafeBufferPointer { JSONValue.parse($0, limits: limits) }.get()
    }

    /// Parses one JSON text; see the initialiser for bytes. Offsets in errors count UTF-8 bytes.
    public init(parsing text: String, limits: JSONLimits = .default) throws(JSONError) {
        var text = text
        self = try text.withUTF8 { JSONValue.parse($0, limits: limits) }.get()
    }

    private static func parse(_ bytes: UnsafeBufferPointer<UInt8>, limits: JSONLimits) -> Result<JSONValue, JSONError> {
        var parser = JSONParser(bytes, limits: limits)
        do throws(JSONError) {
            return .success(try parser.parse())
        } catch {
            return .failure(error)
        }
    }
}
