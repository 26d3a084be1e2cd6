extension JSONFields {
    /// An object, read by `read` with a reader of its own whose problems are added to these.
    ///
    ///     let price = fields.object("price") { price in
    ///         let amount = price.string("amount", length: 1...78)
    ///         price.refuseUnknown()
    ///         return amount.map(Price.init)
    ///     }
    public mutating func object<Part>(
        _ key: String, _ presence: JSONPresence = .required, read: (inout JSONFields) -> Part?
    ) -> Part? {
        guard let object = object(key, presence) else { return nil }
        return self.read(object, at: pointer.appending(key), read)
    }

    /// An array of objects, each read by `read`. Nil when one of them gave nil; all are read nevertheless.
    public mutating func array<Part>(
        _ key: String, _ presence: JSONPresence = .required, count: ClosedRange<Int> = 0...1_000, read: (inout JSONFields) -> Part?
    ) -> [Part]? {
        guard let elements = array(key, presence, count: count) else { return nil }
        var parts: [Part] = []
        for (index, element) in elements.enumerated() {
            let place = pointer.appending(key).appending(index)
            guard let object = element.object else {
                add([JSONProblem(place, Sentence.object)])
                continue
            }
            if let part = self.read(object, at: place, read) { parts.append(part) }
        }
        return parts.count == elements.count ? parts : nil
    }

    private mutating func read<Part>(_ object: JSONObject, at place: JSONPointer, _ read: (inout JSONFields) -> Part?) -> Part? {
        var fields = JSONFields(object, at: place)
        let part = read(&fields)
        add(fields.problems)
        return part
    }
}
