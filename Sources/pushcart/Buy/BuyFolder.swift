/// Where a buyer keeps what must survive: `$XDG_STATE_HOME/pushcart`, by default `~/.local/state/pushcart`.
struct BuyFolder: Sendable {
    let path: String

    /// - Throws: `CommandFailure` when neither variable says where.
    init(environment: [String: String]) throws(CommandFailure) {
        // A relative path is to be ignored (XDG base directory specification).
        if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") {
            path = "\(state)/pushcart"
        } else if let home = environment["HOME"], home.hasPrefix("/") {
            path = "\(home)/.local/state/pushcart"
        } else {
            throw .refused("There is no place to keep payments: set HOME or XDG_STATE_HOME to an absolute path.")
        }
    }

    var practiceKey: String { "\(path)/practice-wallet.key" }
    var payments: String { "\(path)/payments" }

    /// Makes the folders, for nobody but their owner.
    func make() throws(CommandFailure) {
        try PrivateFile.makeFolder(payments)
        try PrivateFile.closeFolder(path)
        try PrivateFile.closeFolder(payments)
    }
}
