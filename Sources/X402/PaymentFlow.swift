/// When the money moves, as `extra.paymentFlow` says it; absent means `authorization`.
public enum PaymentFlow {
    /// Settled before the goods are given.
    public static let upfront = "upfront"
}

/// Version 1's names of networks, and the chains they mean. The version 1 client refuses the whole offer at any other name.
public enum NetworkNamesV1 {
    private static let chains: [(name: String, caip2: String)] = [
        ("base", "eip155:8453"), ("base-sepolia", "eip155:84532"), ("avalanche", "eip155:43114"), ("avalanche-fuji", "eip155:43113"),
    ]

    public static func name(caip2: String) -> String? { chains.first { $0.caip2 == caip2 }?.name }
    public static func caip2(name: String) -> String? { chains.first { $0.name == name }?.caip2 }
}
