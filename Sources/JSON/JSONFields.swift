/// Reads the fields of an object and collects everything that is wrong instead of stopping at the first fault.
///
///     var fields = JSONFields(value: body)
///     let slug = fields.string("slug", length: 1...64)
///     let stock = fields.int("stock", .optional, in: 0...1_000_000)
///     fields.refuseUnknown()
///     guard fields.problems.isEmpty, let slug else { return .invalid(fields.problems) }
///
/// Every reading method returns nil when the field is missing, `null` or wrong; a required field that returned nil has
/// left a problem. Types are strict: an integer is neither `1.0` nor `1e2` nor `"1"`.
public struct JSONFields: Sendable {
    /// The object that is read.
    public let object: JSONObject
    /// Where the object stands in the document.
    public let pointer: JSONPointer
    /// What has been found wrong, in the order of reading.
    public private(set) var problems: [JSONProblem] = []

    private var known: [String] = []
    /// False when a value of another type stands there; then its fields are not missing.
    private(set) var isObject = true

    /// Reads an object that stands at `pointer` of its document.
    public init(_ object: JSONObject, at pointer: JSONPointer = .root) {
        self.object = object
        self.pointer = pointer
    }

    /// Reads a value that should be an object. If it is none, that is the only problem: no field is then reported missing.
    public init(value: JSONValue, at pointer: JSONPointer = .root) {
        self.init(value.object ?? JSONObject(), at: pointer)
        guard value.object == nil else { return }
        problems.append(JSONProblem(pointer, Sentence.object))
        isObject = false
    }

    /// Reports a rule of the caller's own about a field.
    public mutating func refuse(_ key: String, _ reason: String) { problems.append(JSONProblem(pointer.appending(key), reason)) }

    /// Adds problems that were found elsewhere, such as by a reader of a part.
    public mutating func add(_ problems: [JSONProblem]) { self.problems += problems }

    /// The value of a field whatever its type, marking the field as known.
    /// - Parameter nullable: whether `null` is as good as leaving an optional field out.
    public mutating func value(_ key: String, _ presence: JSONPresence = .required, nullable: Bool = true) -> JSONValue? {
        if !known.contains(key) { known.append(key) }
        switch object[key] {
        case nil:
            if presence == .required, isObject { refuse(key, Sentence.missing) }
            return nil
        case .null?:
            if presence == .required { refuse(key, Sentence.null) } else if !nullable { refuse(key, Sentence.notNull) }
            return nil
        case let value?:
            return value
        }
    }

    /// A string; `length` counts Unicode code points.
    public mutating func string(
        _ key: String, _ presence: JSONPresence = .required, length: ClosedRange<Int> = 0...10_000
    ) -> String? {
        guard let value = value(key, presence) else { return nil }
        return check(value, length: length, at: pointer.appending(key))
    }

    /// A string that is the raw value of one of the cases.
    public mutating func choice<Choice>(
        _ key: String, _ presence: JSONPresence = .required, of: Choice.Type = Choice.self
    ) -> Choice? where Choice: CaseIterable & RawRepresentable<String> {
        guard let value = value(key, presence) else { return nil }
        if let text = value.string, let choice = Choice.allCases.first(where: { JSONKey.same($0.rawValue, text) }) { return choice }
        refuse(key, Sentence.choice(Choice.allCases.map(\.rawValue)))
        return nil
    }

    /// `true` or `false`.
    public mutating func bool(_ key: String, _ presence: JSONPresence = .required) -> Bool? {
        guard let value = value(key, presence) else { return nil }
        if value.bool == nil { refuse(key, Sentence.bool) }
        return value.bool
    }

    /// A number written as a plain integer.
    public mutating func int(
        _ key: String, _ presence: JSONPresence = .required, in range: ClosedRange<Int> = Int.min...Int.max
    ) -> Int? {
        guard let value = value(key, presence) else { return nil }
        guard let number = value.number, number.isInteger else {
            refuse(key, Sentence.integer)
            return nil
        }
        guard let integer = number.int64.flatMap(Int.init(exactly:)), range.contains(integer) else {
            refuse(key, number.int64 == nil ? Sentence.digits : Sentence.range(range))
            return nil
        }
        return integer
    }

    /// An array of strings; `length` is for each, in Unicode code points.
    public mutating func strings(
        _ key: String, _ presence: JSONPresence = .required, count: ClosedRange<Int> = 0...1_000, length: ClosedRange<Int> = 0...10_000
    ) -> [String]? {
        guard let elements = array(key, presence, count: count) else { return nil }
        var strings: [String] = []
        for (index, element) in elements.enumerated() {
            if let string = check(element, length: length, at: pointer.appending(key).appending(index)) { strings.append(string) }
        }
        return strings.count == elements.count ? strings : nil
    }

    /// An array of whatever.
    public mutating func array(
        _ key: String, _ presence: JSONPresence = .required, count: ClosedRange<Int> = 0...1_000
    ) -> [JSONValue]? {
        guard let value = value(key, presence) else { return nil }
        guard let elements = value.array else {
            refuse(key, Sentence.array)
            return nil
        }
        guard count.contains(elements.count) else {
            refuse(key, Sentence.count(count, found: elements.count))
            return nil
        }
        return elements
    }

    /// An object as it stands.
    public mutating func object(_ key: String, _ presence: JSONPresence = .required) -> JSONObject? {
        guard let value = value(key, presence) else { return nil }
        if value.object == nil { refuse(key, Sentence.object) }
        return value.object
    }

    private mutating func check(_ value: JSONValue, length: ClosedRange<Int>, at place: JSONPointer) -> String? {
        guard let string = value.string else {
            problems.append(JSONProblem(place, Sentence.string))
            return nil
        }
        let found = string.unicodeScalars.count
        guard length.contains(found) else {
            problems.append(JSONProblem(place, Sentence.length(length, found: found)))
            return nil
        }
        return string
    }

    /// The known name that is spelt most like this one, if any is near.
    public static func nearest(to name: String, among known: [String]) -> String? { JSONSpelling.nearest(to: name, among: known) }

    /// Reports every member that no reading method has asked for, naming the known field that is spelt most like it. Call
    /// it last. Past the twentieth, the others are only counted.
    public mutating func refuseUnknown() {
        let unknown = object.members.map(\.key).filter { key in !known.contains { JSONKey.same($0, key) } }
        for key in unknown.prefix(20) {
            let short = key.unicodeScalars.dropFirst(64).isEmpty
            let place = short ? pointer.appending(key) : pointer
            problems.append(JSONProblem(place, Sentence.unknown(key, nearest: JSONSpelling.nearest(to: key, among: known))))
        }
        if unknown.count > 20 { problems.append(JSONProblem(pointer, Sentence.furtherUnknown(unknown.count - 20))) }
    }
}
