import Foundation
import JSON
import Testing

@testable import pushcart

@Suite struct ClientTextTests {
    @Test func `a table's columns are as wide as their widest cell`() {
        let text = TextTable.render(["SLUG", "PRICE", "TITLE"], [["a", "0.01 USD", "First"], ["longer-slug", "1", "Für Élise"]])
        #expect(
            text == """
                SLUG         PRICE     TITLE
                a            0.01 USD  First
                longer-slug  1         Für Élise
                """)
        #expect(TextTable.render(["A", "B"], []) == "A  B")
    }

    @Test func `a missing text is a dash`() {
        let json: JSONValue = ["a": "x", "b": 5, "c": nil]
        #expect(json.text("a") == "x" && json.text("b") == "–" && json.text("c") == "–" && json.text("d") == "–")
        #expect(JSONValue.null.text("a") == "–")
    }

    @Test(
        arguments: [
            ("song.flac", "audio/flac"), ("SONG.MP3", "audio/mpeg"), ("book.epub", "application/epub+zip"), ("a.tar.gz", "application/gzip"),
            ("text.md", "text/markdown"),
            ("photo.jpeg", "image/jpeg"), ("photo.jpg", "image/jpeg"), ("README", "application/octet-stream"), (".gz", "application/octet-stream"),
            ("x.unknown", "application/octet-stream"), ("", "application/octet-stream"), ("a.pdf/b", "application/octet-stream"),
        ])
    func `a file's type follows from the end of its name`(_ name: String, _ type: String) {
        #expect(MediaTypes.of(name) == type)
    }

    @Test func `a sale is a row, with practice money marked`() {
        let sale: JSONValue = [
            "order": "2027-000001", "settledAt": "2027-01-15T08:00:00Z", "product": ["slug": "song"], "amount": "0.01", "asset": "USDC",
            "sandbox": true, "finality": "final", "paid": true,
            "network": "eip155:84532", "payer": "0xab",
        ]
        #expect(SaleText.row(sale) == ["2027-000001", "2027-01-15T08:00:00Z", "song", "0.01 USDC (practice)", "final", "eip155:84532", "0xab"])
        #expect(SaleText.row([:]) == ["–", "–", "–", "– –", "–", "–", "–"])
        #expect(SaleText.row([:]).count == SaleText.head.count)
        #expect(SaleText.finality(["paid": false]) == "lost" && SaleText.finality(["finality": "pending", "paid": false]) == "pending")
        #expect(SaleText.block(["finality": "settled", "block": 7]) == ", in block 7" && SaleText.block(["finality": "final"]) == "")
        #expect(SaleText.block(["finality": "settled"]) == ", in a block that nobody told")
        #expect(SaleText.money(["asset": "USDC", "sandbox": false]) == "USDC")
    }

    @Test func `a product is told in four lines`() {
        let product: JSONValue = [
            "title": "My song", "slug": "song", "state": "published", "price": "0.99", "currency": "USD", "repeatable": true,
            "url": "http://a/p/song",
            "kind": "file", "content": ["fileName": "song.flac", "length": 10, "sha256": "ab"],
        ]
        #expect(
            ProductCommand.text(product) == """
                My song (song, published)
                  price    0.99 USD, sells every time
                  address  http://a/p/song
                  content  file “song.flac”, 10 bytes, sha256 ab
                """)
    }
}
