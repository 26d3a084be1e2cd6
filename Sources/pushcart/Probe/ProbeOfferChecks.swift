import Domain
import EVM
import JSON
import X402
import X402EVM

/// Whether the 402's `PAYMENT-REQUIRED` says what a client of version 2 can pay. Pure.
struct ProbeOfferChecks: Sendable {
    let asked: BuyURL
    let answer: ProbeAnswer

    /// Proxies cut longer headers.
    static let maximumOffer = 6 * 1024
    static let maximumHeaders = 16 * 1024

    static let names = [
        "payment-required", "base64", "json", "x402-version", "resource-url", "accepts", "network", "amount", "pay-to", "asset", "timeout", "extra",
        "bazaar",
    ]

    /// The checks, and the offer where it could be read at all.
    var all: (checks: [ProbeCheck], offer: ProbeOffer?) {
        var checks: [ProbeCheck] = []
        func rest(_ why: String) -> [ProbeCheck] { checks + Self.names.dropFirst(checks.count).map { .skipped($0, why) } }
        guard let header = answer[PaymentHeader.required], !header.isEmpty else {
            checks.append(
                .failure(
                    "payment-required", "The answer has no PAYMENT-REQUIRED header.",
                    "Send the offer of version 2 in PAYMENT-REQUIRED, not in the body alone."))
            return (rest("There is no PAYMENT-REQUIRED to look at."), nil)
        }
        checks.append(.ok("payment-required", "The offer is in PAYMENT-REQUIRED."))
        guard let bytes = Base64.decode(header) else {
            checks.append(
                .failure("base64", "PAYMENT-REQUIRED is not base64.", "Encode the JSON with the standard alphabet (RFC 4648, section 4), once."))
            return (rest("PAYMENT-REQUIRED cannot be read."), nil)
        }
        checks.append(.ok("base64", "It is base64 with the standard alphabet."))
        guard let json = (try? JSONValue(parsing: bytes, limits: ProbeOffer.limits))?.object else {
            checks.append(.failure("json", "PAYMENT-REQUIRED holds no JSON object.", "Send one JSON object without doubled keys."))
            return (rest("PAYMENT-REQUIRED cannot be read."), nil)
        }
        checks.append(.ok("json", "It is a JSON object."))
        let offer = ProbeOffer(json)
        checks.append(
            json["x402Version"]?.int64 == 2
                ? .ok("x402-version", "It is of version 2.")
                : .failure("x402-version", "“x402Version” is not the number 2.", "Say \"x402Version\": 2; version 1's offer belongs in the body."))
        checks.append(resource(offer))
        checks.append(accepts(offer))
        checks += [network(offer), amount(offer), payTo(offer), asset(offer), timeout(offer), extra(offer), bazaar(offer)]
        return (checks, offer)
    }

    private func resource(_ offer: ProbeOffer) -> ProbeCheck {
        let advice = "Make “resource.url” from a configured public address, never from the Host header."
        guard let text = offer.resource else { return .failure("resource-url", "“resource.url” is missing, or no text.", advice) }
        guard let url = BuyURL(text) else { return .failure("resource-url", "“resource.url” is \(text), which is no http or https address.", advice) }
        guard url == asked else { return .failure("resource-url", "“resource.url” is \(text), not the address that was asked.", advice) }
        guard url.scheme == "https" || url.isLoopback else {
            return .failure("resource-url", "“resource.url” is not https.", "Put TLS before the shop and configure its public address with https.")
        }
        return .ok("resource-url", "“resource.url” is the address that was asked.")
    }

    private func accepts(_ offer: ProbeOffer) -> ProbeCheck {
        let count = offer.json["accepts"]?.array?.count ?? 0
        guard count > 0, offer.ways.count == count else {
            return .failure("accepts", "“accepts” lists no way to pay, or one that is no JSON object.", "List at least one way to pay.")
        }
        guard offer.ways.allSatisfy({ $0["scheme"]?.string?.isEmpty == false }) else {
            return .failure("accepts", "A way to pay has no “scheme”.", "Give every way to pay its scheme, such as “exact”.")
        }
        return .ok("accepts", count == 1 ? "There is 1 way to pay." : "There are \(count) ways to pay.")
    }

    /// The first thing wrong with any way to pay; fine when nothing is.
    private func each(_ name: String, _ offer: ProbeOffer, _ fine: String, _ find: (JSONObject) -> ProbeCheck?) -> ProbeCheck {
        guard !offer.ways.isEmpty else { return .skipped(name, "There is no way to pay.") }
        let found = offer.ways.compactMap(find)
        return found.first { $0.verdict == .failure } ?? found.first ?? .ok(name, fine)
    }

    private func network(_ offer: ProbeOffer) -> ProbeCheck {
        each("network", offer, "Every network is a chain that clients know.") { way in
            let text = way["network"]?.string ?? ""
            guard Self.isCAIP2(text) else {
                return .failure("network", "The network “\(text)” is not of the form namespace:reference (CAIP-2).", "Write it like eip155:8453.")
            }
            return Self.preset(way) != nil || !text.hasPrefix("eip155:")
                ? nil
                : .warning(
                    "network", "The network \(text) is not one that this program knows.", "Offer a well-known network too, such as eip155:8453.")
        }
    }

