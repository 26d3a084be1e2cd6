import EVM
import Testing

struct EIP712Tests {
    @Test("gives the digest and the signature of the specification's Mail example")
    func mail() throws {
        func person(_ name: String, _ wallet: String) throws -> Bytes32 {
            let address = try #require(EVMAddress(hex: wallet))
            return EIP712.structHash(
                typeHash: EIP712.typeHash("Person(string name,address wallet)"), fields: [Keccak256.hash(utf8: name), address.word])
        }
        let mail = EIP712.structHash(
            typeHash: EIP712.typeHash("Mail(Person from,Person to,string contents)Person(string name,address wallet)"),
            fields: [
                try person("Cow", "0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826"),
                try person("Bob", "0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB"), Keccak256.hash(utf8: "Hello, Bob!"),
            ])
        let domain = EIP712Domain(
            name: "Ether Mail", version: "1", chainID: 1,
            verifyingContract: try #require(EVMAddress(hex: "0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC")))
        #expect(mail.hex == "0xc52c0ee5d84264471806290a3f2c4cecfc5490626bf912d01f240d7a274b371e")
        #expect(domain.separator.hex == "0xf2cee375fa42b42143804025fc449deafd50cc031ca257e0b194a650a912090f")
        let digest = EIP712.digest(domainSeparator: domain.separator, structHash: mail)
        #expect(digest.hex == "0xbe609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2")

        let key = try #require(PrivateKey(Keccak256.hash(utf8: "cow")))
        let signature = key.sign(digest)
        #expect(signature.v == 28)
        #expect(signature.r.hex == "0x4355c47d63924e8a72e509b65029052eb6c299d53a04e167c5775fd466751c9d")
        #expect(signature.s.hex == "0x07299936d304c153f6443dfa05f40ff007d72911b6f72307f996231605b91562")
    }

    @Test("gives the domain separator that USDC on Base Sepolia returns")
    func usdc() {
        #expect(EIP3009Tests.domain.separator.hex == "0x71f17a3b2ff373b803d70a5a07c046c1a2bc8e89c09ef722fcb047abe94c9818")
    }
}
