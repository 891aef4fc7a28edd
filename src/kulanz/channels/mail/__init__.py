"""Mail: one channel slice; the reader in it is pure functions of bytes."""