    static func isCAIP2(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count == 2, (3...8).contains(parts[0].count), (1...32).contains(parts[1].count) else { return false }
        func isLower(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2D }
        return parts[0].allSatisfy(isLower) && parts[1].allSatisfy { isLower($0) || (0x41...0x5A).contains($0) || $0 == 0x5F }
    }

    static func preset(_ way: JSONObject) -> NetworkPreset? {
        way["network"]?.string.flatMap { Network(caip2: $0) }.flatMap { NetworkPreset.of(chainID: $0.chainID) }
    }

    private func amount(_ offer: ProbeOffer) -> ProbeCheck {
        each("amount", offer, "Every amount is a whole number of the smallest unit, as text.") { way in
            guard let text = way["amount"]?.string, let amount = AtomicAmount(wire: text), amount.units > 0 else {
                return .failure(
                    "amount", "The amount \(way["amount"]?.text ?? "is missing and") is no positive whole number as text.",
                    "Send atomic units in decimal digits as a string, such as \"10000\" for a cent of USDC.")
            }
            return nil
        }
    }

    /// Nil for an address as it should be; else what is wrong with it.
    static func addressProblem(_ text: String?) -> String? {
        guard let text, let checksum = AddressChecksum(of: text), text.hasPrefix("0x") else { return "is no address of 20 bytes" }
        let isLower = text == text.lowercased()
        return checksum == .correct || isLower ? nil : "has a wrong checksum (EIP-55)"
    }

    private func payTo(_ offer: ProbeOffer) -> ProbeCheck {
        each("pay-to", offer, "Every “payTo” is an address.") { way in
            guard way["network"]?.string?.hasPrefix("eip155:") == true else { return nil }
            let text = way["payTo"]?.string
            if let problem = Self.addressProblem(text) {
                return .failure("pay-to", "“payTo” is \(text ?? "missing") and \(problem).", "Write the address with its checksum, or in lower case.")
            }
            return text.flatMap { EVMAddress(hex: $0) } == .zero
                ? .failure("pay-to", "“payTo” is the zero address, from which nobody can take money.", "Set your wallet's address.") : nil
        }
    }

    private func asset(_ offer: ProbeOffer) -> ProbeCheck {
        each("asset", offer, "Every asset is one that clients know.") { way in
            guard way["network"]?.string?.hasPrefix("eip155:") == true else { return nil }
            let text = way["asset"]?.string
            if let problem = Self.addressProblem(text) {
                return .failure("asset", "The asset is \(text ?? "missing") and \(problem).", "Write the contract's address with its checksum.")
            }
            guard let preset = Self.preset(way), EVMAddress(hex: text ?? "") != preset.token.address else { return nil }
            return .warning(
                "asset", "The asset \(text ?? "") is not USDC on \(preset.name).",
                "Clients with standard limits pay known assets only; offer USDC too.")
        }
    }

    private func timeout(_ offer: ProbeOffer) -> ProbeCheck {
        each("timeout", offer, "Every way to pay leaves the client time.") { way in
            guard let seconds = way["maxTimeoutSeconds"]?.int64, seconds > 0 else {
                return .failure("timeout", "“maxTimeoutSeconds” is missing, or no positive whole number.", "Send a number of seconds, such as 300.")
            }
            guard !(30...3600).contains(seconds) else { return nil }
            return .warning(
                "timeout", "“maxTimeoutSeconds” is \(seconds).",
                "Between 30 and 3600 seconds clients can pay in time and sign nothing that lies around.")
        }
    }

    private func extra(_ offer: ProbeOffer) -> ProbeCheck {
        each("extra", offer, "“extra” names the asset as it is signed.") { way in
            guard way["scheme"] == "exact", way["network"]?.string?.hasPrefix("eip155:") == true,
                way["extra"]?["assetTransferMethod"]?.string ?? "eip3009" == "eip3009"
            else { return nil }
            guard let name = way["extra"]?["name"]?.string, let version = way["extra"]?["version"]?.string else {
                return .failure(
                    "extra", "“extra.name” or “extra.version” is missing.",
                    "Clients need the asset's EIP-712 name and version to sign; send both as texts.")
            }
            guard let preset = Self.preset(way), EVMAddress(hex: way["asset"]?.string ?? "") == preset.token.address,
                (name, version) != (preset.token.domainName, preset.token.domainVersion)
            else { return nil }
            return .failure(
                "extra",
                "“extra” says \(name), version \(version); on \(preset.name) it is \(preset.token.domainName), version \(preset.token.domainVersion).",
                "Signatures over another name are worth nothing; take the contract's own.")
        }
    }

    private func bazaar(_ offer: ProbeOffer) -> ProbeCheck {
        let input = offer.json["extensions"]?["bazaar"]?["info"]?["input"]
        guard input?["type"]?.string != nil, input?["method"]?.string != nil || input?["type"] == "mcp" else {
            return .warning(
                "bazaar", "“extensions.bazaar.info.input” with type and method is missing.",
                "Without it no directory lists the address; send {\"type\": \"http\", \"method\": \"GET\"}.")
        }
        return .ok("bazaar", "Directories are told how to ask.")
    }
}
