extension JSONFields {
    /// What ``JSONProblem/reason`` says.
    enum Sentence {
        static let missing = "This field is required."
        static let null = "This field is required and must not be null."
        static let notNull = "This must not be null; leave the field out instead."
        static let string = "This must be text."
        static let bool = "This must be true or false."
        static let integer = "This must be a whole number, written without quotes, fraction or exponent."
        static let digits = "This number has too many digits."
        static let array = "This must be a list."
        static let object = "This must be an object."

        static func choice(_ choices: [String]) -> String {
            "This must be one of: \(choices.map { "\"\($0)\"" }.joined(separator: ", "))."
        }

        static func range(_ range: ClosedRange<Int>) -> String {
            switch (range.lowerBound, range.upperBound) {
            case (let low, .max) where low > .min: "This must be at least \(low)."
            case (.min, let high) where high < .max: "This must be at most \(high)."
            case (let low, let high): "This must be between \(low) and \(high)."
            }
        }

        static func length(_ range: ClosedRange<Int>, found: Int) -> String {
            "This must be \(extent(range, "character", "characters")) long; it has \(found)."
        }

        static func count(_ range: ClosedRange<Int>, found: Int) -> String {
            "This must be a list of \(extent(range, "element", "elements")); it has \(found)."
        }

        static func unknown(_ key: String, nearest: String?) -> String {
            let sentence = "There is no field \"\(JSONText.excerpt(key))\" here."
            return nearest.map { "\(sentence) Did you mean \"\($0)\"?" } ?? sentence
        }

        static func furtherUnknown(_ count: Int) -> String {
            count == 1 ? "One more field is not known here." : "\(count) more fields are not known here."
        }

        private static func extent(_ range: ClosedRange<Int>, _ one: String, _ many: String) -> String {
            let (low, high) = (range.lowerBound, range.upperBound)
            let noun = high == 1 ? one : many
            if low == high { return "exactly \(high) \(noun)" }
            if low == 0 { return "at most \(high) \(noun)" }
            if high == .max { return "at least \(low) \(low == 1 ? one : many)" }
            return "\(low) to \(high) \(noun)"
        }
    }
}
