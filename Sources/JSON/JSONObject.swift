/// A JSON object: members in the order in which they were written, every key once.
///
/// Keys are compared by code points, not by Unicode equivalence. Two objects with the same members in different order
/// are equal. Lookup is a linear scan, meant for objects of some dozens of members.
public struct JSONObject: Sendable {
    /// One key with its value.
    public struct Member: Sendable, Hashable {
        public let key: String
        public internal(set) var value: JSONValue

        public static func == (lhs: Member, rhs: Member) -> Bool { JSONKey.same(lhs.key, rhs.key) && lhs.value == rhs.value }

        public func hash(into hasher: inout Hasher) {
            hasher.combine(JSONKey(key))
            hasher.combine(value)
        }
    }

    /// The members in order.
    public private(set) var members: [Member]

    /// An object without members.
    public init() { members = [] }

    /// The members in the order given; of two with one key the later value stays, in the earlier place.
    public init(_ members: [(String, JSONValue)]) {
        self.members = []
        self.members.reserveCapacity(members.count)
        guard members.count > JSONObject.scanned else {
            for (key, value) in members { self[key] = value }
            return
        }
        var places: [JSONKey: Int] = [:]
        for (key, value) in members {
            if let place = places[JSONKey(key)] {
                self.members[place].value = value
            } else {
                places[JSONKey(key)] = self.members.count
                self.members.append(Member(key: key, value: value))
            }
        }
    }

    /// The parser has already made sure that no key comes twice.
    init(unique members: [Member]) { self.members = members }

    /// Up to so many members are compared one by one before a hash table pays.
    static let scanned = 12

    /// The keys in order.
    public var keys: [String] { members.map(\.key) }

    /// How many members there are.
    public var count: Int { members.count }

    /// Whether there is no member.
    public var isEmpty: Bool { members.isEmpty }

    /// The value of a member. Setting keeps the place of a member that exists and appends one that does not; setting nil
    /// removes the member, whereas `.null` writes a null.
    public subscript(key: String) -> JSONValue? {
        get { place(of: key).map { members[$0].value } }
        set {
            switch (place(of: key), newValue) {
            case (let place?, let value?): members[place].value = value
            case (let place?, nil): members.remove(at: place)
            case (nil, let value?): members.append(Member(key: key, value: value))
            case (nil, nil): break
            }
        }
    }

    /// The object with that member set.
    public func adding(_ key: String, _ value: JSONValue) -> JSONObject {
        var object = self
        object[key] = value
        return object
    }

    private func place(of key: String) -> Int? {
        for index in members.indices where JSONKey.same(members[index].key, key) { return index }
        return nil
    }
}

extension JSONObject: Hashable {
    public static func == (lhs: JSONObject, rhs: JSONObject) -> Bool {
        guard lhs.count == rhs.count else { return false }
        // Every value is compared once at most: comparing again after a first difference would double with each level.
        if zip(lhs.members, rhs.members).allSatisfy({ JSONKey.same($0.key, $1.key) }) {
            return zip(lhs.members, rhs.members).allSatisfy { $0.value == $1.value }
        }
        guard lhs.count > scanned else { return lhs.members.allSatisfy { rhs[$0.key] == $0.value } }
        let others = Dictionary(uniqueKeysWithValues: rhs.members.map { (JSONKey($0.key), $0.value) })
        return lhs.members.allSatisfy { others[JSONKey($0.key)] == $0.value }
    }

    public func hash(into hasher: inout Hasher) {
        var sum = 0
        for member in members { sum &+= member.hashValue }
        hasher.combine(members.count)
        hasher.combine(sum)
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }
}
