"""Exports of the merchant's ERP."""
