enum PrometheusKind: String {
    case counter, gauge, histogram

    /// The name as this kind writes it.
    func name(_ name: String) -> String { self == .counter && !name.hasSuffix("_total") ? "\(name)_total" : name }
}
