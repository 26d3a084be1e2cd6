import ArgumentParser
import Foundation
import Sealing

/// `pushcart node-key`: the key under which all other keys of the shop are wrapped.
struct NodeKeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "node-key", abstract: "Replace the key that seals secrets and personal data.",
        discussion: "Example:\n  pushcart node-key rotate --data ./pushcart-data", subcommands: [Rotate.self])

    struct Rotate: AsyncParsableCommand, ShopCommand {
        static let configuration = CommandConfiguration(
            commandName: "rotate", abstract: "Take a new key; nothing that is sealed is lost.",
            discussion: """
                The daemon must be stopped. The key in DIR/keys/node.key is replaced and gone afterwards: copies of it, in backups too, open
                nothing that is newer than they are. Where the key is a systemd credential, put the new one there first and name the file of
                the one before with --from.

                Example:
                  pushcart node-key rotate --data ./pushcart-data
                """)

        @OptionGroup var shop: ShopOptions
        var data: String? { shop.data }
        @Option(name: .long, help: ArgumentHelp("The key until now, where the new one is a credential.", valueName: "file")) var from: String?

        func run() async throws {
            umask(0o077)
            let path = data ?? DataDirectory.standard
            guard let directory = try DataDirectory.take(path, create: false) else {
                throw CommandFailure.tryAgain("The shop in \(DataDirectory.absolute(path)) is running; stop it, then run the same command again.")
            }
            let credentials = ProcessInfo.processInfo.environment["CREDENTIALS_DIRECTORY"]
            let isCredential = credentials.map { FileManager.default.fileExists(atPath: "\($0)/node-key") } ?? false
            guard isCredential == (from != nil) else {
                throw CommandFailure(
                    exitCode: 2,
                    sentence: isCredential
                        ? "The key is a systemd credential: put the new one there and name the file of the one before with --from."
                        : "--from is for shops whose key is a systemd credential; here the key is in \(directory.keys)/node.key.")
            }
            do {
                let file = "\(directory.keys)/node.key"
                if let from {
                    let node = try NodeKey.load(path: file, credentials: credentials)
                    try Vault(path: directory.subjects, node: node, previous: [try NodeKey.former(path: from)]).close()
                } else {
                    guard FileManager.default.fileExists(atPath: file) else {
                        throw CommandFailure.refused("The shop in \(directory.path) has no key yet; nothing is sealed.")
                    }
                    _ = try NodeKey.next(beside: file, isMade: true)
                    try ShopAssembly.vault(directory).close()
                }
            } catch let error as SealingError { throw CommandFailure.refused(error.description) }
            print("The key is replaced. Make a backup: earlier ones need the key of their time.")
        }
    }
}
