"""DHL Paket."""
