"""DHL Paket DE."""
