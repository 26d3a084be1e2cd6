import Sealing
import Testing

@Suite struct IndexTests {
    let place: TemporaryVault
    let vault: Vault

    init() throws {
        place = try TemporaryVault()
        vault = try place.open()
    }

    @Test func `an index is 32 bytes, the same each time, and differs by value and field`() {
        let index = vault.index("mara@example.org", field: "person.email")
        #expect(index.count == 32)
        #expect(vault.index("mara@example.org", field: "person.email") == index)
        #expect(vault.index("mara@example.com", field: "person.email") != index)
        #expect(vault.index("mara@example.org", field: "person.name") != index)
    }

    @Test func `field and value cannot run into each other`() {
        #expect(vault.index("b", field: "a") != vault.index("", field: "ab"))
        #expect(vault.index("ab", field: "") != vault.index("b", field: "a"))
    }

    @Test func `an index stays through restart, rotation and erasure`() throws {
        let index = vault.index("mara@example.org", field: "person.email")
        _ = try vault.seal(secret, for: .mara, field: "person.email")
        try vault.destroy(.mara)
        try vault.rotate(to: TemporaryVault.otherNode)
        #expect(vault.index("mara@example.org", field: "person.email") == index)
        try vault.close()
        #expect(try place.open(TemporaryVault.otherNode).index("mara@example.org", field: "person.email") == index)
    }

    @Test func `two shops with the same node key have different indexes`() throws {
        let other = try TemporaryVault()
        #expect(try other.open().index("mara@example.org", field: "person.email") != vault.index("mara@example.org", field: "person.email"))
    }
}
