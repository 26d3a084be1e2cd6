import EVM
import Testing
import X402
import X402EVM

@Suite struct NetworkPresetTests {
    // Circle's list of native USDC, spelled with the checksum of EIP-55.
    @Test(
        arguments: [
            (8453, "Base", "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913", "USD Coin"),
            (84_532, "Base Sepolia", "0x036CbD53842c5426634e7929541eC2318f3dCF7e", "USDC"),
            (137, "Polygon", "0x3c499c542cEF5E3811e1192ce70d8cC03d5c3359", "USD Coin"),
            (42_161, "Arbitrum", "0xaf88d065e77c8cC2239327C5EDb3A432268e5831", "USD Coin"),
            (43_114, "Avalanche", "0xB97EF9Ef8734C71904D8002F8b6Bc66Dd9c48a6E", "USD Coin"),
            (43_113, "Avalanche Fuji", "0x5425890298aed601595a70AB815c96711a31Bc65", "USD Coin"),
            (10, "Optimism", "0x0b2C639c533813f4Aa9D7837CAf62653d097Ff85", "USD Coin"),
            (1, "Ethereum", "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48", "USD Coin"),
        ] as [(UInt64, String, String, String)])
    func `a preset is the chain's USDC as it is`(_ chainID: UInt64, _ name: String, _ address: String, _ domainName: String) throws {
        let preset = try #require(NetworkPreset.of(chainID: chainID))
        #expect(preset.name == name)
        #expect(preset.token.address.checksummed == address)
        #expect(preset.token.domainName == domainName)
        #expect(preset.token.domainVersion == "2")
        #expect(preset.token.decimals == 6)
        #expect(preset.token.symbol == "USDC")
        #expect(preset.token.currency == "USD")
        let explorer = try #require(preset.explorer)
        #expect(explorer.hasPrefix("https://") && explorer.hasSuffix("/tx/{tx}"))
    }

    // DOMAIN_SEPARATOR() as the contracts answer it on the chain.
    @Test(
        arguments: [
            (1, "0x06c37168a7db5138defc7866392bb87a741f9b3d104deb5094588ce041cae335"),
            (8453, "0x02fa7265e7c5d81118673727957699e4d68f74cd74b7db77da710fe8a2c7834f"),
            (84_532, "0x71f17a3b2ff373b803d70a5a07c046c1a2bc8e89c09ef722fcb047abe94c9818"),
        ] as [(UInt64, String)])
    func `a preset's domain is the one that the contract hashes`(_ chainID: UInt64, _ separator: String) throws {
        let token = try #require(NetworkPreset.of(chainID: chainID)).token
        let domain = EIP712Domain(name: token.domainName, version: token.domainVersion, chainID: chainID, verifyingContract: token.address)
        #expect(domain.separator.hex == separator)
    }

    @Test func `each chain has one preset, and a chain that is not listed has none`() {
        #expect(Set(NetworkPreset.all.map(\.chainID)).count == NetworkPreset.all.count)
        #expect(Set(NetworkPreset.all.map(\.token.address)).count == NetworkPreset.all.count)
        #expect(NetworkPreset.all.count == 8)
        #expect(NetworkPreset.of(chainID: 31_337) == nil)
    }

    @Test func `whatever version 1 knows by name has a preset`() {
        for chainID in [8453, 84_532, 43_114, 43_113] as [UInt64] {
            #expect(NetworkNamesV1.name(caip2: "eip155:\(chainID)") != nil)
            #expect(NetworkPreset.of(chainID: chainID) != nil)
        }
    }
}
