/// One line of a family, or for a histogram all lines with the same labels.
public protocol PrometheusSeries: AnyObject, Sendable {
    /// - Parameter labels: as they stand between the braces; empty without any.
    func write(_ name: String, _ labels: String, to text: inout String)
}
